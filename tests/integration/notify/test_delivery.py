"""Delivery against a mail server that drops, stalls, puts off and refuses."""

from __future__ import annotations

import time
from collections import Counter
from datetime import timedelta
from email import message_from_string, policy
from threading import Thread

import pytest

from contracts.events import MessageBouncedV1
from services.notify.domain.delivery import GIVE_UP_AFTER, MessageState, Outcome
from services.notify.usecases import happenings as h
from services.notify.usecases.delivery import deliver_next, expire_overdue
from tests.integration.notify import scenes
from tests.integration.notify.post_office import Office


def _receipt(office: Office, email: str, *, unit: str = "u1", known: bool = False) -> None:
    """One message in the queue, to a mailbox whose name says how the server takes it."""
    if not known:
        office.happen(h.campaign_published, scenes.published(scenes.definition(units=60)))
    office.contact(email, unit=unit)
    office.happen(h.entry_submitted, scenes.submitted(unit=unit))


def _bounces(office: Office) -> list[MessageBouncedV1]:
    return [MessageBouncedV1.model_validate(envelope.data) for envelope in office.events("message.bounced.v1")]


def test_accepted_mail_is_accounted_for(office: Office) -> None:
    _receipt(office, "ok.u1@example.org")
    (done,) = office.deliver_all()

    (mail,) = office.smtp.taken()
    (row,) = office.rows("SELECT * FROM messages")
    (attempt,) = office.rows("SELECT * FROM attempts")
    assert (done.state, done.reply.outcome) == (MessageState.ACCEPTED, Outcome.ACCEPTED)
    assert mail["to"] == "ok.u1@example.org"
    assert row.header_id == mail["message_id"] == f"<{row.message_id}@mail.example.org>"
    assert row.reply.startswith("250 2.0.0 Ok: queued as Q")
    assert row.concluded_at >= attempt.began_at
    assert (attempt.outcome, attempt.code, attempt.phase) == ("accepted", 250, "body")
    message = message_from_string(mail["raw"], policy=policy.default)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Subject"] == "【中国图书馆最美故事（2017年）】申报回执 S-u1-story · Receipt"
    assert _bounces(office) == []


@pytest.mark.parametrize(
    ("way", "copies", "first"),
    [
        ("lose", 1, "put-off"),
        ("drop", 2, "put-off"),
        ("stall", 1, "put-off"),
        ("later", 1, "put-off"),
        ("full", 1, "put-off"),
    ],
)
def test_mail_that_is_put_off_or_dropped_goes_again_under_its_message_id(
    office: Office, way: str, copies: int, first: str
) -> None:
    _receipt(office, f"{way}.u1@example.org")
    office.deliver_all()

    taken = office.smtp.taken()
    assert len(taken) == copies
    assert len({mail["message_id"] for mail in taken}) == 1
    assert len({mail["raw"] for mail in taken}) == 1, "a second copy is the same, byte for byte"
    outcomes = [row.outcome for row in office.rows("SELECT outcome FROM attempts ORDER BY number")]
    assert outcomes == [first, "accepted"]
    assert _bounces(office) == []


def test_server_that_stalls_is_cut_off_in_time(office: Office) -> None:
    _receipt(office, "never.u1@example.org")
    courier = office.courier()
    began = time.monotonic()
    done = deliver_next(courier)

    assert done is not None
    assert done.reply.outcome is Outcome.PUT_OFF
    assert done.reply.text == "no answer in time"
    assert 0.9 < time.monotonic() - began < 3


@pytest.mark.parametrize(("way", "phase", "marked"), [("gone", "recipient", True), ("spam", "body", False)])
def test_refused_mail_fails_once_and_is_told(office: Office, way: str, phase: str, marked: bool) -> None:  # noqa: FBT001 - a table of cases
    _receipt(office, f"{way}.u1@example.org")
    (done,) = office.deliver_all()

    assert done.state is MessageState.FAILED
    (bounce,) = _bounces(office)
    assert (bounce.recipient, bounce.campaign_id, bounce.message_id) == ("u1", "season", done.message_id)
    assert bounce.reason.startswith(f"{phase}: 55")
    assert "example.org" not in bounce.reason
    (row,) = office.rows("SELECT m.reply, c.refused_at FROM messages m JOIN contacts c USING (account_id)")
    assert "example.org" not in row.reply
    assert (row.refused_at is not None) == marked
    (envelope,) = office.events("message.bounced.v1")
    (letter,) = office.rows("SELECT correlation, causation FROM letters")
    assert (envelope.correlationid, envelope.causationid) == (letter.correlation, letter.causation)


def test_new_mailbox_is_not_held_to_have_been_refused(office: Office) -> None:
    office.happen(h.campaign_published, scenes.published(scenes.definition()))
    account = office.contact("gone.u1@example.org", unit="u1")
    office.happen(h.entry_submitted, scenes.submitted())
    office.deliver_all()
    office.contact("ok.u1@example.org", unit="u1", account_id=account)

    assert office.count("contacts", "refused_at IS NULL") == 1


