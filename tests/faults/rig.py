"""The servers of a run, the broker among them that can be killed, and the scenes that are played on them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

from infra.bus import topology
from infra.stack import lifecycle
from infra.stack.broker import ensure_server
from infra.stack.postgres import new_postgres
from infra.stack.process import free_ports, started_at
from infra.stack.rabbitmq import new_rabbit
from tests.faults.crew import Crew, FaultsError, Nursery
from tests.faults.programs.settings import RETRY_DELAYS
from tests.faults.programs.tables import make_tables
from tests.faults.scene import Scene
from tests.support.servers import RunningStack, Servers


class Rig:
    """A RabbitMQ node and a PostgreSQL server that keeps what it has committed, as in production."""

    def __init__(self, servers: Servers) -> None:
        self._servers = servers
        self.nurseries = (Nursery("green"), Nursery("plain"))
        ensure_server()
        first, second, third, port = free_ports(4)
        self.rabbit = new_rabbit(servers.folder / "faults-rabbitmq", (first, second, third))
        self.rabbit.prepare()
        for program in self.rabbit.programs():
            self._node = servers.run(program)
        self._postgres = new_postgres(servers.folder / "faults-postgres", port, durable=True)
        self._postgres.prepare()
        servers.run(self._postgres.program())
        self._postgres.wait()
        for nursery in self.nurseries:
            nursery.wait()
        self.rabbit.wait()

    def close(self) -> None:
        """End all programs; the servers end with `servers`."""
        for nursery in self.nurseries:
            nursery.close()

    def freeze_broker(self) -> None:
        """The node takes no more orders: what is sent to it stays in the machine's buffers."""
        os.kill(self._node, signal.SIGSTOP)

    def kill_broker(self) -> None:
        """Kill -9."""
        os.kill(self._node, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while started_at(self._node):
            if time.monotonic() > deadline:
                raise FaultsError("the broker outlives a kill -9")
            time.sleep(0.01)

    def start_broker(self) -> None:
        """Start the killed node again, without waiting until it is up."""
        self._node = self._servers.run(self.rabbit.programs()[1])

    @contextmanager
    def stack(self) -> Iterator[RunningStack]:
        """The whole platform with a broker of its own, whatever broker the environment names."""
        outside = os.environ.pop("AMQP_URL", None)
        try:
            running = self._servers.stack("faults-stack")
        finally:
            if outside is not None:
                os.environ["AMQP_URL"] = outside
        try:
            yield running
        finally:
            lifecycle.down(running.folder, lambda _line: None)

    @contextmanager
    def scene(self, name: str) -> Iterator[Scene]:
        """A virtual host, a database for each service and an empty crew; all of it is gone afterwards."""
        stem = self._servers.name(name.replace("-", "_"))
        folder = self._servers.folder / f"faults-{stem}"
        folder.mkdir()
        amqp_url = self.rabbit.create_vhost(stem)
        topology.declare(amqp_url, RETRY_DELAYS)
        dsn = {
            service: self._postgres.create_database(f"{stem}_{service}", "pw-of-tests")
            for service in ("intake", "review", "notify")
        }
        for one in dsn.values():
            make_tables(one)
        scene = Scene(stem, amqp_url, dsn, folder / "calls", Crew(self.nurseries, folder), self.rabbit)
        try:
            yield scene
        finally:
            scene.close()
        for service in dsn:
            self._postgres.drop_database(f"{stem}_{service}")
        self.rabbit.drop_vhost(stem)
