"""How a worker's methods receive events: `@subscribe(EntrySubmittedV1)`; and periodic work: `@every(seconds=5)`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from contracts.events import Event
from infra.bus.messages import Message

E = TypeVar("E", bound=Event)
Handler = Callable[[Any, Message[E]], None]


def subscribe(event: type[E], *, prefetch: int = 10) -> Callable[[Handler[E]], Handler[E]]:
    """The decorated method `(self, message: Message[E]) -> None` handles one event type for its service.

    Returning means done; DuplicateError and StaleError mean done, too. Permanent (and a body that does not fit its
    schema) goes to the dead-letter queue at once; Transient or any other exception goes through the retry tiers first.
    """
    raise NotImplementedError


def every(seconds: float) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    """The decorated method `(self) -> None` runs every so many seconds; what it raises is logged, never fatal."""
    raise NotImplementedError


def subscriptions(service_class: type) -> dict[str, str]:
    """Event type → method name, for every `@subscribe` of a service class: what the contract tests compare."""
    raise NotImplementedError
