"""What the use cases need of the world, as they see it. store/ has it on PostgreSQL; the tests have it in memory.

A `Work` is one transaction: everything done through it is committed together, with its events, or not at all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from contracts.events import Event, MaterialPlace, ObjectRef, UnitRef
from services.review.domain.acts import Act, Actor
from services.review.domain.assessments import Assessment
from services.review.domain.assignment import Seat, Vacancy
from services.review.domain.campaigns import Campaign
from services.review.domain.cases import Case, CaseState, Revision, Ruling, Verdict
from services.review.domain.claims import Claim
from services.review.domain.conflicts import Expert, Mark
from services.review.domain.drafts import Draft, Standing
from services.review.domain.lists import Decision, Notice
from services.review.domain.materials import Doubt, Inspection, MaterialVerdict, Pictures
from services.review.domain.notes import Note
from services.review.domain.papers import Paper
from services.review.domain.resemblances import Resemblance


@dataclass(frozen=True, slots=True)
class Tally:
    """How a case's materials stand, for a row of the queue."""

    materials: int = 0
    accepted: int = 0
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class Recorded:
    """An act as it stands in the record."""

    number: int
    at: datetime
    act: Act


class Holding(StrEnum):
    """What the secretariat has in hand: claimed by the reader, claimed by nobody, ready to be released."""

    MINE = "mine"
    FREE = "free"
    DRAFTED = "drafted"


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What of the queue is asked for."""

    campaign_id: str
    state: CaseState | None = None
    category: str | None = None
    reader: UUID | None = None
    """Whoever is on a panel learns nothing here of what is alike in that campaign."""
    words: str = ""
    """What the title, the unit's name or the receipt's number holds, whatever case it is in."""
    held: Holding | None = None


class Campaigns(Protocol):
    """Definitions by campaign."""

    def get(self, campaign_id: str) -> Campaign | None: ...

    def all(self) -> Sequence[Campaign]:
        """By when entries are due, the latest first."""

    def put(self, campaign: Campaign) -> bool:
        """Keep this version; False if this or a newer one is there."""


@dataclass(frozen=True, slots=True)
class Queued:
    """A case as the queue lists it, how its materials stand, and its live assessments' scores (None: not handed in)."""

    entry_id: UUID
    campaign_id: str
    category: str
    unit: UnitRef
    state: CaseState
    revision: int
    title: str
    receipt_number: str
    submitted_at: datetime
    tally: Tally = Tally()
    given: Sequence[Mapping[str, int] | None] = ()
    alike: bool = False
    """Whether one of its files resembles another that is in a submitted revision."""


