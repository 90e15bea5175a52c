"""A forgotten password by mail, notify's half: the code is made here, mailed, told by its digest, and then gone."""

from __future__ import annotations

import re
from datetime import timedelta
from email import message_from_string, policy
from functools import partial
from uuid import UUID, uuid4

import pytest

from contracts.codes import code_digest
from contracts.events import AccountDisabledV1, PasswordChangedV1, ResetIssuedV1, ResetRequestedV1
from services.notify.domain.codes import ANSWERED_WITHIN, GOOD_FOR
from services.notify.domain.delivery import MessageState
from services.notify.usecases import happenings as h
from services.notify.usecases.delivery import deliver_next, expire_overdue
from tests.integration.notify import scenes
from tests.integration.notify.post_office import Office

CODE = re.compile(r"\b(?:[0-9A-Z]{5}-){4}[0-9A-Z]{5}\b")


def ask(office: Office, account: UUID, *, request: UUID | None = None, ago: timedelta = timedelta()) -> UUID:
    """The event of a request for a new password; its id."""
    event = ResetRequestedV1(
        account_id=account, request_id=request or uuid4(), requested_at=scenes.now() + office.moved - ago
    )

    def handle(store: object, told: ResetRequestedV1, origin: object) -> None:
        h.reset_requested(store, office.sealer, told, origin)  # type: ignore[arg-type]

    office.happen(handle, event)
    return event.request_id


def codes(office: Office) -> list[str]:
    """The codes in the mails that were taken, in order."""
    found = []
    for mail in office.smtp.taken():
        body = message_from_string(mail["raw"], policy=policy.default).get_body(("plain",))
        assert body is not None
        found += CODE.findall(body.get_content())[:1]
    return found


def issued(office: Office) -> list[ResetIssuedV1]:
    return [ResetIssuedV1.model_validate(envelope.data) for envelope in office.events("reset.issued.v1")]


def everything(office: Office) -> str:
    """All that notify's database holds, as a dump would."""
    tables = [row.tablename for row in office.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    return "\n".join(str(row.whole) for name in tables for row in office.rows(f"SELECT t::text AS whole FROM {name} t"))


def test_a_code_goes_to_the_mailbox_and_its_digest_to_intake(office: Office) -> None:
    account = office.contact("ok.u1@example.org", unit="u1")
    office.contact("ok.colleague@example.org", unit="u1")
    request = ask(office, account)
    office.deliver_all()

    (mail,), (event,), (code,) = office.smtp.taken(), issued(office), codes(office)
    assert mail["to"] == "ok.u1@example.org"
    assert (event.account_id, event.request_id) == (account, request)
    assert event.digest == code_digest(code).hex()
    assert event.expires_at - event.issued_at == GOOD_FOR
    assert mail["subject"].startswith("【桂冠】")


def test_the_code_is_in_no_event_no_log_and_not_in_the_store(office: Office, capfd: pytest.CaptureFixture[str]) -> None:
    account = office.contact("ok.u1@example.org", unit="u1")
    ask(office, account)
    before = everything(office)
    (sealed,) = office.rows("SELECT sealed FROM password_codes")
    office.deliver_all()

    (code,) = codes(office)
    bare = code.replace("-", "")
    told = "".join(capfd.readouterr())
    for place in (before, everything(office), told):
        assert code not in place
        assert bare not in place
    assert office.sealer.unseal_code(account, sealed.sealed) == code  # the search above would have found it open
    assert [row.sealed for row in office.rows("SELECT sealed FROM password_codes")] == [None]
    assert sealed.sealed not in everything(office)


@pytest.mark.parametrize("way", ["drop", "later", "lose"])
def test_a_mail_that_goes_again_takes_the_same_code(office: Office, way: str) -> None:
    account = office.contact(f"{way}.u1@example.org", unit="u1")
    ask(office, account)
    office.deliver_all()

    (event,) = issued(office)
    assert {code_digest(code).hex() for code in codes(office)} == {event.digest}
    assert office.count("password_codes", "sealed IS NOT NULL") == 0


def test_a_mail_that_comes_to_nothing_leaves_no_code_behind(office: Office) -> None:
    account = office.contact("gone.u1@example.org", unit="u1")
    ask(office, account)
    (done,) = office.deliver_all()

    assert done.state is MessageState.FAILED
    assert office.count("password_codes", "sealed IS NOT NULL") == 0


def test_a_code_that_could_not_be_mailed_in_its_time_is_not_mailed_later(office: Office) -> None:
    account = office.contact("ok.u1@example.org", unit="u1")
    ask(office, account)
    office.moved = GOOD_FOR + timedelta(seconds=1)
    courier = office.courier()

    assert deliver_next(courier) is None
    assert expire_overdue(courier) == 1
    assert office.smtp.taken() == []
    assert office.count("password_codes", "sealed IS NOT NULL") == 0


def test_without_a_mailbox_nothing_happens_and_nothing_waits(office: Office) -> None:
    account = uuid4()
    ask(office, account)
    office.contact("ok.late@example.org", unit="u1", account_id=account)
    office.deliver_all()

    assert (issued(office), office.smtp.taken()) == ([], [])
    assert office.count("letters") == 0


def test_a_request_is_answered_once_and_not_when_it_is_old(office: Office) -> None:
    account = office.contact("ok.u1@example.org", unit="u1")
    request = ask(office, account)
    ask(office, account, request=request)
    ask(office, account, ago=ANSWERED_WITHIN + timedelta(minutes=1))
    office.deliver_all()

    assert len(issued(office)) == len(office.smtp.taken()) == 1


def test_two_requests_are_two_mails_with_codes_of_their_own(office: Office) -> None:
    account = office.contact("ok.u1@example.org", unit="u1")
    first, second = ask(office, account), ask(office, account)
    office.deliver_all()

    assert [event.request_id for event in issued(office)] == [first, second]
    assert sorted(code_digest(code).hex() for code in codes(office)) == sorted(e.digest for e in issued(office))
    assert len(set(codes(office))) == 2


def test_a_disabled_account_gets_no_code_and_one_under_way_is_erased(office: Office) -> None:
    account = office.contact("ok.u1@example.org", unit="u1")
    ask(office, account)
    office.happen(h.account_disabled, AccountDisabledV1(account_id=account, reason="x", disabled_at=scenes.now()))
    ask(office, account)
    office.deliver_all()

    assert office.smtp.taken() == []
    assert office.count("password_codes") == 1
    assert office.count("password_codes", "sealed IS NOT NULL") == 0


def test_a_code_goes_before_the_reminders_that_were_queued_earlier(office: Office) -> None:
    office.happen(h.campaign_published, scenes.published(scenes.definition()))
    account = office.contact("ok.u1@example.org", unit="u1")
    for _ in range(3):
        office.happen(h.entry_submitted, scenes.submitted())
    ask(office, account)
    first = deliver_next(office.courier())

    assert first is not None
    assert first.kind.value == "password-code"


def test_a_changed_password_is_told_to_the_mailbox_alone(office: Office) -> None:
    account = office.contact("ok.u1@example.org", unit="u1")
    tell = partial(PasswordChangedV1, means="old-one", changed_at=scenes.now())
    office.happen(h.password_changed, tell(account_id=account))
    office.happen(h.password_changed, tell(account_id=uuid4()))  # who has no mailbox
    office.deliver_all()

    (mail,) = office.smtp.taken()
    assert "密码已修改" in mail["subject"]
    assert office.count("letters") == 1
    with office.begin() as store:
        assert store.own_messages(account, None, 10) == []
