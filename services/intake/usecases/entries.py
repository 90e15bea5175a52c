"""Entries: begun within the quota, submitted by the database's clock, withdrawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

import structlog

from contracts.campaign import Category
from contracts.events import EntrySubmittedV1, EntryWithdrawnV1, Finding, MaterialRef
from services.intake.domain import happenings
from services.intake.domain.campaigns import Campaign, category_of, check_opened, quota_of, recommender_of
from services.intake.domain.entries import (
    Command,
    Entry,
    Material,
    MaterialState,
    Place,
    Receipt,
    State,
    accepted_until,
    check_in_time,
    public_unit,
    step,
    submit_until,
)
from services.intake.domain.errors import NotFoundError, NotReadyError
from services.intake.domain.happenings import Happening
from services.intake.domain.permissions import Caller
from services.intake.domain.readiness import findings_of
from services.intake.domain.recommending import first_texts, needs_place, objections_to, quota_used
from services.intake.domain.revisions import content_of, digest_of, receipt_number, sorted_materials
from services.intake.domain.texts import stale
from services.intake.ports import Listed, Ports, Transaction

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class View:
    """An entry with what its campaign says about it."""

    entry: Entry
    category: Category
    problems: tuple[Finding, ...]
    submit_until: datetime
    shown_deadline: datetime


def view_of(entry: Entry, campaign: Campaign) -> View:
    category = category_of(campaign.definition, entry.category)
    ends = submit_until(campaign, entry)
    shown = campaign.shown_deadline_for(entry.unit.code)
    problems = (*findings_of(entry, category), *objections_to(entry, category, campaign.definition))
    return View(entry, category, problems, ends, max(shown, ends) if entry.mend_by else shown)


def create_entry(ports: Ports, caller: Caller, campaign_id: str, category_key: str, post: str | None = None) -> View:
    """A new draft in one of the unit's places; in none, if its `post` does not count against the quota.

    Raises NotFoundError, UnknownCategoryError, UnitNotInvitedError, NotOpenError, DeadlinePassedError, QuotaUsedError,
    UnknownFieldError.
    """
    with ports.store.begin() as tx:
        campaign = campaign_in(tx, campaign_id)
        category = category_of(campaign.definition, category_key)
        entry = begin_draft(tx, caller, campaign, category, first_texts(category, post))
    log.info("entry.begun", correlation=str(entry.entry_id), unit=entry.unit.code, category=category_key)
    return view_of(entry, campaign)


def begin_draft(
    tx: Transaction, caller: Caller, campaign: Campaign, category: Category, texts: Mapping[str, str]
) -> Entry:
    """A new draft that begins with these texts. What it raises is said at create_entry."""
    place = Place(uuid4(), campaign.id, category.key, caller.own_unit)
    recommender = recommender_of(campaign.definition, category, place.unit_code, caller.name, caller.roles)
    unit, quota = recommender.unit, quota_of(category, recommender)
    now = tx.now()
    check_opened(campaign, now)
    ends, shown = campaign.ends_for(unit.code), campaign.shown_deadline_for(unit.code)
    check_in_time(campaign, ends, shown, now)
    if not tx.add_entry(place, unit, caller.account_id, now, quota, texts=texts, exempt=category.exempt(texts)):
        raise quota_used(category, quota)
    return entry_in(tx, place.entry_id, place.unit_code)


def read_entry(ports: Ports, caller: Caller, entry_id: UUID) -> View:
    """Raises NotFoundError, also for another unit's entry."""
    with ports.store.begin() as tx:
        entry = entry_in(tx, entry_id, caller.reads_unit)
        return view_of(entry, campaign_in(tx, entry.campaign_id))


def list_entries(
    ports: Ports, caller: Caller, campaign_id: str, after: int | None, limit: int, *, state: State | None
) -> Sequence[Listed]:
    """In the order in which they were begun; one more than `limit` if there are more."""
    with ports.store.begin() as tx:
        campaign_in(tx, campaign_id)
        return tx.entries(campaign_id, caller.reads_unit, after, limit + 1, state=state)


@dataclass(frozen=True, slots=True)
class Submission:
    """A receipt, and whether this request made it or an earlier one did."""

    receipt: Receipt
    repeated: bool


