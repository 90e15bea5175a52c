"""Letters: what an event or a reminder has to say to somebody, before it is known who exactly that is.

A letter is written once for a cause and an addressee, in the transaction that handles the cause. It waits until its
campaign is known, and until somebody stands behind its addressee; then each of these contacts gets one message.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from contracts import events as e
from services.notify.domain import contacts
from services.notify.domain.contacts import Addressee
from services.notify.domain.delivery import letter_id
from services.notify.domain.errors import TransitionError


class LetterKind(StrEnum):
    """What a letter says; also the folder of its templates."""

    RECEIPT = "receipt"
    WITHDRAWAL = "withdrawal"
    MATERIAL_REFUSED = "material-refused"
    RETURNED = "returned"
    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    OPINION = "opinion"
    ASSIGNED = "assigned"
    NOTICE = "notice"
    OBJECTION = "objection"
    DECISION = "decision"
    PASSWORD_CODE = "password-code"  # noqa: S105 - the kind's name
    PASSWORD_CHANGED = "password-changed"  # noqa: S105 - the kind's name
    MAILBOX_CHANGED = "mailbox-changed"
    REMINDER_NOTHING_SUBMITTED = "reminder-nothing-submitted"
    REMINDER_QUOTA_LEFT = "reminder-quota-left"
    REMINDER_RETURNED = "reminder-returned"
    REMINDER_UNFINISHED = "reminder-unfinished"


class LetterState(StrEnum):
    """Where a letter stands. `resolved`: others, to the units behind its addressee, took its place."""

    WAITING = "waiting"
    DISTRIBUTED = "distributed"
    RESOLVED = "resolved"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


_STEPS: dict[tuple[LetterState, str], LetterState] = {
    (LetterState.WAITING, "distribute"): LetterState.DISTRIBUTED,
    (LetterState.WAITING, "resolve"): LetterState.RESOLVED,
    (LetterState.WAITING, "expire"): LetterState.EXPIRED,
    (LetterState.WAITING, "cancel"): LetterState.CANCELLED,
}


def letter_step(state: LetterState, command: str) -> LetterState:
    """The state after a command. Raises TransitionError for what the table does not hold."""
    try:
        return _STEPS[state, command]
    except KeyError:
        raise TransitionError(f"a letter that is {state} cannot {command}") from None


USEFUL_FOR = timedelta(days=90)
"""How long a letter waits for somebody to send it to, where the event sets no end of its own."""
WARNING_USEFUL_FOR = timedelta(days=7)
"""How long a warning that a password or mailbox was changed is worth sending."""
LOOK_AGAIN = timedelta(seconds=15)
"""How often a waiting letter is looked at, on top of being looked at when what it waits for arrives."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a letter comes from: the id of the event, and the ids that link all that follows from it."""

    cause: str
    correlation: str
    causation: str | None


@dataclass(frozen=True, slots=True)
class Letter:
    """`cause` is unique together with the addressee. `facts` are JSON: what its templates may say.

    A letter about an account itself is of no campaign; it goes to that account alone, and is not among the messages
    that its owner can read again.
    """

    cause: str
    kind: LetterKind
    campaign_id: str | None
    addressee: Addressee
    facts: Mapping[str, Any]
    useful_until: datetime
    correlation: str
    causation: str | None = None
    entry_id: UUID | None = None
    state: LetterState = LetterState.WAITING
    reason: str = ""
    letter_id: UUID = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "letter_id", letter_id(self.cause, str(self.addressee)))

    def to(self, addressee: Addressee) -> Letter:
        """The same letter to somebody else."""
        return replace(self, addressee=addressee, state=LetterState.WAITING, reason="")

    def after(self, command: str, reason: str = "") -> Letter:
        """The letter after a command. Raises TransitionError."""
        return replace(self, state=letter_step(self.state, command), reason=reason)