@pytest.mark.parametrize("fault", ["closed", "sender", "absent"])
def test_server_that_takes_from_nobody_is_not_held_against_the_message(office: Office, fault: str) -> None:
    if fault == "absent":
        office.smtp.stop()
    else:
        (office.smtp.folder / fault).touch()
    _receipt(office, "ok.u1@example.org")
    courier = office.courier(delays=(0.05,))
    for _ in range(3):
        done = None
        while done is None:
            done = deliver_next(courier)
        assert (done.reply.outcome, done.state) == (Outcome.UNAVAILABLE, MessageState.QUEUED)
    if fault == "absent":
        office.smtp.start()
    else:
        (office.smtp.folder / fault).unlink()
    office.deliver_all(courier)

    assert len(office.smtp.taken()) == 1
    assert _bounces(office) == []


def test_one_connection_carries_many_mails_and_is_replaced_when_it_breaks(office: Office) -> None:
    office.happen(h.campaign_published, scenes.published(scenes.definition(units=20)))
    for n in range(1, 11):
        way = "lose" if n == 5 else "ok"
        _receipt(office, f"{way}.u{n}@example.org", unit=f"u{n}", known=True)
    office.deliver_all()

    assert Counter(mail["to"] for mail in office.smtp.taken()) == Counter(
        f"{'lose' if n == 5 else 'ok'}.u{n}@example.org" for n in range(1, 11)
    )


def test_connection_that_the_server_closed_meanwhile_costs_no_attempt(office: Office) -> None:
    office.happen(h.campaign_published, scenes.published(scenes.definition(units=20)))
    courier = office.courier()
    _receipt(office, "ok.u1@example.org", unit="u1", known=True)
    office.deliver_all(courier)
    office.smtp.stop()
    office.smtp.start()
    _receipt(office, "ok.u2@example.org", unit="u2", known=True)
    (done,) = office.deliver_all(courier)

    assert done.attempt == 1
    assert done.state is MessageState.ACCEPTED


def test_two_workers_send_each_mail_once(office: Office) -> None:
    office.happen(h.campaign_published, scenes.published(scenes.definition(units=60)))
    for n in range(1, 41):
        office.contact(f"ok.u{n}@example.org", unit=f"u{n}")
        office.happen(h.entry_submitted, scenes.submitted(unit=f"u{n}"))
    lanes = [Thread(target=office.deliver_all) for _ in range(4)]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()

    assert Counter(mail["to"] for mail in office.smtp.taken()) == Counter(f"ok.u{n}@example.org" for n in range(1, 41))
    assert office.count("attempts") == 40


def test_message_of_a_worker_that_died_is_taken_over_when_its_lease_ends(office: Office) -> None:
    _receipt(office, "ok.u1@example.org")
    with office.store() as store:
        dead = store.lease_message(timedelta(seconds=30))  # and nothing more is heard of it
    assert dead is not None
    assert deliver_next(office.courier()) is None
    office.moved = timedelta(seconds=31)
    (done,) = office.deliver_all()

    assert done.attempt == 2
    assert [row.outcome for row in office.rows("SELECT outcome FROM attempts ORDER BY number")] == [None, "accepted"]
    with office.store() as store:
        late = store.conclude(dead, done.reply, MessageState.FAILED, next_at=None, header_id="<x@y>")
    assert not late, "the worker that lost its lease changes nothing any more"
    assert office.count("messages", "state = 'accepted'") == 1


def test_message_is_given_up_after_five_days_and_told(office: Office) -> None:
    _receipt(office, "full.u1@example.org")
    office.moved = GIVE_UP_AFTER - timedelta(seconds=30)
    done = deliver_next(office.courier(delays=(60.0,)))

    assert done is not None
    assert done.state is MessageState.FAILED
    assert len(_bounces(office)) == 1


def test_message_that_was_not_sent_while_it_was_of_use_expires_and_is_told(office: Office) -> None:
    _receipt(office, "ok.u1@example.org")
    office.moved = GIVE_UP_AFTER + timedelta(seconds=1)
    courier = office.courier()
    assert deliver_next(courier) is None
    assert expire_overdue(courier) == 1
    assert expire_overdue(courier) == 0

    assert office.smtp.taken() == []
    assert office.count("messages", "state = 'expired'") == 1
    assert len(_bounces(office)) == 1


def test_letter_that_cannot_be_written_holds_up_no_other(office: Office) -> None:
    office.happen(h.campaign_published, scenes.published(scenes.definition()))
    office.contact("ok.u1@example.org", unit="u1")
    office.contact("ok.u2@example.org", unit="u2")
    office.happen(h.entry_submitted, scenes.submitted(unit="u1"))
    with office.begin() as store:
        store.connection.exec_driver_sql("UPDATE letters SET facts = facts - 'receipt_number'")
    office.happen(h.entry_submitted, scenes.submitted(unit="u2"))
    courier = office.courier(delays=(60.0,))
    outcomes = [deliver_next(courier), deliver_next(courier), deliver_next(courier)]

    assert [done.reply.phase for done in outcomes if done] == ["write", "body"]
    assert outcomes[0] is not None
    assert outcomes[0].fault is not None
    assert [mail["to"] for mail in office.smtp.taken()] == ["ok.u2@example.org"]


def test_contact_sealed_with_another_key_is_put_off_and_not_lost(office: Office) -> None:
    _receipt(office, "ok.u1@example.org")
    other = Office(office.database, office.smtp)  # it writes no mail, and so opens no connection
    done = deliver_next(other.courier(delays=(0.05,)))
    assert done is not None
    assert (done.state, done.reply.text) == (MessageState.QUEUED, "SealBrokenError")
    office.deliver_all()

    assert len(office.smtp.taken()) == 1
