"""Decisions about deliveries, without a broker."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import psycopg
import pytest
from amqp.basic_message import Message as AmqpMessage
from sqlalchemy.exc import DataError, IntegrityError, OperationalError

from contracts.envelope import Envelope
from contracts.events import AccountDisabledV1
from infra.bus.errors import BusError, DuplicateError, Permanent, StaleError, Transient
from infra.bus.outcome import (
    Outcome,
    UndecodableError,
    attempt_of,
    dead_parcel,
    decode,
    explain,
    fresh_parcel,
    next_delay,
    outcome_of,
    retry_parcel,
)
from infra.bus.wire import Parcel

QUEUE = "review.account.disabled.v1"


class _AdminShutdown(psycopg.OperationalError):
    sqlstate = "57P01"


class _Deadlock(psycopg.OperationalError):
    sqlstate = "40P01"


def _wrapped(error: Exception, *, invalidated: bool = False) -> OperationalError:
    return OperationalError("SELECT 1", {}, error, connection_invalidated=invalidated)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, Outcome.HANDLED),
        (DuplicateError(), Outcome.DUPLICATE),
        (StaleError(), Outcome.STALE),
        (Permanent(), Outcome.DEAD),
        (UndecodableError(), Outcome.DEAD),
        (Transient(), Outcome.RETRY),
        (BusError(), Outcome.RETRY),
        (RuntimeError(), Outcome.RETRY),
        (TimeoutError(), Outcome.RETRY),
        (psycopg.OperationalError("not by way of our engine"), Outcome.RETRY),
        (_wrapped(psycopg.OperationalError("connection refused")), Outcome.WAIT),
        (_wrapped(_AdminShutdown()), Outcome.WAIT),
        (_wrapped(_Deadlock()), Outcome.RETRY),
        (_wrapped(_Deadlock(), invalidated=True), Outcome.WAIT),
        (IntegrityError("INSERT", {}, psycopg.errors.UniqueViolation()), Outcome.RETRY),
        (DataError("INSERT", {}, psycopg.errors.UntranslatableCharacter()), Outcome.DEAD),
    ],
    ids=repr,
)
def test_outcome_by_exception(error: BaseException | None, outcome: Outcome) -> None:
    assert outcome_of(error) is outcome


def test_five_attempts_with_four_delays() -> None:
    assert [next_delay(attempt, (1, 5, 30, 120)) for attempt in range(1, 7)] == [1, 5, 30, 120, None, None]


@pytest.mark.parametrize(
    ("header", "attempt"), [(None, 1), (1, 1), (3, 3), (0, 1), (-1, 1), ("4", 1), (2.0, 1), ([2], 1), (10**18, 1000)]
)
def test_attempt_is_read_from_its_header_and_from_nothing_else(header: object, attempt: int) -> None:
    assert attempt_of({} if header is None else {"x-laurel-attempt": header}) == attempt


def _envelope(**changes: object) -> Envelope:
    event = AccountDisabledV1(account_id=uuid4(), reason="left", disabled_at=datetime.now(UTC))
    envelope = Envelope(
        source="/laurel/intake",
        type=event.TYPE,
        subject=str(event.account_id),
        correlationid=str(event.account_id),
        data=event.model_dump(mode="json"),
    )
    return envelope.model_copy(update=changes)


def test_decoded_message_holds_envelope_data_and_delivery() -> None:
    envelope = _envelope()

    message = decode(envelope.model_dump_json().encode(), AccountDisabledV1, queue=QUEUE, attempt=2, redelivered=True)

    assert message.envelope == envelope
    assert message.data.reason == "left"
    assert (message.consumer, message.attempt, message.redelivered) == (QUEUE, 2, True)


def test_decoding_tolerates_fields_of_a_later_version() -> None:
    envelope = _envelope(data={**_envelope().data, "new_field": 1})
    body = envelope.model_dump_json().replace('"specversion"', '"traceparent":"00-ab","specversion"').encode()

    assert decode(body, AccountDisabledV1, queue=QUEUE, attempt=1, redelivered=False).data.reason == "left"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "Invalid JSON"),
        (b"\xff", "Invalid JSON"),
        (b"3", "Input should be an object"),
        (b"{}", "source: Field required"),
        (_envelope(type="account.enabled.v1").model_dump_json().encode(), "the body says 'account.enabled.v1'"),
        (_envelope(source="/laurel/media").model_dump_json().encode(), "comes from intake; the body says 'media'"),
        (_envelope(data={"account_id": "secret-value"}).model_dump_json().encode(), "account_id: Input should be"),
    ],
)
def test_undecodable_body_is_explained_without_its_values(body: bytes, words: str) -> None:
    with pytest.raises(UndecodableError) as caught:
        decode(body, AccountDisabledV1, queue=QUEUE, attempt=1, redelivered=False)

    assert words in str(caught.value)
    assert "secret-value" not in str(caught.value)


def test_explanation_is_one_short_line_without_quoted_values() -> None:
    error = IntegrityError(
        "INSERT INTO contact VALUES (%(mobile)s)",
        {"mobile": "13800138000"},
        Exception("duplicate key\nDETAIL:  Key (x)=(y)"),
    )

    text = explain(error)

    assert "\n" not in text
    assert len(text) <= 500
    assert "13800138000" not in text
    assert "Key (x)" not in text
    assert explain(ValueError()) == "ValueError"
    assert (
        explain(RuntimeError("amqp://laurel:pw@host/v is away"))
        == "RuntimeError: amqp://laurel:[redacted]@host/v is away"
    )


def _properties(parcel: Parcel) -> dict[str, object]:
    """The properties of a parcel as py-amqp reads them back."""
    message = AmqpMessage()
    message._load_properties(60, parcel.properties, 0)
    return dict(message.properties)


_STRANGE = {
    "x-death": [{"queue": QUEUE}],
    "x-laurel-attempt": 2,
    "x-laurel-error": "old",
    "traceparent": "00-ab",
    "when": datetime.now(UTC),
}


def test_retry_copy_goes_to_its_tier_and_knows_its_way_back() -> None:
    parcel = retry_parcel(
        QUEUE, b"body", {"message_id": "m", "expiration": "1", "user_id": "u"}, _STRANGE, delay=5, error="boom"
    )

    assert (parcel.exchange, parcel.routing_key, parcel.mandatory) == ("laurel.retry.5s", QUEUE, True)
    assert parcel.body == b"body"
    assert _properties(parcel) == {
        "message_id": "m",
        "delivery_mode": 2,
        "application_headers": {"traceparent": "00-ab", "x-laurel-attempt": 3, "x-laurel-error": "boom"},
    }


def test_dead_copy_tells_its_story() -> None:
    parcel = dead_parcel(QUEUE, b"body", {}, _STRANGE, reason="exhausted", error="boom")

    headers = _properties(parcel)["application_headers"]
    assert isinstance(headers, dict)
    assert (parcel.exchange, parcel.routing_key) == ("", "review.dead")
    assert datetime.fromisoformat(str(headers.pop("x-laurel-died-at"))).tzinfo is not None
    assert headers == {
        "traceparent": "00-ab",
        "x-laurel-queue": QUEUE,
        "x-laurel-attempts": 2,
        "x-laurel-reason": "exhausted",
        "x-laurel-error": "boom",
    }


def test_fresh_copy_begins_again() -> None:
    parcel = fresh_parcel(QUEUE, b"body", {"message_id": "m"}, _STRANGE)

    assert (parcel.exchange, parcel.routing_key) == ("", QUEUE)
    assert _properties(parcel)["application_headers"] == {"traceparent": "00-ab"}