def _about_entry(
    event: e.EntrySubmittedV1
    | e.EntryWithdrawnV1
    | e.EntryReturnedV1
    | e.EntryEligibleV1
    | e.EntryIneligibleV1
    | e.OpinionGivenV1
    | e.MaterialRejectedV1
    | e.ObjectionFiledV1,
    kind: LetterKind,
    addressee: Addressee,
    said: set[str],
    origin: Origin,
    at: datetime,
) -> Letter:
    return Letter(
        cause=origin.cause,
        kind=kind,
        campaign_id=event.campaign_id,
        addressee=addressee,
        facts=event.model_dump(mode="json", include=said),
        useful_until=at + USEFUL_FOR,
        correlation=origin.correlation,
        causation=origin.causation,
        entry_id=event.entry_id,
    )


def receipt(event: e.EntrySubmittedV1, origin: Origin) -> Letter:
    """To the unit: number, revision, digest; the entry's texts stay where they are."""
    said = {"receipt_number", "revision", "unit", "category", "title", "digest", "submitted_at"}
    letter = _about_entry(event, LetterKind.RECEIPT, contacts.unit(event.unit.code), said, origin, event.submitted_at)
    return replace(letter, facts={**letter.facts, "materials": len(event.materials)})


def withdrawal(event: e.EntryWithdrawnV1, origin: Origin) -> Letter:
    """To the unit: the entry was taken back, its place is free again."""
    said = {"unit", "category", "revision", "reason", "withdrawn_at"}
    addressee = contacts.unit(event.unit.code)
    return _about_entry(event, LetterKind.WITHDRAWAL, addressee, said, origin, event.withdrawn_at)


def material_refused(event: e.MaterialRejectedV1, origin: Origin) -> Letter:
    """To the unit: the file and every rule it breaks. Without the unit's code it waits until the entry is known."""
    addressee = contacts.unit(event.unit_code) if event.unit_code else Addressee("entry", str(event.entry_id))
    said = {"material_id", "kind", "name", "findings", "judged_at"}
    return _about_entry(event, LetterKind.MATERIAL_REFUSED, addressee, said, origin, event.judged_at)


def returned(event: e.EntryReturnedV1, origin: Origin) -> Letter:
    """To the unit: what to mend, and by when."""
    said = {"unit", "category", "title", "revision", "findings", "mend_by", "decided_at"}
    addressee = contacts.unit(event.unit.code)
    return _about_entry(event, LetterKind.RETURNED, addressee, said, origin, event.decided_at)


def eligible(event: e.EntryEligibleV1, origin: Origin) -> Letter:
    """To the unit: the entry passed."""
    said = {"unit", "category", "title", "revision", "decided_at"}
    addressee = contacts.unit(event.unit.code)
    return _about_entry(event, LetterKind.ELIGIBLE, addressee, said, origin, event.decided_at)


def ineligible(event: e.EntryIneligibleV1, origin: Origin) -> Letter:
    """To the unit: the entry did not pass, and why."""
    said = {"unit", "category", "title", "revision", "findings", "decided_at"}
    addressee = contacts.unit(event.unit.code)
    return _about_entry(event, LetterKind.INELIGIBLE, addressee, said, origin, event.decided_at)


def opinion(event: e.OpinionGivenV1, origin: Origin) -> Letter:
    """To the entry's unit: a level of the opinion chain has spoken."""
    said = {"revision", "level", "verdict", "text", "given_at"}
    addressee = Addressee("entry", str(event.entry_id))
    return _about_entry(event, LetterKind.OPINION, addressee, said, origin, event.given_at)


def objection(event: e.ObjectionFiledV1, origin: Origin) -> Letter:
    """To the secretariat, which handles it; who objected, and what they wrote, is read in review alone."""
    said = {"objection_id", "filed_at"}
    return _about_entry(event, LetterKind.OBJECTION, contacts.SECRETARIAT, said, origin, event.filed_at)


def assigned(event: e.AssessmentAssignedV1, origin: Origin) -> Letter:
    """To the expert: there is work, in which category, by when. Nothing of the entry itself."""
    return Letter(
        cause=origin.cause,
        kind=LetterKind.ASSIGNED,
        campaign_id=event.campaign_id,
        addressee=contacts.account(event.expert_id),
        facts=event.model_dump(mode="json", include={"assessment_id", "category", "due_at", "assigned_at"}),
        useful_until=max(event.due_at, event.assigned_at) + USEFUL_FOR,
        correlation=origin.correlation,
        causation=origin.causation,
        entry_id=event.entry_id,
    )