def submit(ports: Ports, caller: Caller, entry_id: UUID, version: int) -> Submission:
    """Submit the entry as it stands at `version`; the same again returns the same receipt.

    Raises NotFoundError, WrongStateError, StaleVersionError, NotOpenError, DeadlinePassedError, NotReadyError (also
    where the unit's quota is used).
    """
    with ports.store.begin() as tx:
        entry = entry_in(tx, entry_id, caller.own_unit, lock=True)
        earlier = tx.receipt_of_version(entry_id, version)
        if earlier is not None:
            return Submission(earlier, repeated=True)
        step(entry.state, Command.SUBMIT)
        if entry.version != version:
            raise stale(entry, {})
        campaign = campaign_in(tx, entry.campaign_id)
        # Taken while the entry's row is locked: whoever waited for the lock is judged by when he got it.
        now = tx.now()
        check_opened(campaign, now)
        entry = _placed(tx, entry, category_of(campaign.definition, entry.category))
        view = view_of(entry, campaign)
        check_in_time(campaign, accepted_until(campaign, entry), view.shown_deadline, now)
        if view.problems:
            raise NotReadyError(findings=view.problems)
        receipt = _record(tx, caller, view, campaign, now)
    log.info("entry.submitted", correlation=str(entry_id), revision=receipt.revision, receipt=receipt.receipt_number)
    return Submission(receipt, repeated=False)


def _placed(tx: Transaction, entry: Entry, category: Category) -> Entry:
    """The entry in one of its unit's places, if it needs one and one is free."""
    if not needs_place(entry, category):
        return entry
    slot = tx.place_entry(entry.entry_id, exempt=False)
    return replace(entry, slot=slot, crowded=slot is None)


def _record(tx: Transaction, caller: Caller, view: View, campaign: Campaign, now: datetime) -> Receipt:
    entry, revision = view.entry, view.entry.revision + 1
    content = content_of(entry, revision)
    number = entry.receipt.receipt_number if entry.receipt else None
    if number is None:
        running = tx.next_running_number(entry.campaign_id, entry.category)
        number = receipt_number(entry.campaign_id, entry.category, running)
    receipt = Receipt(number, revision, digest_of(content), now, campaign.version)
    event = EntrySubmittedV1(
        entry_id=entry.entry_id,
        campaign_id=entry.campaign_id,
        campaign_version=campaign.version,
        receipt_number=number,
        revision=revision,
        unit=public_unit(entry, view.category),
        category=entry.category,
        title=entry.title(view.category),
        fields=content["fields"],
        materials=tuple(_reference(at, m) for at, m in enumerate(sorted_materials(entry))),
        digest=receipt.digest,
        submitted_by=caller.account_id,
        submitted_at=now,
        claims=tuple(content.get("claims", ())),
    )
    tx.add_revision(entry, receipt, content, caller.account_id)
    tx.set_state(entry, State.SUBMITTED)
    tx.happen(happenings.of_submission(event))
    tx.emit(event, subject=str(entry.entry_id))
    return receipt


def _reference(position: int, material: Material) -> MaterialRef:
    accepted = material.state is MaterialState.ACCEPTED
    return MaterialRef(
        material_id=material.material_id,
        kind=material.kind,
        name=material.name,
        position=position,
        state="accepted" if accepted else "uploaded",
        object=material.object if accepted else None,
        facts=material.facts if accepted else None,
        caption=material.caption,
    )


def withdraw(ports: Ports, caller: Caller, entry_id: UUID, reason: str) -> View:
    """Take the entry back; its quota is free again. Raises NotFoundError, WrongStateError."""
    with ports.store.begin() as tx:
        entry = entry_in(tx, entry_id, caller.own_unit, lock=True)
        after = step(entry.state, Command.WITHDRAW)
        now = tx.now()
        campaign = campaign_in(tx, entry.campaign_id)
        event = EntryWithdrawnV1(
            entry_id=entry_id,
            campaign_id=entry.campaign_id,
            unit=public_unit(entry, category_of(campaign.definition, entry.category)),
            category=entry.category,
            revision=entry.revision,
            reason=reason,
            withdrawn_at=now,
        )
        tx.set_state(entry, after, new_version=True)
        tx.happen(happenings.of_withdrawal(event))
        tx.emit(event, subject=str(entry_id))
    log.info("entry.withdrawn", correlation=str(entry_id), revision=entry.revision)
    return view_of(replace(entry, state=after, version=entry.version + 1), campaign)


def read_happenings(
    ports: Ports, caller: Caller, campaign_id: str, entry_id: UUID | None, after: int | None, limit: int
) -> Sequence[tuple[int, Happening]]:
    """The timeline of one entry, or of a campaign as this caller may see it, oldest first."""
    with ports.store.begin() as tx:
        campaign_in(tx, campaign_id)
        return tx.happenings(campaign_id, caller.reads_unit, entry_id, after, limit + 1)


def campaign_in(tx: Transaction, campaign_id: str) -> Campaign:
    """Raises NotFoundError."""
    state = tx.campaign(campaign_id)
    if state is None:
        raise NotFoundError
    return state.campaign


def entry_in(tx: Transaction, entry_id: UUID, unit_code: str | None, *, lock: bool = False) -> Entry:
    """Raises NotFoundError."""
    entry = tx.entry(entry_id, unit_code, lock=lock)
    if entry is None:
        raise NotFoundError
    return entry
