"""A broker that is killed outright and started again, with events on their way on both sides of it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from infra.stack.process import free_ports
from infra.stack.rabbitmq import Rabbit, new_rabbit
from tests.integration.bus.bench import Outside, eventually, make_tables, workers
from tests.integration.bus.test_relay import relaying, waiting, write
from tests.support.servers import Servers


class Node:
    """A broker of this test alone."""

    def __init__(self, servers: Servers) -> None:
        self._servers = servers
        first, second, third = free_ports(3)
        self.rabbit: Rabbit = new_rabbit(servers.folder / f"rabbit-{first}", (first, second, third))
        self.rabbit.prepare()
        self._pid = 0

    def start(self) -> None:
        mapper, node = self.rabbit.programs()
        if not self._pid:
            self._servers.run(mapper)
        self._pid = self._servers.run(node)
        self.rabbit.wait()

    def kill(self) -> None:
        os.kill(self._pid, signal.SIGKILL)


@pytest.fixture
def node(servers: Servers) -> Iterator[Node]:
    node = Node(servers)
    node.start()
    yield node
    node.kill()


def test_killed_broker_loses_no_event_and_repeats_no_effect(
    node: Node, make_database: Callable[[str], str], tmp_path: Path
) -> None:
    review, intake = (Outside(node.rabbit.url(), make_tables(make_database(name))) for name in ("review", "intake"))
    with workers(review, tmp_path) as start:
        worker = start().until_ready()
        with relaying(intake, batch=20):
            written = write(intake, [uuid4() for _ in range(400)])
            eventually(lambda: len(review.effects()) > 20)

            node.kill()
            written += write(intake, [uuid4() for _ in range(100)])
            eventually(lambda: worker.get("/ready")[0] == 503)
            node.start()

            eventually(lambda: waiting(intake) == 0, seconds=60)
            eventually(lambda: len(review.effects()) >= len(written), seconds=60)
        assert sorted(effect[0] for effect in review.effects()) == sorted(written)
        assert worker.process.poll() is None
    for outside in (review, intake):
        outside.close()
