"""Register how an account is reached, and send what has been waiting for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from contracts.events import ContactRegisteredV1
from services.notify.domain.contacts import Contact, addresses_of, check_contact
from services.notify.domain.errors import (
    AccountDisabledError,
    ContactMissingError,
    PasswordNeededError,
    SealBrokenError,
)
from services.notify.domain.letters import mailbox_changed
from services.notify.ports import ContactRecord, Sealer, Store
from services.notify.usecases.correspondence import distribute, warn_former


@dataclass(frozen=True, slots=True, repr=False)
class Registration:
    """A contact as typed, and the account it is for, as its token says."""

    account_id: UUID
    roles: frozenset[str]
    unit_code: str | None
    name: str
    mobile: str
    email: str
    proven: bool = False
    """Its password was given just now."""


def register(store: Store, sealer: Sealer, command: Registration) -> tuple[Contact, ContactRecord]:
    """Register or replace a contact; letters and reminders that waited for it go out.

    A forgotten password is replaced by mail, so whoever changes the mailbox gives the password first, lest an open
    session be enough to take the account over; and the mailbox before is told.

    Raises ContactInvalidError with every fault, AccountDisabledError, PasswordNeededError.
    """
    contact = check_contact(command.name, command.mobile, command.email)
    if store.lock_account(command.account_id):
        raise AccountDisabledError(str(command.account_id))
    before = store.contact(command.account_id)
    if before is not None and _mailbox(sealer, before) != contact.email:
        if not command.proven:
            raise PasswordNeededError(str(command.account_id))
        warn_former(store, mailbox_changed(command.account_id, store.now()), command.account_id, before.sealed)
    record = ContactRecord(
        account_id=command.account_id,
        sealed=sealer.seal(command.account_id, contact),
        unit_code=command.unit_code,
        roles=tuple(sorted(command.roles)),
        addresses=addresses_of(command.account_id, command.roles, command.unit_code),
        changed_at=store.now(),
    )
    store.save_contact(record)
    registered = ContactRegisteredV1(account_id=command.account_id, registered_at=store.now())
    store.publish(registered, subject=str(command.account_id))
    send_waiting(store, record.addresses)
    return contact, record


def _mailbox(sealer: Sealer, record: ContactRecord) -> str | None:
    """None where it cannot be read any more: then no other is known for the same."""
    try:
        return sealer.unseal(record.account_id, record.sealed).email
    except SealBrokenError:
        return None


def send_waiting(store: Store, addresses: Iterable[str]) -> None:
    """Distribute the letters that waited for these addressees, and have their reminders looked at."""
    for letter in store.waiting_letters(addressees=addresses):
        distribute(store, letter)
    store.wake_reminders(addresses)


def own_contact(store: Store, sealer: Sealer, account_id: UUID) -> tuple[Contact, ContactRecord]:
    """What an account has registered. Raises ContactMissingError, SealBrokenError."""
    record = store.contact(account_id)
    if record is None:
        raise ContactMissingError(str(account_id))
    return sealer.unseal(account_id, record.sealed), record
