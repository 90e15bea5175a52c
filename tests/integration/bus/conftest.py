"""Fixtures of the bus's tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.bus.bench import Outside, WorkerProcess, make_tables, workers


@pytest.fixture
def outside(amqp_url: str, make_database: Callable[[str], str]) -> Iterator[Outside]:
    """A fresh virtual host with the whole topology, and a fresh database with the bus's tables."""
    outside = Outside(amqp_url, make_tables(make_database("review")))
    yield outside
    outside.close()


@pytest.fixture
def start_worker(outside: Outside, tmp_path: Path) -> Iterator[Callable[..., WorkerProcess]]:
    """Starts workers on `outside`."""
    with workers(outside, tmp_path) as start:
        yield start


@pytest.fixture(scope="module")
def lasting(make_lasting_vhost: Callable[[], str], make_lasting_database: Callable[[str], str]) -> Iterator[Outside]:
    """As `outside`, for all tests of a module."""
    outside = Outside(make_lasting_vhost(), make_tables(make_lasting_database("review")))
    yield outside
    outside.close()


@pytest.fixture(scope="module")
def worker(lasting: Outside, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerProcess]:
    """A running worker on `lasting`."""
    with workers(lasting, tmp_path_factory.mktemp("worker")) as start:
        yield start().until_ready()