class Cases(Protocol):
    """Cases, their revisions, and the verdicts on materials."""

    def lock(self, entry_id: UUID) -> Case | None:
        """The case, held until the transaction ends; None (and held all the same) if nothing was heard of it."""

    def lock_all(self, entry_ids: Collection[UUID]) -> dict[UUID, Case]:
        """Several cases, held in a fixed order."""

    def get(self, entry_id: UUID) -> Case | None: ...

    def several(self, entry_ids: Collection[UUID]) -> dict[UUID, Case]: ...

    def put(self, case: Case) -> None: ...

    def add_revision(self, revision: Revision) -> None:
        """Keep a revision's content; one that is known is left as it is."""

    def revision(self, entry_id: UUID, number: int) -> Revision | None: ...

    def rule(self, entry_id: UUID, number: int, ruling: Ruling) -> None: ...

    def put_verdicts(self, verdicts: Iterable[MaterialVerdict]) -> None:
        """Keep verdicts; of two on the same material, the one that outweighs the other."""

    def verdicts(self, material_ids: Collection[UUID]) -> dict[UUID, MaterialVerdict]: ...

    def put_doubt(self, doubt: Doubt) -> None:
        """Keep a doubt unless one of a later round is known."""

    def doubts(self, material_ids: Collection[UUID]) -> dict[UUID, Doubt]: ...

    def put_pictures(self, pictures: Pictures) -> None: ...

    def pictures(self, stems: Collection[str]) -> dict[str, Pictures]: ...

    def put_inspection(self, inspection: Inspection) -> None: ...

    def inspections(self, material_ids: Collection[UUID]) -> dict[UUID, Inspection]: ...

    def siblings(self, case: Case) -> Sequence[Case]:
        """The unit's other submitted cases of this category that are not withdrawn."""

    def unit_known(self, campaign_id: str, unit_code: str) -> bool:
        """Whether any case of the campaign is this unit's."""

    def eligible(self, campaign_id: str, *, hold: bool = False) -> Sequence[Case]:
        """The campaign's eligible cases; with `hold`, they and their scores stay until the transaction ends."""

    def queue(self, wanted: CaseFilter, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[Queued]:
        """The queue by time of submission, oldest first."""


@dataclass(frozen=True, slots=True)
class InHand:
    """Who works on a case, and what is drafted for the revision that stands."""

    claim: Claim | None = None
    drafted: Verdict | None = None


class Clerks(Protocol):
    """What the secretariat has in hand. All of it is changed under its case's lock alone."""

    def claim(self, entry_id: UUID) -> Claim | None:
        """The last claim, which may have run out."""

    def put_claim(self, claim: Claim) -> None: ...

    def drop_claim(self, entry_id: UUID) -> None: ...

    def next_free(self, wanted: CaseFilter, by: Actor, skipped: UUID | None) -> UUID | None:
        """The oldest open case that nobody else works on or locks at this moment and that has no draft, locked.

        `skipped` comes last of all.
        """

    def draft(self, entry_id: UUID) -> Draft | None: ...

    def put_draft(self, draft: Draft) -> None: ...

    def drop_draft(self, entry_id: UUID) -> None: ...

    def drafts(self, campaign_id: str, limit: int) -> Sequence[Draft]:
        """Of the revisions that stand, oldest first."""

    def in_hand(self, entry_ids: Collection[UUID]) -> Mapping[UUID, InHand]:
        """Of those that somebody has in hand now."""

    def standing(self, campaign_id: str) -> Standing: ...


class Papers(Protocol):
    """Paper copies that came by post."""

    def case(self, campaign_id: str, number: str) -> Case | None:
        """The campaign's case of a receipt's number."""

    def add(self, paper: Paper) -> None: ...

    def of_entry(self, entry_id: UUID) -> Sequence[Paper]:
        """Oldest first."""

    def missing(self, campaign_id: str, limit: int) -> Sequence[Case]:
        """Cases, not withdrawn, whose newest revision has no paper, by unit."""


class PanelStore(Protocol):
    """Experts, and the conflicts that were declared or pinned."""

    def expert(self, campaign_id: str, account_id: UUID) -> Expert | None: ...

    def experts(self, campaign_id: str) -> Sequence[Expert]:
        """By account."""

    def put_expert(self, expert: Expert) -> bool:
        """Keep an expert; True if he is new to the panel."""

    def marks(self, campaign_id: str) -> Sequence[Mark]:
        """In the order in which they were made."""

    def marks_on(self, campaign_id: str, account_id: UUID) -> Sequence[Mark]: ...

    def add_mark(self, campaign_id: str, mark: Mark, by: Actor) -> bool:
        """Keep a conflict; False if the same is there."""

    def disable(self, account_id: UUID, reason: str, at: datetime) -> None: ...

    def end_sessions(self, session_ids: Sequence[UUID], at: datetime) -> None:
        """Refuse tokens of these sessions from now on."""


class Assessments(Protocol):
    """Experts' work. What belongs to one entry is changed under its case's lock alone."""

    def add(self, assessments: Sequence[Assessment]) -> None: ...

    def put(self, assessment: Assessment) -> None: ...

    def get(self, assessment_id: UUID) -> Assessment | None: ...

    def live(self, campaign_id: str) -> Sequence[Assessment]: ...

    def declined(self, campaign_id: str) -> Collection[tuple[UUID, UUID]]:
        """Entry and expert, of each abstention."""

    def live_of_entries(self, entry_ids: Collection[UUID]) -> Sequence[Assessment]: ...

    def scores_of_entries(self, entry_ids: Collection[UUID]) -> Mapping[UUID, Mapping[UUID, Mapping[str, int] | None]]:
        """Entry → expert → what he gave; None for each who has the entry and has not submitted."""

    def of_entry(self, entry_id: UUID) -> Sequence[Assessment]:
        """All of them, those that no longer count too, oldest first."""

    def live_of_expert(
        self, expert_id: UUID, after: tuple[datetime, UUID] | None = None, limit: int | None = None
    ) -> Sequence[Assessment]:
        """By time of assignment, oldest first."""

    def put_due(self, campaign_id: str, due_at: datetime) -> None:
        """Move the due date of work that is not done."""


class Lists(Protocol):
    """Notices and decisions: one of each per campaign, never changed."""

    def notice(self, campaign_id: str) -> Notice | None: ...

    def add_notice(self, notice: Notice) -> None: ...

    def decision(self, campaign_id: str) -> Decision | None: ...

    def add_decision(self, decision: Decision) -> None: ...


class Resemblances(Protocol):
    """Which materials resemble which."""

    def put(self, given: Iterable[Resemblance]) -> None:
        """Keep these; those that are known are left as they are."""

    def of_file(self, sha256: str) -> Sequence[Resemblance]:
        """What is known of materials that are this file; a bounded number."""

    def heirs(self, sha256: str) -> Sequence[MaterialPlace]:
        """Materials that are this file and that only an entry has told us of; a bounded number."""

    def shown(self, material_ids: Collection[UUID]) -> Sequence[Resemblance]:
        """What these resemble that is in the newest revision of its case, most alike first; a bounded number."""


class Notes(Protocol):
    """Notes beside units and experts."""

    def add(self, note: Note) -> None: ...

    def about(self, recipients: Collection[str], campaign_id: str) -> Mapping[str, Sequence[Note]]:
        """The newest notes of each recipient, newest first: this campaign's, and those of none."""


class Work(Protocol):
    """One transaction."""

    @property
    def campaigns(self) -> Campaigns: ...

    @property
    def cases(self) -> Cases: ...

    @property
    def clerks(self) -> Clerks: ...

    @property
    def papers(self) -> Papers: ...

    @property
    def panel(self) -> PanelStore: ...

    @property
    def assessments(self) -> Assessments: ...

    @property
    def lists(self) -> Lists: ...

    @property
    def resemblances(self) -> Resemblances: ...

    @property
    def notes(self) -> Notes: ...

    def now(self) -> datetime:
        """The database's clock at this moment."""

    def hold_panel(self, campaign_id: str) -> None:
        """Nobody else changes the campaign's panel, conflicts, assignment or lists until the transaction ends."""

    def emit(self, event: Event, *, subject: str) -> None:
        """Write an event that leaves with this transaction. Raises TooMuchTextError over 64 KiB."""

    def record(self, act: Act) -> None: ...

    def record_of(self, subject: str) -> Sequence[Recorded]:
        """The acts about a subject, oldest first."""


class Balancer(Protocol):
    """Fills empty seats as evenly as can be."""

    def fill(self, vacancies: Sequence[Vacancy], loads: Mapping[UUID, int]) -> Sequence[Seat]:
        """One seat for each vacancy's seats; the same for the same input. Every vacancy has candidates enough."""


class Links(Protocol):
    """Links by which a browser fetches a file from object storage; they expire."""

    @property
    def origin(self) -> str:
        """Where they lead: scheme, host and port."""
        ...

    def link(self, stored: ObjectRef, name: str, kind: str = "") -> str:
        """`kind`: the format by content, JPEG, MP4, PDF …"""
        ...
