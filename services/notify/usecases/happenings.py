"""What notify takes note of, and whom it tells, for each event; in the transaction of the event's inbox row."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from contracts import events as e
from contracts.campaign import CampaignDefinition
from contracts.codes import code_digest, new_code
from services.notify.domain import codes, letters
from services.notify.domain.codes import CodeRecord
from services.notify.domain.contacts import Addressee, account, unit
from services.notify.domain.entries import AssessmentRecord, EntryRecord, EntryState, merged, supersedes
from services.notify.domain.letters import Letter, Origin
from services.notify.ports import CampaignRecord, Sealer, Store
from services.notify.usecases.correspondence import distribute, post
from services.notify.usecases.planning import plan

ENTRY_WITHDRAWN = "entry-withdrawn"
SUPERSEDED = "superseded"
REVOKED = "assessment-revoked"


def campaign_published(store: Store, event: e.CampaignPublishedV1) -> None:
    """Know the campaign and plan its reminders. Raises pydantic.ValidationError for a definition it cannot read."""
    _adopt(store, event.definition, event.version, event.published_at, ())


def campaign_amended(store: Store, event: e.CampaignAmendedV1) -> None:
    """Know the new calendar and extensions; reschedule. Raises pydantic.ValidationError."""
    _adopt(store, event.definition, event.version, event.amended_at, event.extensions)


def _adopt(
    store: Store,
    definition: dict[str, object],
    version: int,
    known_at: datetime,
    extensions: tuple[e.Extension, ...],
) -> None:
    record = CampaignRecord(CampaignDefinition.from_event(definition), version, known_at, extensions)
    campaign_id = record.definition.id
    known = store.lock_campaign(campaign_id)
    if known is not None and known.version >= version:
        return  # an older version that came late
    store.save_campaign(record)
    plan(store, campaign_id)
    for letter in store.waiting_letters(campaign_id=campaign_id):
        distribute(store, letter)


def entry_submitted(store: Store, event: e.EntrySubmittedV1, origin: Origin) -> None:
    """Receipt to the unit."""
    news = EntryRecord(
        entry_id=event.entry_id,
        campaign_id=event.campaign_id,
        unit_code=event.unit.code,
        unit_name=event.unit.name,
        category=event.category,
        revision=event.revision,
        state=EntryState.SUBMITTED,
        changed_at=event.submitted_at,
        title=event.title,
        receipt_number=event.receipt_number,
        exempt=_exempt(store.campaign(event.campaign_id), event),
    )
    known = _note(store, news)
    letter = letters.receipt(event, origin)
    if known is not None and known.state is EntryState.WITHDRAWN:
        letter = letter.after("cancel", ENTRY_WITHDRAWN)  # its withdrawal overtook it: a receipt now would mislead
    post(store, letter)


def _exempt(campaign: CampaignRecord | None, event: e.EntrySubmittedV1) -> bool:
    category = campaign.definition.category(event.category) if campaign else None
    if category is None or category.post_field is None:
        return False
    return event.fields.get(category.post_field, "") in category.quota_exempt_posts


def entry_withdrawn(store: Store, event: e.EntryWithdrawnV1, origin: Origin) -> None:
    """Confirmation to the unit."""
    news = EntryRecord(
        entry_id=event.entry_id,
        campaign_id=event.campaign_id,
        unit_code=event.unit.code,
        unit_name=event.unit.name,
        category=event.category,
        revision=event.revision,
        state=EntryState.WITHDRAWN,
        changed_at=event.withdrawn_at,
    )
    _note(store, news)
    post(store, letters.withdrawal(event, origin))


def entry_returned(store: Store, event: e.EntryReturnedV1, origin: Origin) -> None:
    """To the unit: what to mend, by when."""
    _verdict(store, event, EntryState.RETURNED, letters.returned(event, origin), event.mend_by)


def entry_eligible(store: Store, event: e.EntryEligibleV1, origin: Origin) -> None:
    """To the unit: passed."""
    _verdict(store, event, EntryState.ELIGIBLE, letters.eligible(event, origin))


def entry_ineligible(store: Store, event: e.EntryIneligibleV1, origin: Origin) -> None:
    """To the unit: not passed, and why."""
    _verdict(store, event, EntryState.INELIGIBLE, letters.ineligible(event, origin))


def _verdict(
    store: Store,
    event: e.EntryReturnedV1 | e.EntryEligibleV1 | e.EntryIneligibleV1,
    state: EntryState,
    letter: Letter,
    mend_by: datetime | None = None,
) -> None:
    news = EntryRecord(
        entry_id=event.entry_id,
        campaign_id=event.campaign_id,
        unit_code=event.unit.code,
        unit_name=event.unit.name,
        category=event.category,
        revision=event.revision,
        state=state,
        changed_at=event.decided_at,
        title=event.title,
        mend_by=mend_by,
    )
    known = _note(store, news)
    post(store, letter if supersedes(news, known) else letter.after("cancel", _why_stale(known)))


def _why_stale(known: EntryRecord | None) -> str:
    return ENTRY_WITHDRAWN if known and known.state is EntryState.WITHDRAWN else SUPERSEDED


def _note(store: Store, news: EntryRecord) -> EntryRecord | None:
    """Keep the news of an entry; returns what was known before."""
    known = store.lock_entry(news.entry_id)
    store.save_entry(merged(news, known))
    if known is None:
        plan(store, news.campaign_id, unit(news.unit_code))
        for letter in store.waiting_letters(addressees=[str(Addressee("entry", str(news.entry_id)))]):
            distribute(store, letter)
    return known


def material_rejected(store: Store, event: e.MaterialRejectedV1, origin: Origin) -> None:
    """To the unit: every rule the file breaks."""
    post(store, letters.material_refused(event, origin))


def opinion_given(store: Store, event: e.OpinionGivenV1, origin: Origin) -> None:
    """To the unit: a level of the opinion chain has spoken."""
    known = store.lock_entry(event.entry_id)
    letter = letters.opinion(event, origin)
    if known is not None and (known.revision > event.revision or known.state is EntryState.WITHDRAWN):
        letter = letter.after("cancel", _why_stale(known))
    post(store, letter)


def assessment_assigned(store: Store, event: e.AssessmentAssignedV1, origin: Origin) -> None:
    """To the expert: there is work."""
    known = store.save_assessment(
        AssessmentRecord(
            assessment_id=event.assessment_id,
            campaign_id=event.campaign_id,
            entry_id=event.entry_id,
            expert_id=event.expert_id,
            category=event.category,
            due_at=event.due_at,
            assigned_at=event.assigned_at,
        )
    )
    letter = letters.assigned(event, origin)
    if known.revoked_at is not None:
        letter = letter.after("cancel", REVOKED)  # its revocation overtook it
    post(store, letter)
    plan(store, event.campaign_id, account(event.expert_id))


def assessment_submitted(store: Store, event: e.AssessmentSubmittedV1) -> None:
    """Note that the work is done: the expert is not reminded of it any more."""
    store.save_assessment(
        AssessmentRecord(
            assessment_id=event.assessment_id,
            campaign_id=event.campaign_id,
            entry_id=event.entry_id,
            expert_id=event.expert_id,
            submitted_at=event.submitted_at,
        )
    )
    plan(store, event.campaign_id, account(event.expert_id))


def assessment_revoked(store: Store, event: e.AssessmentRevokedV1) -> None:
    """Note that it is not the expert's work any more: no reminder counts it, and no letter still speaks of it."""
    store.save_assessment(
        AssessmentRecord(
            assessment_id=event.assessment_id,
            campaign_id=event.campaign_id,
            entry_id=event.entry_id,
            expert_id=event.expert_id,
            revoked_at=event.revoked_at,
        )
    )
    expert = account(event.expert_id)
    for letter in store.waiting_letters(addressees=[str(expert)]):
        if letter.facts.get("assessment_id") == str(event.assessment_id):
            store.save_letter(letter.after("cancel", REVOKED), look_at=store.now())
    plan(store, event.campaign_id, expert)


