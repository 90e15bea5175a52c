"""Fixtures of all tests: real PostgreSQL, RabbitMQ and object storage, private to the session."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import NodeManager

from infra.stack.postgres import Postgres
from infra.stack.rabbitmq import Rabbit
from tests.support.servers import S3, RunningStack, Servers

_WORKER = "import sys;exec(eval(sys.stdin.readline()))"
"""How execnet starts a worker of pytest-xdist."""
_SERVERS = pytest.StashKey[Servers]()
_NEEDED = {"postgres": "postgres", "broker": "rabbitmq", "s3": "seaweed"}  # fixture: server


def pytest_configure(config: pytest.Config) -> None:
    """A terminated session still ends its servers."""

    def leave(_number: int, _frame: object) -> None:
        pytest.exit("terminated", returncode=128 + signal.SIGTERM)

    signal.signal(signal.SIGTERM, leave)
    NodeManager.EXIT_TIMEOUT = 120  # a worker that ends its servers is not to be killed at that
    config.add_cleanup(lambda: config.stash[_SERVERS].stop() if _SERVERS in config.stash else None)


def pytest_keyboard_interrupt(excinfo: pytest.ExceptionInfo[BaseException]) -> None:
    """What ends a session that runs its tests side by side ends its workers, too, in the middle of their tests."""
    del excinfo
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.Error):
            if _WORKER in child.cmdline():
                child.terminate()


class _Shares(LoadScopeScheduling):  # type: ignore[misc]  # ships no types
    """A file's tests stay together, and so do all files that share the one stack and the job played on it."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "stack" if file.startswith("tests/e2e/test_") else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """How tests are shared out where they run side by side."""
    return _Shares(config, log)


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> Servers:
    """The session's servers; whatever any collected test needs is started at once, side by side."""
    servers = Servers()
    request.config.stash[_SERVERS] = servers
    wanted = {name for item in request.session.items for name in getattr(item, "fixturenames", ())}
    for fixture in ("broker", "s3", "postgres"):  # the slowest first
        if fixture in wanted:
            servers.begin(_NEEDED[fixture])
    return servers


@pytest.fixture(scope="session")
def postgres(servers: Servers) -> Postgres:
    """A running PostgreSQL server (not crash-safe: tests only)."""
    return servers.postgres


@pytest.fixture(scope="session")
def broker(servers: Servers) -> Rabbit:
    """A running RabbitMQ node. `broker.url()` is shared by the session; prefer `amqp_url`."""
    return servers.rabbit


@pytest.fixture(scope="session")
def s3(servers: Servers) -> S3:
    """Object storage with the platform's buckets, shared by the session: use keys of your own."""
    return servers.s3


@pytest.fixture(scope="session")
def make_lasting_database(servers: Servers, postgres: Postgres) -> Callable[[str], str]:
    """Like `make_database`, for fixtures of a module or the session: the databases stay until its end."""
    return lambda service: postgres.create_database(servers.name(f"laurel_{service}"), "pw-of-tests")


@pytest.fixture
def make_database(servers: Servers, postgres: Postgres) -> Iterator[Callable[[str], str]]:
    """A function: service → DSN of a fresh, empty database with a login of its own, dropped after the test."""
    made: list[str] = []

    def make(service: str) -> str:
        made.append(servers.name(f"laurel_{service}"))
        return postgres.create_database(made[-1], "pw-of-tests")

    yield make
    for name in made:
        postgres.drop_database(name)


@pytest.fixture(scope="session")
def make_lasting_vhost(servers: Servers, broker: Rabbit) -> Callable[[], str]:
    """A function: → AMQP URL of a fresh virtual host that stays until the session's end."""
    return lambda: broker.create_vhost(servers.name("lasting"))


@pytest.fixture
def amqp_url(servers: Servers, broker: Rabbit) -> Iterator[str]:
    """The AMQP URL of a virtual host for this test alone, removed after it."""
    name = servers.name("test")
    yield broker.create_vhost(name)
    broker.drop_vhost(name)


@pytest.fixture(scope="session")
def stack(servers: Servers) -> RunningStack:
    """The whole platform, up: `stack.state` is its state.json, `stack.folder` where it lives."""
    return servers.stack()
