"""The private servers keep to themselves, and end with whoever started them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import amqp
import psutil
import psycopg
import pytest

from infra.bus.topology import declare
from infra.stack import rabbitmq
from infra.stack.config import ROOT
from infra.stack.postgres import Postgres, new_postgres
from infra.stack.process import base_env, free_ports, is_ours, started_at
from infra.stack.rabbitmq import Rabbit
from tests.support.polling import wait_until
from tests.support.servers import Servers, sweep

pytestmark = pytest.mark.stack


def test_service_cannot_enter_the_database_of_another(make_database: Callable[[str], str]) -> None:
    intake, review = make_database("intake"), make_database("review")
    of_review = review.rsplit("/", 1)[1]
    with psycopg.connect(intake) as connection:
        assert connection.execute("SELECT current_user = current_database()").fetchone() == (True,)
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(f"{intake.rsplit('/', 1)[0]}/{of_review}")


def test_database_asks_for_the_password(postgres: Postgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(postgres.dsn(password="guess"))


def test_database_speaks_utf8_and_utc_wherever_it_runs(make_database: Callable[[str], str]) -> None:
    with psycopg.connect(make_database("intake")) as connection:
        row = connection.execute("SELECT '桂冠', lower('É'), current_setting('TimeZone')").fetchone()
    assert row == ("桂冠", "é", "UTC")


def test_database_may_be_made_twice(postgres: Postgres, servers: Servers) -> None:
    name = servers.name("twice")
    postgres.create_database(name, "first")
    with psycopg.connect(postgres.create_database(name, "second")) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    postgres.drop_database(name)


def test_database_starts_although_its_old_pid_is_somebody_elses(servers: Servers) -> None:
    server = new_postgres(servers.folder / "stale", free_ports(1)[0], durable=False)
    server.prepare()
    pid = servers.run(server.program())
    server.wait()
    psutil.Process(pid).kill()
    wait_until(lambda: started_at(pid) == 0.0)
    note = server.data / "postmaster.pid"
    note.write_text(note.read_text().replace(str(pid), str(os.getpid()), 1))
    server.prepare()
    assert not note.exists()
    servers.run(server.program())
    server.wait()
    server.prepare()
    assert note.exists(), "the note of a server that runs must stay"


def _listening(program: str, servers: Servers) -> set[str]:
    """The addresses on which the session's programs of this name listen."""
    addresses: set[str] = set()
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.name() == program and str(servers.folder) in " ".join([*process.cmdline(), process.cwd()]):
                addresses |= {one.laddr.ip for one in process.net_connections() if one.status == psutil.CONN_LISTEN}
    return addresses


@pytest.mark.usefixtures("postgres", "broker", "s3")
def test_servers_listen_on_this_machine_alone(servers: Servers) -> None:
    for program in ("postgres", "beam.smp", "weed"):
        assert _listening(program, servers) == {"127.0.0.1"}, program


def test_broker_knows_no_guest(broker: Rabbit) -> None:
    with pytest.raises((amqp.AccessRefused, OSError)):
        rabbitmq.connect(f"amqp://guest:guest@127.0.0.1:{broker.port}/")


def test_broker_takes_the_whole_topology_and_counts_what_is_unacknowledged(broker: Rabbit, amqp_url: str) -> None:
    declare(amqp_url)
    connection = rabbitmq.connect(amqp_url)
    channel = connection.channel()
    for _ in range(3):
        channel.basic_publish(amqp.Message("x"), routing_key="review.entry.submitted.v1")
    taken: list[amqp.Message] = []

    def two_are_taken() -> bool:
        message = channel.basic_get("review.entry.submitted.v1")
        taken.extend([message] if message is not None else [])
        return len(taken) == 2

    wait_until(two_are_taken)
    vhost = amqp_url.rsplit("/", 1)[1]
    wait_until(lambda: broker.unacknowledged(vhost)["review.entry.submitted.v1"] == 2)
    assert broker.unacknowledged(vhost)["notify.entry.submitted.v1"] == 0
    connection.close()


START_AND_WAIT = """
import time
from tests.support.servers import Servers
servers = Servers()
servers.begin("rabbitmq")
servers.postgres
print(servers.folder, flush=True)
time.sleep(600)
"""


def _family(folder: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if str(folder) in " ".join([*process.cmdline(), process.cwd()]):
                found.append(process)
    return found


def test_servers_of_a_killed_session_are_ended_by_the_next_one(tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as out:
        session = subprocess.Popen([sys.executable, "-c", START_AND_WAIT], cwd=ROOT, env=base_env(), stdout=out)
    wait_until(lambda: (tmp_path / "out").read_text().endswith("\n"), 60)
    folder = Path((tmp_path / "out").read_text().strip())
    started = [(one.pid, one.create_time()) for one in _family(folder)]
    assert len(started) >= 3
    session.kill()
    session.wait()
    assert any(is_ours(*one) for one in started), "they outlive a session that is killed outright"
    sweep()
    assert not any(is_ours(*one) for one in started)
    assert not folder.exists()


INNER = """
def test_that_waits(postgres, tmp_path_factory):
    import pathlib, time
    pathlib.Path({told!r}).write_text(str(postgres.folder.parent) + "\\n")
    time.sleep(600)
"""


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["terminated", "interrupted"])
def test_session_that_is_ended_early_leaves_nothing(tmp_path: Path, number: signal.Signals, workers: str) -> None:
    told = tmp_path / "told"
    inner = ROOT / "tests" / "integration" / "stack" / f"test_inner_{os.getpid()}_{number.name.lower()}.py"
    inner.write_text(INNER.format(told=str(told)))
    try:
        argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", workers, str(inner)]
        session = subprocess.Popen(argv, cwd=ROOT, env=base_env(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: told.exists() and told.read_text().endswith("\n"), 60)
        folder = Path(told.read_text().strip())
        started = [(one.pid, one.create_time()) for one in _family(folder)]
        assert started
        session.send_signal(number)
        assert session.wait(timeout=60) != 0
        assert not any(is_ours(*one) for one in started)
        assert not folder.exists()
        assert started_at(session.pid) == 0.0
    finally:
        inner.unlink()
