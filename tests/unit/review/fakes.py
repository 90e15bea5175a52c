"""Review's ports in memory. A failed use case leaves nothing behind, as a rolled back transaction does."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from contracts.events import Event, MaterialPlace, ObjectRef
from services.review.domain.acts import Act, Actor
from services.review.domain.assessments import Assessment, AssessmentState
from services.review.domain.campaigns import Campaign
from services.review.domain.cases import Case, CaseState, Revision, Ruling
from services.review.domain.claims import Claim
from services.review.domain.conflicts import Expert, Mark
from services.review.domain.drafts import Draft, Standing
from services.review.domain.lists import Decision, Notice
from services.review.domain.materials import Doubt, Inspection, MaterialVerdict, Pictures
from services.review.domain.notes import Note
from services.review.domain.papers import Paper
from services.review.domain.resemblances import Resemblance
from services.review.ports import CaseFilter, InHand, Queued, Recorded, Tally
from tests.unit.review.builders import NOW


@dataclass
class FakeCampaigns:
    kept: dict[str, Campaign] = field(default_factory=dict)

    def get(self, campaign_id: str) -> Campaign | None:
        return self.kept.get(campaign_id)

    def all(self) -> Sequence[Campaign]:
        return list(self.kept.values())

    def put(self, campaign: Campaign) -> bool:
        known = self.kept.get(campaign.campaign_id)
        if known is not None and known.version >= campaign.version:
            return False
        self.kept[campaign.campaign_id] = campaign
        return True


@dataclass
class FakeAssessments:
    kept: dict[UUID, Assessment] = field(default_factory=dict)

    def add(self, assessments: Sequence[Assessment]) -> None:
        for assessment in assessments:
            holders = {a.expert_id for a in self.live_of_entries([assessment.entry_id])}
            assert assessment.expert_id not in holders, "two live assessments of one entry by one expert"
            self.kept[assessment.assessment_id] = assessment

    def put(self, assessment: Assessment) -> None:
        self.kept[assessment.assessment_id] = assessment

    def get(self, assessment_id: UUID) -> Assessment | None:
        return self.kept.get(assessment_id)

    def live(self, campaign_id: str) -> Sequence[Assessment]:
        return [a for a in self.kept.values() if a.live and a.campaign_id == campaign_id]

    def declined(self, campaign_id: str) -> Collection[tuple[UUID, UUID]]:
        return {
            (a.entry_id, a.expert_id)
            for a in self.kept.values()
            if a.campaign_id == campaign_id and a.state is AssessmentState.ABSTAINED
        }

    def live_of_entries(self, entry_ids: Collection[UUID]) -> Sequence[Assessment]:
        return [a for a in self.kept.values() if a.live and a.entry_id in entry_ids]

    def scores_of_entries(self, entry_ids: Collection[UUID]) -> Mapping[UUID, Mapping[UUID, Mapping[str, int] | None]]:
        return {
            entry_id: {
                a.expert_id: a.scores if a.state is AssessmentState.SUBMITTED else None
                for a in self.live_of_entries([entry_id])
            }
            for entry_id in entry_ids
        }

    def of_entry(self, entry_id: UUID) -> Sequence[Assessment]:
        return [a for a in self.kept.values() if a.entry_id == entry_id]

    def live_of_expert(
        self, expert_id: UUID, after: tuple[datetime, UUID] | None = None, limit: int | None = None
    ) -> Sequence[Assessment]:
        found = sorted(
            (a for a in self.kept.values() if a.live and a.expert_id == expert_id),
            key=lambda a: (a.assigned_at, a.assessment_id),
        )
        return [a for a in found if after is None or (a.assigned_at, a.assessment_id) > after][:limit]

    def put_due(self, campaign_id: str, due_at: datetime) -> None:
        for a in self.live(campaign_id):
            if a.state is AssessmentState.ASSIGNED:
                self.put(replace(a, due_at=due_at))


@dataclass
class FakeCases:
    assessments: FakeAssessments
    kept: dict[UUID, Case] = field(default_factory=dict)
    revisions: dict[tuple[UUID, int], Revision] = field(default_factory=dict)
    judged: dict[UUID, MaterialVerdict] = field(default_factory=dict)
    shown: dict[str, Pictures] = field(default_factory=dict)
    doubted: dict[UUID, Doubt] = field(default_factory=dict)
    inspected: dict[UUID, Inspection] = field(default_factory=dict)

    def lock(self, entry_id: UUID) -> Case | None:
        return self.kept.get(entry_id)

    def lock_all(self, entry_ids: Collection[UUID]) -> dict[UUID, Case]:
        return self.several(entry_ids)

    def get(self, entry_id: UUID) -> Case | None:
        return self.kept.get(entry_id)

    def several(self, entry_ids: Collection[UUID]) -> dict[UUID, Case]:
        return {entry_id: self.kept[entry_id] for entry_id in entry_ids if entry_id in self.kept}

    def put(self, case: Case) -> None:
        self.kept[case.entry_id] = case

    def add_revision(self, revision: Revision) -> None:
        self.revisions.setdefault((revision.entry_id, revision.number), revision)

    def revision(self, entry_id: UUID, number: int) -> Revision | None:
        return self.revisions.get((entry_id, number))

    def rule(self, entry_id: UUID, number: int, ruling: Ruling) -> None:
        key = (entry_id, number)
        self.revisions[key] = replace(self.revisions[key], ruling=ruling)

    def put_verdicts(self, verdicts: Iterable[MaterialVerdict]) -> None:
        for verdict in verdicts:
            known = self.judged.get(verdict.material_id)
            if known is None or verdict.outweighs(known):
                self.judged[verdict.material_id] = verdict

    def verdicts(self, material_ids: Collection[UUID]) -> dict[UUID, MaterialVerdict]:
        return {key: self.judged[key] for key in material_ids if key in self.judged}

    def put_doubt(self, doubt: Doubt) -> None:
        known = self.doubted.get(doubt.material_id)
        if known is None or doubt.round > known.round:
            self.doubted[doubt.material_id] = doubt

    def doubts(self, material_ids: Collection[UUID]) -> dict[UUID, Doubt]:
        return {one: self.doubted[one] for one in material_ids if one in self.doubted}

    def put_inspection(self, inspection: Inspection) -> None:
        self.inspected[inspection.material_id] = inspection

    def inspections(self, material_ids: Collection[UUID]) -> dict[UUID, Inspection]:
        return {one: self.inspected[one] for one in material_ids if one in self.inspected}

    def put_pictures(self, pictures: Pictures) -> None:
        self.shown[pictures.stem] = pictures

    def pictures(self, stems: Collection[str]) -> dict[str, Pictures]:
        return {stem: self.shown[stem] for stem in stems if stem in self.shown}

    def siblings(self, case: Case) -> Sequence[Case]:
        return [
            other
            for other in self.kept.values()
            if (other.campaign_id, other.unit.code, other.category) == (case.campaign_id, case.unit.code, case.category)
            and other.entry_id != case.entry_id
            and other.state is not CaseState.WITHDRAWN
            and other.revision > 0
        ]

    def unit_known(self, campaign_id: str, unit_code: str) -> bool:
        return any(c.campaign_id == campaign_id and c.unit.code == unit_code for c in self.kept.values())

    def eligible(self, campaign_id: str, *, hold: bool = False) -> Sequence[Case]:
        del hold  # there is nobody else
        found = [c for c in self.kept.values() if c.campaign_id == campaign_id and c.state is CaseState.ELIGIBLE]
        return sorted(found, key=lambda case: case.entry_id)

    def queue(self, wanted: CaseFilter, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[Queued]:
        listed = [
            self._queued(case, case.submitted_at)
            for case in self.kept.values()
            if case.submitted_at is not None
            and case.campaign_id == wanted.campaign_id
            and wanted.state in {None, case.state}
            and wanted.category in {None, case.category}
        ]
        listed.sort(key=lambda queued: (queued.submitted_at, queued.entry_id))
        return [queued for queued in listed if after is None or (queued.submitted_at, queued.entry_id) > after][:limit]

    def _queued(self, case: Case, submitted_at: datetime) -> Queued:
        return Queued(
            entry_id=case.entry_id,
            campaign_id=case.campaign_id,
            category=case.category,
            unit=case.unit,
            state=case.state,
            revision=case.revision,
            title=case.title,
            receipt_number=case.receipt_number,
            submitted_at=submitted_at,
            tally=self._tally(case),
            given=list(self.assessments.scores_of_entries([case.entry_id])[case.entry_id].values()),
        )

    def _tally(self, case: Case) -> Tally:
        states = [self.judged[key].state for key in case.material_ids if key in self.judged]
        return Tally(len(case.material_ids), states.count("accepted"), states.count("rejected"))


@dataclass
class FakeClerks:
    """Without what only queries of the queue need; test_clerks.py has those on PostgreSQL."""

    claims: dict[UUID, Claim] = field(default_factory=dict)
    drafted: dict[UUID, Draft] = field(default_factory=dict)

    def claim(self, entry_id: UUID) -> Claim | None:
        return self.claims.get(entry_id)

    def put_claim(self, claim: Claim) -> None:
        self.claims[claim.entry_id] = claim

    def drop_claim(self, entry_id: UUID) -> None:
        self.claims.pop(entry_id, None)

    def next_free(self, wanted: CaseFilter, by: Actor, skipped: UUID | None) -> UUID | None:
        raise NotImplementedError

    def draft(self, entry_id: UUID) -> Draft | None:
        return self.drafted.get(entry_id)

    def put_draft(self, draft: Draft) -> None:
        self.drafted[draft.entry_id] = draft

    def drop_draft(self, entry_id: UUID) -> None:
        self.drafted.pop(entry_id, None)

    def drafts(self, campaign_id: str, limit: int) -> Sequence[Draft]:
        raise NotImplementedError

    def in_hand(self, entry_ids: Collection[UUID]) -> Mapping[UUID, InHand]:
        del entry_ids
        return {}

    def standing(self, campaign_id: str) -> Standing:
        raise NotImplementedError


@dataclass
class FakePapers:
    """Papers are tested on PostgreSQL; reading a case asks for none here."""

    def case(self, campaign_id: str, number: str) -> Case | None:
        raise NotImplementedError

    def add(self, paper: Paper) -> None:
        raise NotImplementedError

    def of_entry(self, entry_id: UUID) -> Sequence[Paper]:
        del entry_id
        return []

    def missing(self, campaign_id: str, limit: int) -> Sequence[Case]:
        raise NotImplementedError


@dataclass
class FakePanel:
    kept: dict[tuple[str, UUID], Expert] = field(default_factory=dict)
    marked: list[tuple[str, Mark]] = field(default_factory=list)
    disabled: set[UUID] = field(default_factory=set)
    ended: set[UUID] = field(default_factory=set)

    def expert(self, campaign_id: str, account_id: UUID) -> Expert | None:
        found = self.kept.get((campaign_id, account_id))
        return replace(found, disabled=account_id in self.disabled) if found else None

    def experts(self, campaign_id: str) -> Sequence[Expert]:
        found = (self.expert(*key) for key in sorted(self.kept) if key[0] == campaign_id)
        return [expert for expert in found if expert is not None]

    def put_expert(self, expert: Expert) -> bool:
        new = (expert.campaign_id, expert.account_id) not in self.kept
        self.kept[expert.campaign_id, expert.account_id] = expert
        return new

    def marks(self, campaign_id: str) -> Sequence[Mark]:
        return [mark for campaign, mark in self.marked if campaign == campaign_id]

    def marks_on(self, campaign_id: str, account_id: UUID) -> Sequence[Mark]:
        return [mark for mark in self.marks(campaign_id) if mark.account_id == account_id]

    def add_mark(self, campaign_id: str, mark: Mark, by: Actor) -> bool:
        del by
        same = {(m.account_id, m.kind, m.entry_id, m.unit_code) for m in self.marks(campaign_id)}
        if (mark.account_id, mark.kind, mark.entry_id, mark.unit_code) in same:
            return False
        self.marked.append((campaign_id, mark))
        return True

    def disable(self, account_id: UUID, reason: str, at: datetime) -> None:
        del reason, at
        self.disabled.add(account_id)

    def end_sessions(self, session_ids: Sequence[UUID], at: datetime) -> None:
        del at
        self.ended.update(session_ids)


@dataclass
class FakeLists:
    notices: dict[str, Notice] = field(default_factory=dict)
    decisions: dict[str, Decision] = field(default_factory=dict)

    def notice(self, campaign_id: str) -> Notice | None:
        return self.notices.get(campaign_id)

    def add_notice(self, notice: Notice) -> None:
        assert notice.campaign_id not in self.notices
        self.notices[notice.campaign_id] = notice

    def decision(self, campaign_id: str) -> Decision | None:
        return self.decisions.get(campaign_id)

    def add_decision(self, decision: Decision) -> None:
        assert decision.campaign_id not in self.decisions
        self.decisions[decision.campaign_id] = decision


@dataclass
class FakeResemblances:
    cases: FakeCases
    kept: dict[tuple[UUID, UUID], Resemblance] = field(default_factory=dict)

    def put(self, given: Iterable[Resemblance]) -> None:
        for one in given:
            self.kept.setdefault((one.material.material_id, one.other.material_id), one)

    def of_file(self, sha256: str) -> Sequence[Resemblance]:
        return [one for one in self.kept.values() if one.material.sha256 == sha256]

    def heirs(self, sha256: str) -> Sequence[MaterialPlace]:
        del sha256
        return []

    def shown(self, material_ids: Collection[UUID]) -> Sequence[Resemblance]:
        found = [one for one in self.kept.values() if one.material.material_id in material_ids]
        cases = self.cases.kept
        return [
            one
            for one in found
            if one.other.entry_id in cases and one.other.material_id in cases[one.other.entry_id].material_ids
        ]


@dataclass
class FakeNotes:
    kept: list[Note] = field(default_factory=list)

    def add(self, note: Note) -> None:
        self.kept.append(note)

    def about(self, recipients: Collection[str], campaign_id: str) -> Mapping[str, Sequence[Note]]:
        newest = sorted(self.kept, key=lambda note: note.at, reverse=True)
        return {
            recipient: [n for n in newest if n.recipient == recipient and n.campaign_id in {None, campaign_id}]
            for recipient in recipients
        }


@dataclass
class FakeWork:
    """services.review.ports.Work in memory; `clock` is the database's."""

    clock: datetime = NOW
    campaigns: FakeCampaigns = field(default_factory=FakeCampaigns)
    assessments: FakeAssessments = field(default_factory=FakeAssessments)
    cases: FakeCases = field(init=False)
    clerks: FakeClerks = field(default_factory=FakeClerks)
    papers: FakePapers = field(default_factory=FakePapers)
    panel: FakePanel = field(default_factory=FakePanel)
    lists: FakeLists = field(default_factory=FakeLists)
    resemblances: FakeResemblances = field(init=False)
    notes: FakeNotes = field(default_factory=FakeNotes)
    events: list[Event] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.cases = FakeCases(self.assessments)
        self.resemblances = FakeResemblances(self.cases)

    def now(self) -> datetime:
        return self.clock

    def pass_time(self, step: timedelta) -> None:
        self.clock += step

    def hold_panel(self, campaign_id: str) -> None:
        """There is nobody else."""

    def emit(self, event: Event, *, subject: str) -> None:
        assert subject
        self.events.append(type(event).model_validate_json(event.model_dump_json()))

    def record(self, act: Act) -> None:
        self.acts.append(act)

    def record_of(self, subject: str) -> Sequence[Recorded]:
        return [Recorded(n, NOW, act) for n, act in enumerate(self.acts, start=1) if act.subject == subject]

    def of_type(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]


@contextmanager
def transaction(work: FakeWork) -> Iterator[None]:
    """What is done inside is undone if it raises."""
    before = copy.deepcopy(vars(work))
    try:
        yield
    except BaseException:
        vars(work).update(before)
        raise


class FakeLinks:
    """services.review.ports.Links."""

    origin = "https://storage.test"

    def link(self, stored: ObjectRef, name: str, kind: str = "") -> str:  # noqa: ARG002 - the port's signature
        return f"https://storage.test/{stored.bucket}/{stored.key}?name={name}"
