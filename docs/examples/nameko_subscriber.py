"""Follow Laurel's events from a stock nameko service.

    cd docs/examples
    AMQP_URL=amqp://user:password@127.0.0.1:5672/laurel nameko run --config nameko.yaml nameko_subscriber

nameko's own `@event_handler` does not fit: it expects exchanges called `<service>.events` and acknowledges an event
whose handler failed. Its `@consume` fits, with a queue of our choice, the serializer in nameko.yaml and the few lines
of `Keeping` below. As it comes it would lose what fails: with `requeue_on_error` off the message is acknowledged all
the same, with it on the message comes back thousands of times a second, and an undecodable body is acknowledged, too.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from amqp.exceptions import ConnectionError as ConnectionLost
from kombu import Exchange, Queue, binding
from kombu.message import Message
from nameko.amqp.consume import Consumer as Core
from nameko.messaging import Consumer

NAME = "example.nameko"


class KeepingCore(Core):
    """Rejects what cannot be decoded, where stock nameko acknowledges it."""

    dead = Queue(f"{NAME}.dead", queue_arguments={"x-queue-type": "quorum"})

    def get_consumers(self, consumer_cls: Any, channel: Any) -> list[Any]:
        self.dead.bind(channel).declare()
        consumers: list[Any] = super().get_consumers(consumer_cls, channel)
        return consumers

    def on_decode_error(self, message: Message, exc: Exception) -> None:
        print(f"not understood: {exc!r}", flush=True)
        self.reject_message(message)

    def reject_message(self, message: Message) -> None:
        if message.channel.connection:
            with suppress(ConnectionLost):  # then the broker gives the unsettled message out again by itself
                message.reject()


class Keeping(Consumer):
    """`@consume` that sends a message whose handler failed to the dead queue."""

    consumer_cls = KeepingCore

    def handle_message_processed(self, message: Message, _result: Any = None, exc_info: Any = None) -> None:
        if exc_info is None:
            self.consumer.ack_message(message)
        else:
            self.consumer.reject_message(message)


keep = Keeping.decorator

# passive: the exchanges are Laurel's. If they are missing, that is an error to see and not to paper over.
INTAKE = Exchange("laurel.intake", type="topic", passive=True)
REVIEW = Exchange("laurel.review", type="topic", passive=True)
EVENTS = Queue(
    NAME,
    bindings=[
        binding(INTAKE, routing_key="entry.submitted.v1"),
        binding(INTAKE, routing_key="entry.withdrawn.v1"),
        binding(REVIEW, routing_key="decision.published.v1"),
    ],
    queue_arguments={
        "x-queue-type": "quorum",
        "x-delivery-limit": 5,  # a message that kills this program five times goes the way of the rejected
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": f"{NAME}.dead",
    },
)


class Subscriber:
    """Prints each event. A real one also remembers (source, id): events may come twice, and in any order."""

    name = "example"

    @keep(EVENTS, prefetch_count=10)
    def follow(self, event: dict[str, Any]) -> None:
        print(event["time"], event["type"], event["subject"], json.dumps(event["data"], ensure_ascii=False), flush=True)
