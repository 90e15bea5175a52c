"""What becomes of a delivery: pure decisions, without a broker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import psycopg
from pydantic import ValidationError
from sqlalchemy.exc import DataError, DBAPIError

from contracts.catalog import dead_queue_of, producer_of
from contracts.envelope import Envelope
from infra.bus.errors import DuplicateError, Permanent, StaleError
from infra.bus.messages import E, Message
from infra.bus.topology import retry_name
from infra.bus.wire import Parcel, any_properties
from infra.observe.logs import harmless

ATTEMPT = "x-laurel-attempt"
"""Header of a message in a retry tier: the number of the attempt that it waits for."""
ATTEMPTS, REASON, ERROR, QUEUE, DIED_AT = (
    "x-laurel-attempts",
    "x-laurel-reason",
    "x-laurel-error",
    "x-laurel-queue",
    "x-laurel-died-at",
)
"""Headers of a dead letter: attempts made, why it died, the last error, the queue it came from, when."""

_KEPT = ("content_type", "content_encoding", "message_id", "correlation_id", "type", "app_id")
_ERROR_CHARACTERS = 500
_MOST_ATTEMPTS = 1000


class UndecodableError(Permanent):
    """The body is not an event of the type that belongs into this queue."""


class Outcome(Enum):
    """What a handler's end means for its message; the values are the outcomes in /metrics."""

    HANDLED = "handled"
    DUPLICATE = "duplicate"
    STALE = "stale"
    RETRY = "retry"
    DEAD = "dead"
    WAIT = "wait"


def outcome_of(error: BaseException | None) -> Outcome:
    """The outcome that an exception stands for, attempts not considered."""
    match error:
        case None:
            return Outcome.HANDLED
        case DuplicateError():
            return Outcome.DUPLICATE
        case StaleError():
            return Outcome.STALE
        case Permanent() | DataError():  # a value that no column takes, such as NUL, will be the same tomorrow
            return Outcome.DEAD
        case _ if is_database_away(error):
            return Outcome.WAIT
        case _:
            return Outcome.RETRY


_AWAY_STATES = ("08", "57P", "53300")
"""SQLSTATEs: connection failures; shutdown, crash, start-up; too many connections."""


def is_database_away(error: BaseException) -> bool:
    """Whether the service's own database could not be reached, or was lost on the way: nobody's fault, and not counted.

    The message then waits in the worker, instead of going through its attempts and dying of another's illness.
    """
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    original = error.orig
    if not isinstance(original, psycopg.OperationalError):
        return False
    return original.sqlstate is None or original.sqlstate.startswith(_AWAY_STATES)


def explain(error: BaseException) -> str:
    """One short line about an error, without the values that database errors quote."""
    text = harmless(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)
    return " ".join(text.split())[:_ERROR_CHARACTERS]


def attempt_of(headers: Mapping[str, Any]) -> int:
    """Which attempt this delivery is; whatever is not a number of ours counts as the first."""
    attempt = headers.get(ATTEMPT)
    return min(attempt, _MOST_ATTEMPTS) if isinstance(attempt, int) and attempt >= 1 else 1


def decode(body: bytes, event: type[E], *, queue: str, attempt: int, redelivered: bool, lane: str = "") -> Message[E]:
    """The message in a body. Raises UndecodableError, whose text names the places and quotes no values."""
    try:
        envelope = Envelope.model_validate_json(body)
        if envelope.type != event.TYPE:
            raise UndecodableError(f"this queue takes {event.TYPE}; the body says {envelope.type[:80]!r}")
        if envelope.producer != producer_of(event):
            raise UndecodableError(f"{event.TYPE} comes from {producer_of(event)}; the body says {envelope.producer!r}")
        data = event.model_validate(envelope.data)
    except ValidationError as error:
        places = [
            f"{'.'.join(str(part) for part in one['loc']) or 'body'}: {one['msg']}"
            for one in error.errors(include_input=False, include_url=False, include_context=False)[:5]
        ]
        raise UndecodableError(f"not a valid {event.TYPE}: {'; '.join(places)}") from None
    return Message(envelope, data, consumer=queue, attempt=attempt, redelivered=redelivered, lane=lane)


def next_delay(attempt: int, retry_delays: Sequence[float]) -> float | None:
    """Seconds until the attempt after this one; None if this was the last."""
    return retry_delays[attempt - 1] if attempt <= len(retry_delays) else None


def retry_parcel(
    queue: str, body: bytes, properties: Mapping[str, Any], headers: Mapping[str, Any], *, delay: float, error: str
) -> Parcel:
    """A copy for the tier of that delay, from where it goes back to `queue`."""
    notes = {ATTEMPT: attempt_of(headers) + 1, ERROR: error}
    return _copy(retry_name(delay), queue, body, properties, {**_foreign(headers), **notes})


def dead_parcel(
    queue: str, body: bytes, properties: Mapping[str, Any], headers: Mapping[str, Any], *, reason: str, error: str
) -> Parcel:
    """A copy for the dead-letter queue of the consumer to whom `queue` belongs."""
    notes = {
        QUEUE: queue,
        ATTEMPTS: attempt_of(headers),
        REASON: reason,
        ERROR: error,
        DIED_AT: datetime.now(UTC).isoformat(timespec="milliseconds"),
    }
    consumer = queue.split(".", 1)[0]
    return _copy("", dead_queue_of(consumer), body, properties, {**_foreign(headers), **notes})


def fresh_parcel(queue: str, body: bytes, properties: Mapping[str, Any], headers: Mapping[str, Any]) -> Parcel:
    """A copy for its own queue, as if it came for the first time."""
    return _copy("", queue, body, properties, _foreign(headers))


def _copy(
    exchange: str, routing_key: str, body: bytes, properties: Mapping[str, Any], headers: Mapping[str, Any]
) -> Parcel:
    kept = {key: value for key, value in properties.items() if key in _KEPT and isinstance(value, str)}
    return Parcel(exchange, routing_key, any_properties(kept, headers), body, kept.get("message_id", ""))


def _foreign(headers: Mapping[str, Any]) -> dict[str, Any]:
    """Headers that others set, e.g. a trace's. Ours and the broker's own (`x-…`) belong to one journey alone.

    A broker that finds its `x-death` in a message takes it for a dead letter in a circle and may drop it.
    """
    plain = (str, int, float)
    return {key: value for key, value in headers.items() if not key.startswith("x-") and isinstance(value, plain)}
