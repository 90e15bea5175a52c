"""Reminders: the plan computed from a campaign's definition, who is due one, and what becomes of each row."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from contracts.campaign import CampaignDefinition, Category, ReminderRule
from contracts.events import Extension
from services.notify.domain.contacts import Addressee
from services.notify.domain.dates import shift
from services.notify.domain.delivery import NAMESPACE
from services.notify.domain.entries import AssessmentRecord, EntryRecord, EntryState
from services.notify.domain.errors import TransitionError
from services.notify.domain.letters import LetterKind

EXPERTS = "experts-with-unfinished-work"

KIND_OF: Mapping[str, LetterKind] = {
    "units-with-nothing-submitted": LetterKind.REMINDER_NOTHING_SUBMITTED,
    "units-with-quota-left": LetterKind.REMINDER_QUOTA_LEFT,
    "units-with-returned-entries": LetterKind.REMINDER_RETURNED,
    EXPERTS: LetterKind.REMINDER_UNFINISHED,
}
"""Audience of a rule → the letter it sends."""


class ReminderState(StrEnum):
    """Where a row of the plan stands. `waiting`: due, but nobody has registered a contact yet."""

    PLANNED = "planned"
    WAITING = "waiting"
    SENT = "sent"
    SKIPPED = "skipped"
    SUPERSEDED = "superseded"


_STEPS: dict[tuple[ReminderState, str], ReminderState] = {
    (ReminderState.PLANNED, "send"): ReminderState.SENT,
    (ReminderState.PLANNED, "wait"): ReminderState.WAITING,
    (ReminderState.PLANNED, "skip"): ReminderState.SKIPPED,
    (ReminderState.PLANNED, "supersede"): ReminderState.SUPERSEDED,
    (ReminderState.WAITING, "send"): ReminderState.SENT,
    (ReminderState.WAITING, "wait"): ReminderState.WAITING,
    (ReminderState.WAITING, "skip"): ReminderState.SKIPPED,
    (ReminderState.WAITING, "supersede"): ReminderState.SUPERSEDED,
    # The calendar was moved back to where it was.
    (ReminderState.SUPERSEDED, "plan"): ReminderState.PLANNED,
    (ReminderState.SUPERSEDED, "skip"): ReminderState.SKIPPED,
}


def reminder_step(state: ReminderState, command: str) -> ReminderState:
    """The state after a command. Raises TransitionError for what the table does not hold."""
    try:
        return _STEPS[state, command]
    except KeyError:
        raise TransitionError(f"a reminder that is {state} cannot {command}") from None


class Reason(StrEnum):
    """Why a reminder was not sent."""

    BEFORE_PUBLICATION = "due-before-publication"
    BEFORE_CONCERNED = "due-before-concerned"
    TOO_LATE = "too-late"
    NOTHING_TO_DO = "nothing-to-do"
    NO_CONTACT = "no-contact"
    DEADLINE_MOVED = "deadline-moved"


@dataclass(frozen=True, slots=True)
class Reminder:
    """A row of the plan: one rule for one recipient at one due time. Unique by these four."""

    campaign_id: str
    rule: str
    recipient: Addressee
    due_at: datetime
    audience: str
    anchor: str
    anchor_at: datetime
    offset: timedelta
    useful_for: timedelta
    state: ReminderState = ReminderState.PLANNED
    reason: str = ""
    sent_at: datetime | None = None

    @property
    def reminder_id(self) -> UUID:
        return uuid5(NAMESPACE, f"reminder|{self.cause}|{self.recipient}")

    @property
    def cause(self) -> str:
        """What the letter's uniqueness stands on: campaign, kind, anchor with its instant, offset."""
        seconds = int(self.offset.total_seconds())
        return f"reminder:{self.campaign_id}:{self.rule}:{self.anchor}@{self.due_at.isoformat()}:{seconds:+d}s"

    @property
    def useful_until(self) -> datetime:
        return self.due_at + self.useful_for

    def after(self, command: str, reason: str = "") -> Reminder:
        """The row after a command. Raises TransitionError."""
        return replace(self, state=reminder_step(self.state, command), reason=reason)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody to plan for. `known_at`: since when they have been concerned; `due_at`: an expert's own due time."""

    addressee: Addressee
    known_at: datetime | None = None
    due_at: datetime | None = None


def wanted(
    definition: CampaignDefinition,
    extensions: Iterable[Extension],
    recipients: Iterable[Recipient],
    published_at: datetime,
) -> Iterator[Reminder]:
    """Every row the definition asks for: rule × recipient.

    A unit with an extension counts from its own cut-off. What would have been due before the definition was published
    (or before the recipient had anything to do with it) is skipped from the start, not sent in a heap.
    """
    later = {extension.unit_code: extension.cutoff for extension in extensions}
    for recipient in recipients:
        for rule in definition.reminders:
            if (rule.audience == EXPERTS) != (recipient.addressee.kind == "account"):
                continue
            anchor = anchor_of(definition, rule, recipient, later)
            if anchor is None:
                continue
            row = Reminder(
                campaign_id=definition.id,
                rule=rule.key,
                recipient=recipient.addressee,
                due_at=shift(anchor, rule.offset, definition.zone),
                audience=rule.audience,
                anchor=rule.anchor,
                anchor_at=anchor,
                offset=rule.offset,
                useful_for=rule.useful_for,
            )
            if row.due_at <= published_at:
                row = row.after("skip", Reason.BEFORE_PUBLICATION)
            elif recipient.known_at is not None and row.due_at <= recipient.known_at:
                row = row.after("skip", Reason.BEFORE_CONCERNED)
            yield row


