"""Codes that replace a forgotten password: in the mail's words once, and nowhere when they are gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from contracts.codes import ALPHABET, GROUP, GROUPS, code_digest, new_code
from services.notify.domain.codes import ANSWERED_WITHIN, is_stale
from services.notify.domain.contacts import Contact
from services.notify.domain.errors import SealBrokenError
from services.notify.sealing import FernetSealer
from services.notify.writing.letters import LetterWriter
from services.notify.writing.templates import Templates
from tests.support.notify_samples import every_letter

KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
LETTER = dict(every_letter())["reset.requested.v1/full[0]"]
WRITER = LetterWriter(Templates(), "https://laurel.example.org")


def test_codes_are_of_symbols_that_nobody_confuses_and_never_the_same() -> None:
    codes = {new_code() for _ in range(200)}

    assert len(codes) == 200
    for code in codes:
        groups = code.split("-")
        assert [len(group) for group in groups] == [GROUP] * GROUPS
        assert set("".join(groups)) <= set(ALPHABET)


def test_a_code_is_the_same_however_it_was_typed() -> None:
    code = "10VKM-9QWRT-3HJ8N-V5PCD-E6FGA"

    for typed in (
        code.lower(),
        code.replace("-", " "),
        "lOuKm-9qwrt3hj8nv5pcde6fga",
        "１０ＶＫＭ-9QWRT-3HJ8N-V5PCD-E6FGA",
    ):
        assert code_digest(typed) == code_digest(code)
    assert code_digest(code[:-1] + "B") != code_digest(code)


def test_the_mail_says_the_code_and_leads_to_its_page_with_the_code_behind_the_hash() -> None:
    code = new_code()
    written = WRITER.words(LETTER, None, None, contact_name="张晓", code=code)

    assert f"https://laurel.example.org/password/new#code={code}" in written.text
    assert f'href="https://laurel.example.org/password/new#code={code}"' in written.html
    assert code not in written.subject
    assert "（周三）23:48:02" in written.text


def test_a_mail_whose_code_is_gone_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="no code"):
        WRITER.words(LETTER, None, None, contact_name="张晓")


def test_a_sealed_code_opens_for_its_account_alone_and_says_nothing_closed() -> None:
    sealer, account, code = FernetSealer(KEY), uuid4(), new_code()
    sealed = sealer.seal_code(account, code)

    assert code not in sealed
    assert sealer.unseal_code(account, sealed) == code
    with pytest.raises(SealBrokenError):
        sealer.unseal_code(uuid4(), sealed)
    assert sealer.unseal(account, sealer.seal(account, Contact("张晓", "+86138", "a@b.example"))).name == "张晓"


def test_an_old_request_is_not_answered() -> None:
    now = datetime(2026, 8, 31, tzinfo=UTC)

    assert not is_stale(now - ANSWERED_WITHIN, now)
    assert is_stale(now - ANSWERED_WITHIN - timedelta(seconds=1), now)
