"""Fixtures of media's tests: the worker on real broker, database and storage."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.media.rig import Rig, WorkerProcess, eventually, workers
from tests.support.servers import S3


def _rig(amqp_url: str, dsn: str, s3: S3) -> Rig:
    return Rig(amqp_url, dsn, s3.client(), s3.endpoint, (s3.access_key, s3.secret_key))


@pytest.fixture(scope="module")
def lasting(make_lasting_vhost: Callable[[], str], make_lasting_database: Callable[[str], str], s3: S3) -> Rig:
    """For all tests of a module, with an open campaign."""
    rig = _rig(make_lasting_vhost(), make_lasting_database("media"), s3)
    rig.open_campaign()
    return rig


@pytest.fixture(scope="module")
def worker(lasting: Rig, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerProcess]:
    """A running worker on `lasting` that knows the campaign."""
    with workers(lasting, tmp_path_factory.mktemp("media")) as start:
        running = start().until_ready()
        eventually(lambda: lasting.rows("SELECT 1 FROM campaign_rules"), what="the campaign's rules")
        yield running


@pytest.fixture
def rig(amqp_url: str, make_database: Callable[[str], str], s3: S3) -> Rig:
    """For one test; nobody has started a worker yet."""
    return _rig(amqp_url, make_database("media"), s3)


@pytest.fixture
def start_worker(rig: Rig, tmp_path: Path) -> Iterator[Callable[..., WorkerProcess]]:
    """Starts workers on `rig`."""
    with workers(rig, tmp_path) as start:
        yield start
