"""Keep the plan of reminders, and send what is due."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from contracts.events import ReminderSentV1
from services.notify.domain.contacts import Addressee, account, unit
from services.notify.domain.entries import AssessmentRecord
from services.notify.domain.errors import CampaignUnknownError
from services.notify.domain.letters import LOOK_AGAIN, Letter
from services.notify.domain.reminders import (
    EXPERTS,
    KIND_OF,
    Recipient,
    Reminder,
    ReminderState,
    decide,
    expert_facts,
    replanned,
    unit_facts,
    wanted,
)
from services.notify.ports import Begin, CampaignRecord, Store
from services.notify.usecases.correspondence import post

AFTER_A_FAULT = timedelta(minutes=1)


def plan(store: Store, campaign_id: str, only: Addressee | None = None) -> None:
    """Bring the plan in line with the campaign's newest definition, for everybody or for one recipient."""
    if only is not None and only.kind == "unit":
        known = store.campaign(campaign_id)
        if known is not None and known.definition.unit(only.value) is not None:
            return  # an invited unit has been planned for since the campaign was published
    campaign = store.lock_campaign(campaign_id)
    if campaign is None:
        return  # planned when the campaign becomes known
    recipients = [r for r in _recipients(store, campaign) if only is None or r.addressee == only]
    existing = store.reminders(campaign_id, None if only is None else [only])
    changes = replanned(existing, wanted(campaign.definition, campaign.extensions, recipients, campaign.known_at))
    store.add_reminders(changes.added)
    for row in changes.changed:
        store.save_reminder(row)


def _recipients(store: Store, campaign: CampaignRecord) -> Iterable[Recipient]:
    """The units that are invited, the units that take part all the same, and the experts with work."""
    campaign_id = campaign.definition.id
    invited = {row.code for row in campaign.definition.units}
    yield from (Recipient(unit(code)) for code in sorted(invited))
    for code, since in sorted(store.units_with_entries(campaign_id).items()):
        if code not in invited:
            yield Recipient(unit(code), known_at=since)
    work: dict[UUID, list[AssessmentRecord]] = {}
    for item in store.assessments(campaign_id):
        if item.assigned_at is not None:
            work.setdefault(item.expert_id, []).append(item)
    for expert_id, items in sorted(work.items()):
        # Who has lost all his work keeps his rows: there is nothing to remind of when they are due.
        his = [item for item in items if item.revoked_at is None] or items
        dues = [item.due_at for item in his if item.due_at]
        unfinished = [item.due_at for item in his if item.due_at and item.unfinished]
        yield Recipient(
            account(expert_id),
            known_at=min(item.assigned_at for item in his if item.assigned_at),
            due_at=min(unfinished) if unfinished else max(dues, default=None),
        )


def run_next(begin: Begin) -> Reminder | None:
    """Take the earliest reminder that is due a look and that nobody else has; send, skip or let it wait.

    Returns the row as it stands now; None if nothing is due. A fault puts this row off, so that it holds up no other.
    """
    row: Reminder | None = None
    try:
        with begin() as store:
            row = next(iter(store.due_reminders(1)), None)
            return None if row is None else _run(store, row)
    except Exception:
        if row is not None:
            with begin() as store:
                store.save_reminder(row, look_at=store.now() + AFTER_A_FAULT)
        raise


def _run(store: Store, row: Reminder) -> Reminder:
    campaign = store.campaign(row.campaign_id)
    if campaign is None:
        raise CampaignUnknownError(row.campaign_id)
    facts = _facts(store, campaign, row)
    now = store.now()
    reachable = bool(store.accounts_behind(row.recipient))
    decided = decide(row, now, concerned=facts is not None, reachable=reachable)
    if decided.state is ReminderState.SENT and facts is not None:
        _send(store, decided, facts)
    look_again = min(now + LOOK_AGAIN, row.useful_until + timedelta(seconds=1))
    store.save_reminder(decided, look_at=look_again if decided.state is ReminderState.WAITING else None)
    return decided


def _facts(store: Store, campaign: CampaignRecord, row: Reminder) -> dict[str, object] | None:
    """What the reminder would say now; None if there is nothing left to remind of."""
    if row.audience == EXPERTS:
        work = store.assessments(row.campaign_id, UUID(row.recipient.value))
        return expert_facts(work, store.withdrawn_entries(row.campaign_id))
    entries = store.entries_of_unit(row.campaign_id, row.recipient.value)
    return unit_facts(row.audience, campaign.definition, row.recipient.value, entries)


def _send(store: Store, row: Reminder, facts: dict[str, object]) -> None:
    letter = Letter(
        cause=row.cause,
        kind=KIND_OF[row.audience],
        campaign_id=row.campaign_id,
        addressee=row.recipient,
        facts={
            **facts,
            "anchor": row.anchor,
            "anchor_at": row.anchor_at.isoformat(),
            "overdue": row.offset > timedelta(),
        },
        useful_until=row.useful_until,
        correlation=row.campaign_id,
    )
    post(store, letter)
    store.publish(
        ReminderSentV1(
            reminder_id=row.reminder_id,
            campaign_id=row.campaign_id,
            rule=row.rule,
            recipient=row.recipient.value,
            due_at=row.due_at,
            sent_at=row.sent_at or row.due_at,
        ),
        subject=row.campaign_id,
    )
