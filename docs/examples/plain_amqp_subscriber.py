"""Follow Laurel's events from any program, with kombu alone.

    AMQP_URL=amqp://user:password@127.0.0.1:5672/laurel python plain_amqp_subscriber.py entry.submitted.v1

Arguments are event types, or patterns of a topic exchange (`entry.*.v1`, `#`); none means every event. The program
takes nothing away from Laurel's services: it has a queue of its own, which keeps events while the program is not
running. Delete that queue when it is no longer wanted, or it grows until the broker is full.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from kombu import Connection, Exchange, Queue, binding
from kombu.message import Message
from kombu.mixins import ConsumerMixin

PRODUCERS = ("intake", "media", "review", "notify")
NAME = "example.plain"


def queues(patterns: list[str]) -> tuple[Queue, Queue]:
    """This program's queue, bound to every producer's exchange, and the queue where its failures rest."""
    # passive: the exchanges are Laurel's. If they are missing, that is an error to see and not to paper over.
    exchanges = [Exchange(f"laurel.{producer}", type="topic", passive=True) for producer in PRODUCERS]
    events = Queue(
        NAME,
        bindings=[binding(exchange, routing_key=pattern) for exchange in exchanges for pattern in patterns],
        queue_arguments={
            "x-queue-type": "quorum",
            "x-delivery-limit": 5,  # a message that kills this program five times goes the way of the rejected
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": f"{NAME}.dead",
        },
    )
    return events, Queue(f"{NAME}.dead", queue_arguments={"x-queue-type": "quorum"})


class Subscriber(ConsumerMixin):
    """Prints each event. ConsumerMixin connects again by itself when the broker was away."""

    def __init__(self, connection: Connection, patterns: list[str]) -> None:
        self.connection = connection
        self.events, self.dead = queues(patterns)
        self.seen: set[tuple[str, str]] = set()  # a real program keeps this in its database, with its effect

    def get_consumers(self, consumer: Any, channel: Any) -> list[Any]:
        self.dead.bind(channel).declare()
        # on_message gives the body as it came: decoding is ours, so no content type needs to be registered.
        return [consumer([self.events], on_message=self.receive, prefetch_count=10)]

    def on_consume_ready(self, *_arguments: Any, **_options: Any) -> None:
        print("listening", flush=True)

    def receive(self, message: Message) -> None:
        """Acknowledge what is done, and only then; what cannot be read rests in the dead queue."""
        try:
            event = json.loads(message.body)
            self.handle(event)
        except (ValueError, KeyError, TypeError) as error:
            print(f"not understood: {error!r}", file=sys.stderr, flush=True)
            message.reject()
        else:
            message.ack()

    def handle(self, event: dict[str, Any]) -> None:
        """The work itself. Events may come twice (source and id name them) and in any order."""
        name = (event["source"], event["id"])
        if name in self.seen:
            return
        print(event["time"], event["type"], event["subject"], json.dumps(event["data"], ensure_ascii=False), flush=True)
        self.seen.add(name)


if __name__ == "__main__":
    with Connection(os.environ["AMQP_URL"], heartbeat=30) as connection:
        try:
            Subscriber(connection, sys.argv[1:] or ["#"]).run()
        except KeyboardInterrupt:
            print("stopped")
