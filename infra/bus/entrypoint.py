"""How a worker's methods receive events: `@subscribe(EntrySubmittedV1)`; and periodic work: `@every(seconds=5)`."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar, cast

import structlog

from contracts.catalog import CATALOG, queue_of
from contracts.events import Event
from infra.bus import broker, counters
from infra.bus.errors import BusError
from infra.bus.green import ENTRYPOINT_EXTENSIONS_ATTR, ContainerBeingKilled, DependencyProvider, Entrypoint, Timer
from infra.bus.messages import TRAIL, Message, Trail
from infra.bus.outcome import (
    Outcome,
    UndecodableError,
    attempt_of,
    dead_parcel,
    decode,
    explain,
    next_delay,
    outcome_of,
    retry_parcel,
)
from infra.bus.receiver import HAND_BACK_SECONDS, Delivery, Receiver

E = TypeVar("E", bound=Event)
Handler = Callable[[Any, Message[E]], None]

log = structlog.get_logger()

_DONE = {
    Outcome.HANDLED: "event.handled",
    Outcome.DUPLICATE: "event.duplicate",
    Outcome.STALE: "event.stale",
}
_NOT_FORWARDED: tuple[type[Exception], ...] = (*broker.LOST, BusError)


def subscribe(event: type[E], *, prefetch: int = 10, lane: str = "") -> Callable[[Handler[E]], Handler[E]]:
    """The decorated method `(self, message: Message[E]) -> None` handles one event type for its service.

    Returning means done; DuplicateError and StaleError mean done, too. Permanent (and a body that does not fit its
    schema) goes to the dead-letter queue at once; Transient or anything else that is raised (sys.exit() and
    eventlet.Timeout, too: see infra.bus.guard) goes through the retry tiers first.
    While the service's own database is away, the message waits in the worker, and no attempt is counted.
    An event that has lanes in the catalogue needs one `subscribe` for each, the first of which has no name.
    """
    return cast("Callable[[Handler[E]], Handler[E]]", Subscription.decorator(event, prefetch=prefetch, lane=lane))


def every(seconds: float) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    """The decorated method `(self) -> None` runs every so many seconds; what it raises is logged, never fatal.

    A run that takes longer delays the next; every copy of a worker runs it.
    """
    return cast("Callable[[Callable[[Any], None]], Callable[[Any], None]]", Periodic.decorator(seconds))


def subscriptions(service_class: type) -> dict[str, str]:
    """Event type (and lane, after a dot) → method, for every `@subscribe` of a class: what contract tests compare."""
    return {
        f"{entrypoint.event.TYPE}.{entrypoint.lane}" if entrypoint.lane else entrypoint.event.TYPE: name
        for name, method in inspect.getmembers(service_class, inspect.isfunction)
        for entrypoint in getattr(method, ENTRYPOINT_EXTENSIONS_ATTR, ())
        if isinstance(entrypoint, Subscription)
    }


class Subscription(Entrypoint):  # type: ignore[misc]  # nameko ships no types
    """One event type, received by one method."""

    receiver = Receiver()

    def __init__(self, event: type[Event], prefetch: int = 10, lane: str = "") -> None:
        super().__init__()
        self.event = event
        self.prefetch = prefetch
        self.lane = lane

    def setup(self) -> None:
        """Join the worker's connection. Raises BusError if the catalogue does not give this event to the service."""
        service = self.container.service_name
        self.queue = queue_of(service, self.event.TYPE, self.lane)
        own = {queue for row in CATALOG for owner, _, queue in row.queues() if owner == service}
        if self.queue not in own:
            raise BusError(f"contracts.catalog does not give {service} the queue {self.queue}")
        self._hand_back = broker.Backoff(*HAND_BACK_SECONDS)
        self.receiver.add(self)

    def stop(self) -> None:
        """First of all: no new messages. The container then waits for the workers, whose acks still go out."""
        self.receiver.cancel(self)

    def take(self, delivery: Delivery) -> None:
        """Begin with a message as soon as a worker is free; waiting for one must not block the connection."""
        if delivery.redelivered:
            counters.REDELIVERED.labels(self.queue).inc()
        self._queue_up(delivery)

    def _queue_up(self, delivery: Delivery) -> None:
        self.container.spawn_managed_thread(partial(self._begin, delivery), identifier=f"laurel.begin[{self.queue}]")

    def _begin(self, delivery: Delivery) -> None:
        self.receiver.places.acquire()
        handed_over = False
        try:
            handed_over = self._hand_over(delivery)
        except ContainerBeingKilled:
            delivery.requeue()
        except Exception:  # an error here would take the whole worker down
            log.exception("event.unsettled", queue=self.queue)
            self.receiver.hand_back_later(delivery, self._hand_back)
        finally:
            if not handed_over:  # else the worker leaves its place when it ends
                self.receiver.places.release()

    def _hand_over(self, delivery: Delivery) -> bool:
        """Give the message to a worker; returns whether one took it."""
        if self.receiver.stopping.ready():
            delivery.requeue()
            return False
        attempt = attempt_of(delivery.headers)
        try:
            message = decode(
                delivery.body,
                self.event,
                queue=self.queue,
                attempt=attempt,
                redelivered=delivery.redelivered,
                lane=self.lane,
            )
        except UndecodableError as error:
            self._bury(delivery, "invalid", error)
            return False
        finish = partial(self._finish, delivery, message, time.monotonic())
        self.container.spawn_worker(self, (message,), {}, handle_result=finish)
        return True

    def _finish(
        self, delivery: Delivery, message: Message[Event], began: float, _context: Any, _result: Any, exc_info: Any
    ) -> tuple[None, None]:
        """Called by nameko in the worker's green thread when the handler has ended, however it ended."""
        error = exc_info[1] if exc_info else None
        seconds = time.monotonic() - began
        again = False
        try:
            counters.SECONDS.labels(self.queue).observe(seconds)
            again = self._settle(delivery, message, error, round(seconds, 4))
        except Exception:  # an error here would take the whole worker down
            log.exception("event.unsettled", queue=self.queue)
            self.receiver.hand_back_later(delivery, self._hand_back)
        finally:
            self.receiver.places.release()
            if again:
                self._queue_up(delivery)
        return None, None

    def _settle(self, delivery: Delivery, message: Message[Event], error: BaseException | None, seconds: float) -> bool:
        """Let go of the message as its outcome says; returns whether it is to be handled once more at once."""
        outcome = outcome_of(error)
        about = {"queue": self.queue, "attempt": message.attempt, "seconds": seconds}
        if outcome is Outcome.WAIT:
            return self._wait(delivery, error, about)
        if outcome is Outcome.RETRY:
            delay = next_delay(message.attempt, self.receiver.retry_delays)
            if delay is None:
                self._bury(delivery, "exhausted", error)
            else:
                self._retry(delivery, delay, error, about)
        elif outcome is Outcome.DEAD:
            self._bury(delivery, "permanent", error)
        else:
            self._hand_back.reset()
            delivery.ack()
            counters.HANDLED.labels(self.queue, outcome.value).inc()
            log.info(_DONE[outcome], **about, redelivered=delivery.redelivered)
        return False

    def _retry(self, delivery: Delivery, delay: float, error: BaseException | None, about: dict[str, Any]) -> None:
        """To the next tier, and only then acknowledge."""
        reason = explain(error) if error else ""
        parcel = retry_parcel(
            self.queue, delivery.body, delivery.properties, delivery.headers, delay=delay, error=reason
        )
        if self._forward(parcel, delivery):
            counters.HANDLED.labels(self.queue, "retry").inc()
            log.warning("event.retry", **about, again_in=delay, problem=reason, exc_info=_unexpected(error))

    def _bury(self, delivery: Delivery, reason: str, error: BaseException | None) -> None:
        """To the dead-letter queue, body untouched, and only then acknowledge."""
        problem = explain(error) if error else ""
        parcel = dead_parcel(
            self.queue, delivery.body, delivery.properties, delivery.headers, reason=reason, error=problem
        )
        if self._forward(parcel, delivery):
            counters.HANDLED.labels(self.queue, "dead").inc()
            log.error(
                "event.dead",
                queue=self.queue,
                attempt=attempt_of(delivery.headers),
                reason=reason,
                problem=problem,
                message=delivery.properties.get("message_id"),
                exc_info=_unexpected(error),
            )

    def _forward(self, parcel: Any, delivery: Delivery) -> bool:
        try:
            self.receiver.forward(parcel)
        except _NOT_FORWARDED as problem:
            counters.HANDLED.labels(self.queue, "returned").inc()
            log.warning("event.returned", queue=self.queue, problem=explain(problem))
            self.receiver.hand_back_later(delivery, self._hand_back)
            return False
        self._hand_back.reset()
        delivery.ack()
        return True

    def _wait(self, delivery: Delivery, error: BaseException | None, about: dict[str, Any]) -> bool:
        """The database is away: keep the message, in its worker's place, and try again when it may be back."""
        wait = self._hand_back()
        counters.HANDLED.labels(self.queue, "waited").inc()
        log.warning("event.waiting", **about, again_in=round(wait, 2), problem=explain(error) if error else "")
        self.receiver.pause(wait)
        if self.receiver.stopping.ready():
            delivery.requeue()
            return False
        return delivery.held


