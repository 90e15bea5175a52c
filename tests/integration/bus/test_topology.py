"""Declaring the topology on a real broker."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from infra.bus import broker, topology
from infra.bus.topology import TopologyError


def test_declaring_again_changes_nothing_and_may_happen_at_once(amqp_url: str) -> None:
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: topology.declare(amqp_url), range(6)))

    connection = broker.connect(amqp_url)
    channel = connection.channel()
    for queue in topology.queues():
        channel.queue_declare(queue.name, passive=True)
    broker.close(connection, politely=True)


def test_changed_argument_is_said_with_what_to_do(amqp_url: str) -> None:
    connection = broker.connect(amqp_url)
    channel = connection.channel()
    arguments = {"x-queue-type": "quorum", "x-message-ttl": 7}
    channel.queue_declare("laurel.retry.1s", durable=True, auto_delete=False, arguments=arguments)
    broker.close(connection, politely=True)

    with pytest.raises(
        TopologyError, match=r"queue laurel\.retry\.1s stands on the broker with other arguments.*delete"
    ):
        topology.declare(amqp_url)