def password_code(event: e.ResetRequestedV1, expires_at: datetime, origin: Origin) -> Letter:
    """To the account: a code to set a new password with. The code is not among the facts; see domain.codes."""
    facts = event.model_dump(mode="json", include={"requested_at"}) | {"expires_at": expires_at.isoformat()}
    return _about_account(event.account_id, LetterKind.PASSWORD_CODE, facts, expires_at, origin)


def password_changed(event: e.PasswordChangedV1, origin: Origin) -> Letter:
    """To the account: if that was not its owner, he has to act now."""
    facts = event.model_dump(mode="json", include={"means", "changed_at"})
    return _about_account(
        event.account_id, LetterKind.PASSWORD_CHANGED, facts, event.changed_at + WARNING_USEFUL_FOR, origin
    )


def mailbox_changed(account_id: UUID, changed_at: datetime) -> Letter:
    """To the mailbox that was registered before: if that was not its owner, he has to act now."""
    at = changed_at.isoformat()
    origin = Origin(f"mailbox-changed:{account_id}:{at}", str(account_id), None)
    useful_until = changed_at + WARNING_USEFUL_FOR
    return _about_account(account_id, LetterKind.MAILBOX_CHANGED, {"changed_at": at}, useful_until, origin)


def _about_account(
    account_id: UUID, kind: LetterKind, facts: dict[str, Any], useful_until: datetime, origin: Origin
) -> Letter:
    return Letter(
        cause=origin.cause,
        kind=kind,
        campaign_id=None,
        addressee=contacts.account(account_id),
        facts=facts,
        useful_until=useful_until,
        correlation=origin.correlation,
        causation=origin.causation,
    )


def notice(event: e.NoticeOpenedV1, origin: Origin) -> list[Letter]:
    """To every unit of the campaign: the list stands open, until when; to a listed unit, its own entries in it."""
    facts = event.model_dump(mode="json", include={"opens_at", "closes_at"})
    return _announcements(event, LetterKind.NOTICE, facts, event.closes_at, origin)


def decision(event: e.DecisionPublishedV1, origin: Origin) -> list[Letter]:
    """To every unit of the campaign: the decision is out; to a listed unit, its own entries in it."""
    facts = event.model_dump(mode="json", include={"number", "issuer", "published_at"})
    return _announcements(event, LetterKind.DECISION, facts, event.published_at + USEFUL_FOR, origin)


def _announcements(
    event: e.NoticeOpenedV1 | e.DecisionPublishedV1,
    kind: LetterKind,
    facts: dict[str, Any],
    useful_until: datetime,
    origin: Origin,
) -> list[Letter]:
    facts |= {"total": len(event.listed), "own": []}
    everyone = Letter(
        cause=origin.cause,
        kind=kind,
        campaign_id=event.campaign_id,
        addressee=Addressee("campaign", event.campaign_id),
        facts=facts,
        useful_until=useful_until,
        correlation=origin.correlation,
        causation=origin.causation,
    )
    own: dict[str, list[dict[str, Any]]] = {}
    for row in event.listed:
        own.setdefault(row.unit.code, []).append(
            row.model_dump(mode="json", include={"category", "title", "receipt_number"})
        )
    listed = [replace(everyone.to(contacts.unit(code)), facts={**facts, "own": rows}) for code, rows in own.items()]
    # The listed units' own letters come first: the one to everyone leaves out who has a letter of this cause already.
    return [*listed, everyone]


def behind(letter: Letter, *, entry_unit: str | None, campaign_units: Iterable[str]) -> tuple[Letter, ...]:
    """The letters that take the place of one to an entry's unit or to a whole campaign; empty: not known yet."""
    if letter.addressee.kind == "entry":
        return (letter.to(contacts.unit(entry_unit)),) if entry_unit else ()
    return tuple(letter.to(contacts.unit(code)) for code in sorted(set(campaign_units)))
