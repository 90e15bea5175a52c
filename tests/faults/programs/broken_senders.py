"""Producers and relays from which one guarantee has been taken."""

from __future__ import annotations

from contracts.catalog import CATALOG, queue_of
from contracts.envelope import CONTENT_TYPE, Envelope, source_of
from contracts.events import Event
from infra.bus import broker, relay
from infra.bus.publisher import Courier, Publisher
from infra.bus.wire import Parcel, event_properties
from tests.faults.programs.producer import Producer
from tests.faults.programs.relay import main as run_relay
from tests.faults.programs.settings import Settings, work


class PublishesItself(Producer):
    """Has no outbox: publishes by itself, confirmed even, and goes on when the broker is away."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._courier = Courier(settings.amqp_url)

    def publish(self, event: Event) -> None:
        subject = str(event.entry_id)  # type: ignore[attr-defined]  # both kinds have it
        data = event.model_dump(mode="json")
        envelope = Envelope(
            source=source_of("intake"), type=event.TYPE, subject=subject, correlationid=subject, data=data
        )
        body, properties = envelope.model_dump_json().encode(), event_properties(CONTENT_TYPE, str(envelope.id))
        for row in CATALOG:
            if row.event is type(event):
                for consumer in row.consumers:
                    self._courier.publish(Parcel("", queue_of(consumer, event.TYPE), properties, body))


class PublishesAfterCommit(PublishesItself):
    """Its event is lost when it dies, or the broker does, between the two."""

    def submit(self, number: int, event: Event) -> None:
        with self.database.begin() as connection:
            self.write(connection, number, event)
            work(self.settings)
        work(self.settings)
        try:
            self.publish(event)
        except broker.LOST as error:
            print(f"not published: {error}", flush=True)


class PublishesBeforeCommit(PublishesItself):
    """Its event tells of what never came to be when it dies between the two."""

    def submit(self, number: int, event: Event) -> None:
        with self.database.begin() as connection:
            self.write(connection, number, event)
            try:
                self.publish(event)
            except broker.LOST as error:
                print(f"not published: {error}", flush=True)
            work(self.settings)
        work(self.settings)


class WithoutConfirms(Publisher):
    """Takes for granted that the broker has what was written to the socket."""

    def settle(self, seconds: float) -> list[str | None]:
        del seconds
        return [None] * len(self._batch)


def publishes_after_commit(settings: Settings) -> None:
    PublishesAfterCommit(settings).run()


def publishes_before_commit(settings: Settings) -> None:
    PublishesBeforeCommit(settings).run()


def relay_without_confirms(settings: Settings) -> None:
    relay.Publisher = WithoutConfirms  # type: ignore[attr-defined]  # the very point: this process relays with another publisher
    run_relay(settings)
