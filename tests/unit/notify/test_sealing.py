"""Contact data at rest."""

from __future__ import annotations

from uuid import uuid4

import pytest
from cryptography.fernet import Fernet

from services.notify.domain.contacts import Contact
from services.notify.domain.errors import SealBrokenError
from services.notify.sealing import FernetSealer

CONTACT = Contact("张晓", "+8613800000000", "zhang@example.org")


def test_sealed_contact_shows_nothing_and_opens_again() -> None:
    sealer, account = FernetSealer(Fernet.generate_key()), uuid4()
    sealed = sealer.seal(account, CONTACT)
    assert not any(part in sealed for part in ("张晓", "13800000000", "zhang"))
    assert sealer.unseal(account, sealed) == CONTACT


def test_another_key_does_not_open_it() -> None:
    account = uuid4()
    sealed = FernetSealer(Fernet.generate_key()).seal(account, CONTACT)
    with pytest.raises(SealBrokenError):
        FernetSealer(Fernet.generate_key()).unseal(account, sealed)


def test_contact_moved_to_another_account_does_not_open() -> None:
    sealer = FernetSealer(Fernet.generate_key())
    with pytest.raises(SealBrokenError, match="another account"):
        sealer.unseal(uuid4(), sealer.seal(uuid4(), CONTACT))


def test_damaged_contact_does_not_open() -> None:
    sealer, account = FernetSealer(Fernet.generate_key()), uuid4()
    sealed = sealer.seal(account, CONTACT)
    with pytest.raises(SealBrokenError):
        sealer.unseal(account, sealed[:-8] + "AAAAAAA=")
