"""What becomes of a message after an attempt."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.notify.domain.delivery import (
    MessageState,
    Outcome,
    Reply,
    judge,
    letter_id,
    message_id,
    message_step,
    without_addresses,
)
from services.notify.domain.errors import TransitionError

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(days=5)
DELAYS = (30.0, 120.0, 600.0)
COMMANDS = ("accept", "put-off", "refuse", "give-up", "expire", "cancel")


def _judge(outcome: Outcome, attempt: int = 1, give_up_at: datetime = LATER) -> tuple[MessageState, float | None]:
    verdict = judge(Reply(outcome, "body"), attempt=attempt, now=NOW, give_up_at=give_up_at, delays=DELAYS)
    return verdict.state, None if verdict.next_at is None else (verdict.next_at - NOW).total_seconds()


@pytest.mark.parametrize(("attempt", "delay"), [(1, 30), (2, 120), (3, 600), (4, 600), (99, 600)])
def test_put_off_message_is_tried_again_ever_more_slowly(attempt: int, delay: int) -> None:
    assert _judge(Outcome.PUT_OFF, attempt) == (MessageState.QUEUED, delay)


def test_absent_server_is_asked_again_soon_however_often_it_was_away() -> None:
    assert _judge(Outcome.UNAVAILABLE, 99) == (MessageState.QUEUED, 30)


def test_accepted_and_refused_are_final() -> None:
    assert _judge(Outcome.ACCEPTED) == (MessageState.ACCEPTED, None)
    assert _judge(Outcome.REFUSED) == (MessageState.FAILED, None)


@pytest.mark.parametrize("outcome", [Outcome.PUT_OFF, Outcome.UNAVAILABLE])
def test_message_is_given_up_when_the_next_attempt_would_be_too_late(outcome: Outcome) -> None:
    assert _judge(outcome, give_up_at=NOW + timedelta(seconds=30)) == (MessageState.FAILED, None)
    assert _judge(outcome, give_up_at=NOW + timedelta(seconds=31))[0] is MessageState.QUEUED


@pytest.mark.parametrize("state", [state for state in MessageState if state is not MessageState.QUEUED])
@pytest.mark.parametrize("command", COMMANDS)
def test_concluded_message_takes_no_further_step(state: MessageState, command: str) -> None:
    with pytest.raises(TransitionError):
        message_step(state, command)


def test_only_bounces_are_told() -> None:
    told = {state for state in MessageState if state in {MessageState.FAILED, MessageState.EXPIRED}}
    refused = judge(Reply(Outcome.REFUSED, "body"), attempt=1, now=NOW, give_up_at=LATER, delays=DELAYS)
    accepted = judge(Reply(Outcome.ACCEPTED, "body"), attempt=1, now=NOW, give_up_at=LATER, delays=DELAYS)
    assert refused.state in told
    assert refused.bounced
    assert not accepted.bounced


def test_only_a_refused_recipient_blames_the_address() -> None:
    assert Reply(Outcome.REFUSED, "recipient", 550).blames_address
    assert not Reply(Outcome.REFUSED, "body", 554).blames_address
    assert not Reply(Outcome.PUT_OFF, "recipient", 450).blames_address


@pytest.mark.parametrize(
    "answer",
    [
        "5.1.1 <zhang@example.org>: Recipient address rejected",
        "5.1.1 zhang@example.org unknown",
        "5.1.1 <13800000000@139.com> unknown",
        "queued for 'zhang@example.org'",
        "to=zhang@example.org,relay=x",
        "5.1.1\r\nzhang@example.org",
    ],
)
def test_server_answer_is_kept_without_mailboxes(answer: str) -> None:
    kept = without_addresses(answer)
    assert "zhang" not in kept
    assert "13800000000" not in kept
    assert "[mailbox]" in kept
    assert "\n" not in kept


def test_server_answer_keeps_the_id_it_was_queued_under() -> None:
    assert without_addresses("2.0.0 Ok: queued as 4QfXyz1234567890") == "2.0.0 Ok: queued as 4QfXyz1234567890"
    assert len(without_addresses("x" * 10_000)) == 300


def test_ids_are_the_same_for_the_same_cause_and_different_for_any_other() -> None:
    account = UUID(int=1)
    assert message_id("event:1", account, "mail") == message_id("event:1", account, "mail")
    ids = {
        message_id("event:1", account, "mail"),
        message_id("event:2", account, "mail"),
        message_id("event:1", UUID(int=2), "mail"),
        message_id("event:1", account, "sms"),
        letter_id("event:1", str(account)),
    }
    assert len(ids) == 5
