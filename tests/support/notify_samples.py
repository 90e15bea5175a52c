"""Letters made from the contracts' own examples, and the campaigns they speak of; for the tests of notify."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from contracts.campaign_loader import shipped
from contracts.envelope import Envelope
from contracts.events import EVENTS, Event
from services.notify.domain import letters
from services.notify.domain.codes import GOOD_FOR
from services.notify.domain.contacts import account, unit
from services.notify.domain.entries import EntryRecord, EntryState
from services.notify.domain.letters import Letter, LetterKind, Origin
from services.notify.domain.reminders import KIND_OF
from services.notify.ports import CampaignRecord

EXAMPLES = Path(__file__).resolve().parents[2] / "contracts" / "examples"
PUBLISHED = datetime(2017, 6, 1, tzinfo=UTC)
EXPERT = UUID("0b1e6a52-3d1c-4b0e-8c3c-7f6b1c0f6f11")
ENTRY = UUID("ca7431db-57d1-4fb8-b1e3-1fbb32fc5706")

_MAKERS: dict[str, Callable[..., Letter | list[Letter]]] = {
    "entry.submitted.v1": letters.receipt,
    "entry.withdrawn.v1": letters.withdrawal,
    "material.rejected.v1": letters.material_refused,
    "entry.returned.v1": letters.returned,
    "entry.eligible.v1": letters.eligible,
    "entry.ineligible.v1": letters.ineligible,
    "opinion.given.v1": letters.opinion,
    "assessment.assigned.v1": letters.assigned,
    "notice.opened.v1": letters.notice,
    "objection.filed.v1": letters.objection,
    "decision.published.v1": letters.decision,
    "reset.requested.v1": lambda event, origin: letters.password_code(event, event.requested_at + GOOD_FOR, origin),
    "password.changed.v1": letters.password_changed,
}
_REMINDER_FACTS: dict[str, dict[str, Any]] = {
    "units-with-nothing-submitted": {"categories": ["story", "service"]},
    "units-with-quota-left": {"categories": ["innovation"], "submitted": 2},
    "units-with-returned-entries": {
        "entries": [
            {
                "title": "书车",
                "receipt_number": "CLS2017-0318",
                "category": "story",
                "mend_by": "2017-09-15T15:59:59+00:00",
            },
            {"title": "灯", "receipt_number": "", "category": "service", "mend_by": ""},
        ]
    },
    "experts-with-unfinished-work": {"unfinished": 3, "finished": 4},
}


@cache
def campaign(campaign_id: str) -> CampaignRecord:
    """A shipped campaign as notify knows it."""
    return CampaignRecord(shipped(campaign_id), 1, PUBLISHED)


def entry(**changes: Any) -> EntryRecord:
    """An entry of the 2017 campaign as notify knows it."""
    known = EntryRecord(
        entry_id=ENTRY,
        campaign_id="cls-2017",
        unit_code="shxwht",
        unit_name="陕西省文化厅",
        category="innovation",
        revision=1,
        state=EntryState.SUBMITTED,
        changed_at=PUBLISHED + timedelta(days=60),
        title="流动书车开进护林站",
        receipt_number="CLS2017-0318",
    )
    return replace(known, **changes)


def examples(event_type: str) -> Iterator[tuple[str, Envelope]]:
    """The examples of an event type that the contracts hold: name, envelope."""
    for path in sorted((EXAMPLES / event_type).glob("*.json")):
        yield f"{event_type}/{path.stem}", Envelope.model_validate(json.loads(path.read_text()))


def event_of(envelope: Envelope) -> Event:
    """The event in an envelope."""
    return EVENTS[envelope.type].model_validate(envelope.data)


def letters_of(envelope: Envelope) -> list[Letter]:
    """What notify writes on an event: one letter, or one for each addressee."""
    origin = Origin(f"event:{envelope.producer}:{envelope.id}", envelope.correlationid, str(envelope.id))
    made = _MAKERS[envelope.type](event_of(envelope), origin)
    return made if isinstance(made, list) else [made]


def every_letter() -> Iterator[tuple[str, Letter]]:
    """A letter of every kind: of every example of every event, every reminder before and after its anchor, others."""
    for event_type in _MAKERS:
        for name, envelope in examples(event_type):
            for number, letter in enumerate(letters_of(envelope)):
                yield f"{name}[{number}]", letter
    yield "mailbox-changed", letters.mailbox_changed(EXPERT, PUBLISHED)
    for audience, kind in KIND_OF.items():
        for overdue in (False, True):
            yield f"{kind}/{'after' if overdue else 'before'}", reminder_letter(audience, kind, overdue=overdue)


def reminder_letter(audience: str, kind: LetterKind, *, overdue: bool) -> Letter:
    """The letter of a reminder."""
    experts = audience.startswith("experts")
    return Letter(
        cause=f"reminder:cls-2017:{audience}:{overdue}",
        kind=kind,
        campaign_id="cls-2017",
        addressee=account(EXPERT) if experts else unit("shxwht"),
        facts={
            **_REMINDER_FACTS[audience],
            "anchor": "review_due" if experts else "online_deadline",
            "anchor_at": "2017-08-31T16:00:00+00:00",
            "overdue": overdue,
        },
        useful_until=PUBLISHED + timedelta(days=90),
        correlation="cls-2017",
    )
