"""The real servers that tests use: started once a session, each when the first test needs it, ended by pid.

A session that is killed outright cannot end its servers; the next session finds its note and ends them.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

from minio import Minio

from infra.stack import lifecycle
from infra.stack.broker import ensure_server
from infra.stack.postgres import Postgres, new_postgres
from infra.stack.process import Program, end, free_ports, is_ours, spawn, started_at
from infra.stack.rabbitmq import Rabbit, new_rabbit
from infra.stack.seaweed import PORTS as SEAWEED_PORTS
from infra.stack.seaweed import Seaweed, new_seaweed

_NOTES = Path(tempfile.gettempdir()) / f"laurel-tests-{os.getuid()}"


@dataclass(frozen=True, slots=True)
class _Running:
    pid: int
    since: float
    stop_signal: int
    stop_seconds: float


@dataclass(frozen=True, slots=True)
class S3:
    """Object storage as tests see it: the three buckets of the platform exist; use keys below `prefix()`."""

    endpoint: str
    access_key: str
    secret_key: str
    server: Seaweed

    @property
    def public_endpoint(self) -> str:
        return self.endpoint

    def client(self) -> Minio:
        return self.server.client()

    def prefix(self) -> str:
        """A folder of keys that nobody else uses."""
        return f"test-{uuid4().hex}/"


@dataclass(frozen=True, slots=True)
class RunningStack:
    """A stack that is up: its folder and the content of its state.json."""

    folder: Path
    state: dict[str, Any]


def _quietly(_line: str) -> None:
    """Tests say nothing."""


class Servers:
    """PostgreSQL, RabbitMQ, SeaweedFS; `begin()` starts one without waiting, the properties wait until it is up."""

    def __init__(self) -> None:
        sweep()
        self.folder = Path(tempfile.mkdtemp(prefix="laurel-test-"))
        self.folder.chmod(0o755)  # root's PostgreSQL runs as nobody and must pass
        self._note = _NOTES / f"{os.getpid()}.json"
        self._running: list[_Running] = []
        self._stacks: list[Path] = []
        self._children: list[subprocess.Popen[bytes]] = []
        self.pids: dict[str, int] = {}
        """By the names of the programs that run."""
        self._count = itertools.count(1)
        self._begun: dict[str, Postgres | Rabbit | Seaweed] = {}

    def begin(self, name: str) -> None:
        """Start one of `postgres`, `rabbitmq`, `seaweed`."""
        starts: dict[str, Callable[[], Postgres | Rabbit | Seaweed]] = {
            "postgres": self._postgres,
            "rabbitmq": self._rabbit,
            "seaweed": self._seaweed,
        }
        if name not in self._begun:
            self._begun[name] = starts[name]()

    def _postgres(self) -> Postgres:
        server = new_postgres(self.folder / "postgres", free_ports(1)[0], durable=False)
        server.prepare()
        self.run(server.program())
        return server

    def _rabbit(self) -> Rabbit:
        ensure_server()
        first, second, third = free_ports(3)
        server = new_rabbit(self.folder / "rabbitmq", (first, second, third))
        server.prepare()
        for program in server.programs():
            self.run(program)
        return server

    def _seaweed(self) -> Seaweed:
        server = new_seaweed(self.folder / "seaweed", tuple(free_ports(SEAWEED_PORTS)))
        server.prepare()
        self.run(server.program())
        return server

    @cached_property
    def postgres(self) -> Postgres:
        self.begin("postgres")
        server = self._begun["postgres"]
        assert isinstance(server, Postgres)
        server.wait()
        return server

    @cached_property
    def rabbit(self) -> Rabbit:
        self.begin("rabbitmq")
        server = self._begun["rabbitmq"]
        assert isinstance(server, Rabbit)
        server.wait()
        return server

    @cached_property
    def s3(self) -> S3:
        self.begin("seaweed")
        server = self._begun["seaweed"]
        assert isinstance(server, Seaweed)
        server.wait()
        return S3(server.endpoint, server.access_key, server.secret_key, server)

    def name(self, stem: str) -> str:
        """A name that was not used in this session."""
        return f"{stem}_{next(self._count)}"

    def run(self, program: Program) -> int:
        """Start a program and note it; returns its pid."""
        child = spawn(program, self.folder / "logs" / f"{program.name}.log")
        self._children.append(child)
        self.pids[program.name] = child.pid
        self._running.append(_Running(child.pid, started_at(child.pid), program.stop_signal, program.stop_seconds))
        self._write_note()
        return child.pid

    def _write_note(self) -> None:
        _NOTES.mkdir(mode=0o700, exist_ok=True)
        note = {
            "owner": [os.getpid(), started_at(os.getpid())],
            "folder": str(self.folder),
            "running": [asdict(one) for one in self._running],
            "stacks": [str(one) for one in self._stacks],
        }
        made = self._note.with_suffix(".new")  # others read these notes at any moment
        made.write_text(json.dumps(note))
        made.replace(self._note)

    def stack(self, name: str = "stack") -> RunningStack:
        """A whole stack of its own, as `make up` starts it."""
        folder = self.folder / name
        self._stacks.append(folder)
        self._write_note()
        return RunningStack(folder, lifecycle.up(folder, _quietly)[1])

    def stop(self) -> None:
        """End what was started, last first, and remove its files."""
        while self._stacks:
            lifecycle.down(self._stacks.pop(), _quietly)
        while self._running:
            one = self._running.pop()
            end(one.pid, one.since, stop_signal=one.stop_signal, patience=one.stop_seconds)
        for child in self._children:
            child.wait(timeout=5)
        for server in self._begun.values():
            if isinstance(server, Seaweed):
                server.tidy()
        self._note.unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def sweep() -> None:
    """End the servers of sessions that were killed and could not do it themselves."""
    for note in _NOTES.glob("*.json"):
        try:
            told = json.loads(note.read_text())
        except FileNotFoundError:
            continue  # a session that has ended well since we looked
        if is_ours(*told["owner"]):
            continue
        for folder in told["stacks"]:
            lifecycle.down(Path(folder), _quietly)
        for one in reversed(told["running"]):
            end(one["pid"], one["since"], stop_signal=one["stop_signal"], patience=one["stop_seconds"])
        shutil.rmtree(told["folder"], ignore_errors=True)
        note.unlink(missing_ok=True)
