"""From a letter to the messages of those it concerns."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from services.notify.domain.delivery import GIVE_UP_AFTER
from services.notify.domain.letters import LOOK_AGAIN, Letter, LetterState, behind
from services.notify.ports import Begin, Store

NO_CONTACT = "no-contact"
CAMPAIGN_UNKNOWN = "campaign-unknown"
ENTRY_UNKNOWN = "entry-unknown"


def post(store: Store, letter: Letter) -> bool:
    """Write a letter and distribute it as far as is known; False if it has been written before."""
    if not store.add_letter(letter):
        return False
    if letter.state is LetterState.WAITING:
        distribute(store, letter)
    return True


def warn_former(store: Store, letter: Letter, account_id: UUID, sealed: str) -> None:
    """Send a letter to the contact that was this account's before: to nobody else, and to no later one."""
    if store.add_letter(letter.after("distribute")):
        give_up_at = min(letter.useful_until, store.now() + GIVE_UP_AFTER)
        store.add_message(letter, account_id, give_up_at=give_up_at, sealed_to=sealed)


def distribute(store: Store, letter: Letter) -> Letter:
    """Queue a message for each contact behind a waiting letter, or say what it still waits for.

    The letter must be locked or written in this transaction.
    """
    now = store.now()
    settled, waits_for = _settle(store, letter)
    if settled is None and now > letter.useful_until:
        settled = letter.after("expire", waits_for)
    if settled is None:
        settled = replace(letter, reason=waits_for)
    store.save_letter(settled, look_at=now + LOOK_AGAIN)
    return settled


def _settle(store: Store, letter: Letter) -> tuple[Letter | None, str]:
    """The letter after what could be done with it; or None, and what it waits for."""
    if letter.campaign_id is None:
        return _distribute(store, letter)
    campaign = store.campaign(letter.campaign_id)
    if campaign is None:
        return None, CAMPAIGN_UNKNOWN
    if not letter.addressee.direct:
        entry = store.entry(letter.entry_id) if letter.entry_id else None
        if letter.addressee.kind == "entry" and entry is None:
            return None, ENTRY_UNKNOWN
        invited = {unit.code for unit in campaign.definition.units}
        taking_part = set(store.units_with_entries(letter.campaign_id))
        for other in behind(
            letter, entry_unit=entry.unit_code if entry else None, campaign_units=invited | taking_part
        ):
            post(store, other)
        return letter.after("resolve"), ""
    return _distribute(store, letter)


def _distribute(store: Store, letter: Letter) -> tuple[Letter | None, str]:
    accounts = store.accounts_behind(letter.addressee)
    if not accounts:
        return None, NO_CONTACT
    give_up_at = min(letter.useful_until, store.now() + GIVE_UP_AFTER)
    for account_id in accounts:
        store.add_message(letter, account_id, give_up_at=give_up_at)
    return letter.after("distribute"), ""


def look_at_waiting(begin: Begin, limit: int = 50) -> int:
    """Look again at letters that wait: what they wait for may have come at the same moment. How many were looked at."""
    with begin() as store:
        letters = store.waiting_letters(limit=limit)
        for letter in letters:
            distribute(store, letter)
    return len(letters)