def _unexpected(error: BaseException | None) -> BaseException | None:
    """The error, if its traceback tells more than its message: a handler that raises BusError knows what it says."""
    return None if isinstance(error, BusError) else error


class TrailProvider(DependencyProvider):  # type: ignore[misc]  # nameko ships no types
    """Binds what a message is about around its handler: for the outbox (TRAIL) and for every line of the log.

    Every worker is a green thread with contextvars of its own, so nothing has to be unbound.
    """

    def worker_setup(self, worker_ctx: Any) -> None:
        if not isinstance(worker_ctx.entrypoint, Subscription):
            return
        message: Message[Event] = worker_ctx.args[0]
        envelope = message.envelope
        TRAIL.set(Trail(correlation=envelope.correlationid, causation=str(envelope.id)))
        entry = getattr(message.data, "entry_id", None)
        structlog.contextvars.bind_contextvars(
            correlation=envelope.correlationid,
            event_id=str(envelope.id),
            event_type=envelope.type,
            **({"entry": str(entry)} if entry else {}),
        )


class Periodic(Timer):  # type: ignore[misc]  # nameko ships no types
    """Runs its method every so many seconds."""

    def handle_result(self, worker_ctx: Any, result: Any, exc_info: Any) -> Any:
        """What the method raised is logged; the next run comes at its time."""
        if exc_info:
            log.error("timer.failed", timer=self.method_name, problem=explain(exc_info[1]), exc_info=exc_info)
        super().handle_result(worker_ctx, result, None)
        return None, None