def anchor_of(
    definition: CampaignDefinition, rule: ReminderRule, recipient: Recipient, later: Mapping[str, datetime]
) -> datetime | None:
    """The instant a rule counts from for this recipient; None if the calendar has none."""
    calendar = definition.calendar
    if rule.anchor == "online_deadline":
        return max(calendar.online_deadline, later.get(recipient.addressee.value, calendar.online_deadline))
    if rule.anchor == "paper_deadline":
        return calendar.paper_deadline
    return calendar.review_due or recipient.due_at


@dataclass(frozen=True, slots=True)
class Changes:
    """What a new plan does to the rows that exist."""

    added: tuple[Reminder, ...]
    changed: tuple[Reminder, ...]


def replanned(existing: Iterable[Reminder], new: Iterable[Reminder]) -> Changes:
    """Compare rows of the same recipients: what was sent or skipped stays; what is no longer wanted is superseded."""
    have = {row.reminder_id: row for row in existing}
    want = {row.reminder_id: row for row in new}
    changed = []
    for key, row in have.items():
        if key not in want:
            if row.state in {ReminderState.PLANNED, ReminderState.WAITING}:
                changed.append(row.after("supersede", Reason.DEADLINE_MOVED))
        elif row.state is ReminderState.SUPERSEDED:
            again = want[key]
            command = "plan" if again.state is ReminderState.PLANNED else "skip"
            changed.append(row.after(command, again.reason))
    return Changes(tuple(row for key, row in want.items() if key not in have), tuple(changed))


def decide(row: Reminder, now: datetime, *, concerned: bool, reachable: bool) -> Reminder:
    """What becomes of a row that is due. `concerned`: in the audience now; `reachable`: has a contact."""
    if now > row.useful_until:
        late = Reason.NO_CONTACT if row.state is ReminderState.WAITING else Reason.TOO_LATE
        return row.after("skip", late)
    if not concerned:
        return row.after("skip", Reason.NOTHING_TO_DO)
    if not reachable:
        return row.after("wait", Reason.NO_CONTACT)
    return replace(row.after("send"), sent_at=now)


def categories_left(definition: CampaignDefinition, unit_code: str, entries: Collection[EntryRecord]) -> list[Category]:
    """The categories in which a unit may still recommend. `entries`: the unit's own.

    A category without a quota (for this kind of unit) counts while the unit has nothing in it: nobody is reminded of a
    limit that does not exist.
    """
    unit = definition.unit(unit_code)
    kind = unit.kind if unit else "unit"
    standing = [entry for entry in entries if entry.state is not EntryState.WITHDRAWN]
    return [
        category
        for category in definition.categories
        if kind in category.recommenders and _used(category, standing) < _places(category, kind)
    ]


def _places(category: Category, kind: str) -> int:
    bound = not category.quota_kinds or kind in category.quota_kinds
    return category.quota_per_unit or 1 if bound else 1


def _used(category: Category, standing: Collection[EntryRecord]) -> int:
    own = [entry for entry in standing if entry.category == category.key]
    counted = sum(1 for entry in own if not entry.exempt)
    return counted if category.quota_per_unit else len(own)


def unit_facts(
    audience: str, definition: CampaignDefinition, unit_code: str, entries: Collection[EntryRecord]
) -> dict[str, Any] | None:
    """What a reminder tells a unit; None if the unit is not in the audience. `entries`: the unit's own."""
    standing = [entry for entry in entries if entry.state is not EntryState.WITHDRAWN]
    left = [category.key for category in categories_left(definition, unit_code, entries)]
    if audience == "units-with-nothing-submitted":
        return {"categories": left} if left and not standing else None
    if audience == "units-with-quota-left":
        return {"categories": left, "submitted": len(standing)} if left else None
    back = sorted(
        (entry for entry in standing if entry.state is EntryState.RETURNED),
        key=lambda entry: (entry.receipt_number, str(entry.entry_id)),
    )
    if not back:
        return None
    return {
        "entries": [
            {
                "title": entry.title,
                "receipt_number": entry.receipt_number,
                "category": entry.category,
                "mend_by": entry.mend_by.isoformat() if entry.mend_by else "",
            }
            for entry in back
        ]
    }


def expert_facts(work: Collection[AssessmentRecord], withdrawn: Collection[UUID]) -> dict[str, Any] | None:
    """What a reminder tells an expert; None if all is done. `withdrawn`: entries that need no score any more.

    What was taken from the expert counts neither way: of an entry he must not touch, he does not even hear a number.
    """
    open_work = [item for item in work if item.unfinished and item.entry_id not in withdrawn]
    if not open_work:
        return None
    done = sum(1 for item in work if item.submitted_at is not None and item.revoked_at is None)
    return {"unfinished": len(open_work), "finished": done}