def notice_opened(store: Store, event: e.NoticeOpenedV1, origin: Origin) -> None:
    """To every unit of the campaign, once the whole list is there."""
    name = f"notice:{event.campaign_id}:{event.opens_at.isoformat()}"
    whole = _whole_list(store, event, name)
    if whole is not None:
        for letter in letters.notice(event.model_copy(update={"listed": whole}), replace(origin, cause=name)):
            post(store, letter)


def _whole_list(
    store: Store, event: e.NoticeOpenedV1 | e.DecisionPublishedV1, name: str
) -> tuple[e.ListedEntry, ...] | None:
    """All that is listed, as soon as every part of the list has come; None before that. `name`: the list's own."""
    parts = store.add_list_part(name, event.part, event.listed)
    if len(parts) < event.parts:
        return None
    return tuple(entry for part in parts for entry in part)


def objection_filed(store: Store, event: e.ObjectionFiledV1, origin: Origin) -> None:
    """To the secretariat."""
    post(store, letters.objection(event, origin))


def decision_published(store: Store, event: e.DecisionPublishedV1, origin: Origin) -> None:
    """To every unit of the campaign, once the whole list is there."""
    name = f"decision:{event.campaign_id}:{event.number}"
    whole = _whole_list(store, event, name)
    if whole is not None:
        for letter in letters.decision(event.model_copy(update={"listed": whole}), replace(origin, cause=name)):
            post(store, letter)


def account_disabled(store: Store, event: e.AccountDisabledV1) -> None:
    """Erase the account's contact and cancel what is queued for it."""
    store.lock_account(event.account_id)
    # Messages before the contact, as delivery locks them.
    store.cancel_messages(event.account_id)
    store.disable(event.account_id, event.disabled_at)


def reset_requested(store: Store, sealer: Sealer, event: e.ResetRequestedV1, origin: Origin) -> None:
    """Make a code, mail it, and say its digest. Nothing, if there is no mailbox, or the request is old or known.

    All of it is one transaction: a code whose digest is not told, or a digest without a mail, cannot be.
    """
    now = store.now()
    if codes.is_stale(event.requested_at, now) or store.lock_account(event.account_id):
        return
    if store.contact(event.account_id) is None:
        return  # and it does not wait for one: who registers a mailbox has signed in
    code, expires_at = new_code(), now + codes.GOOD_FOR
    letter = letters.password_code(event, expires_at, origin)
    sealed = sealer.seal_code(event.account_id, code)
    record = CodeRecord(event.request_id, event.account_id, letter.letter_id, sealed, now, expires_at)
    if not store.add_code(record):
        return
    post(store, letter)
    issued = e.ResetIssuedV1(
        account_id=event.account_id,
        request_id=event.request_id,
        digest=code_digest(code).hex(),
        issued_at=now,
        expires_at=expires_at,
    )
    store.publish(issued, subject=str(event.account_id), correlation=origin.correlation, causation=origin.causation)


def password_changed(store: Store, event: e.PasswordChangedV1, origin: Origin) -> None:
    """Warn the account's owner, if he has a mailbox."""
    if store.contact(event.account_id) is not None:
        post(store, letters.password_changed(event, origin))


def session_ended(store: Store, event: e.SessionEndedV1) -> None:
    """Refuse the tokens of these sessions from now on."""
    store.end_sessions(event.session_ids, event.ended_at)
