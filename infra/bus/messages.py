"""A received event, as handlers see it, and the trail that links what they cause to it."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Generic, TypeVar

from contracts.envelope import Envelope
from contracts.events import Event

E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Message(Generic[E]):
    """One delivery of one event to one consumer."""

    envelope: Envelope
    data: E
    consumer: str
    """The queue's name, e.g. `review.entry.submitted.v1`; the inbox's key together with source and id."""
    attempt: int = 1
    redelivered: bool = False
    lane: str = ""
    """The lane it came by, of an event that has several; the first has no name."""


@dataclass(frozen=True, slots=True)
class Trail:
    """Where an event that is being written comes from."""

    correlation: str
    causation: str | None


TRAIL: ContextVar[Trail | None] = ContextVar("laurel_trail", default=None)
"""Set by the consumer entrypoint for the time of a handler; the outbox reads it."""
