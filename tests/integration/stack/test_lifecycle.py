"""The whole stack: up, kept up, recovered, down.

The tests share one stack, since starting one takes a while. Each brings it into the state that it needs, so that any of
them runs alone and in any order; as they stand, the stack has to be started the fewest times.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
import pytest

from infra.bus.topology import queues
from infra.stack import lifecycle, rabbitmq
from infra.stack.config import StackConfig, StackError
from infra.stack.process import accepts, started_at
from infra.stack.status import status_of
from infra.stack.supervisor import Supervisor
from tests.support.polling import wait_until
from tests.support.servers import RunningStack, Servers

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]

PATIENCE = 90.0


def _quietly(_line: str) -> None:
    """Say nothing."""


def _supervisor(folder: Path) -> Supervisor:
    return Supervisor(StackConfig.load(folder))


def _pids(folder: Path) -> dict[str, int]:
    return {one.name: one.pid for one in _supervisor(folder).processes()}


def _is_served(state: dict[str, Any]) -> bool:
    try:
        return httpx.get(f"{state['url']}/api/intake/v1/campaigns", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.fixture(scope="module")
def shared(servers: Servers) -> Iterator[RunningStack]:
    """A stack that the tests of this module may maltreat; up or down, as the test before has left it."""
    running = servers.stack("own")
    yield running
    lifecycle.down(running.folder, _quietly)


@pytest.fixture
def own(shared: RunningStack) -> RunningStack:
    """The stack, up."""
    _, state = lifecycle.up(shared.folder, _quietly)
    return RunningStack(shared.folder, state)


@pytest.fixture
def idle(shared: RunningStack) -> RunningStack:
    """The stack, down; with the state that it had."""
    lifecycle.down(shared.folder, _quietly)
    return shared


def _remember(state: dict[str, Any]) -> None:
    """Keep something that the stack must not forget."""
    with psycopg.connect(state["dsn"]["intake"]) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS remember (what text)")
        connection.execute("TRUNCATE remember")
        connection.execute("INSERT INTO remember VALUES ('桂冠')")


def _remembers(state: dict[str, Any]) -> bool:
    with psycopg.connect(state["dsn"]["intake"]) as connection:
        return connection.execute("SELECT what FROM remember").fetchall() == [("桂冠",)]


def test_stack_serves_one_origin(own: RunningStack) -> None:
    assert _is_served(own.state)
    for service in ("review", "notify"):
        assert httpx.get(f"{own.state['url']}/api/{service}/ready", trust_env=False).status_code == 200


def test_secrets_of_the_stack_are_for_its_owner_alone(own: RunningStack) -> None:
    for name in ("stack.json", "state.json", "supervisor.conf", "keys/token_private_key.pem", "keys/contact_key"):
        assert (own.folder / name).stat().st_mode & 0o077 == 0, name


def test_status_shows_every_process_queue_and_outbox(own: RunningStack) -> None:
    status = status_of(own.folder)
    assert {one.name for one in status.processes} == {one["name"] for one in own.state["processes"]}
    assert all(one.ready is not False for one in status.processes)
    assert {one.name for one in status.queues} == {queue.name for queue in queues()}
    consumed = [one for one in status.queues if not one.name.startswith("laurel.") and not one.name.endswith(".dead")]
    assert all(one.consumers >= 1 for one in consumed), consumed
    assert {one.service for one in status.outboxes} == {"intake", "media", "review", "notify"}
    assert status.problems == ()


def test_second_up_changes_nothing(own: RunningStack) -> None:
    before = _pids(own.folder)
    was_up, state = lifecycle.up(own.folder, _quietly)
    assert was_up
    assert state == own.state
    assert _pids(own.folder) == before


def test_worker_that_is_killed_is_started_again(own: RunningStack) -> None:
    before = _pids(own.folder)["intake-worker"]
    os.kill(before, signal.SIGKILL)

    def is_back() -> bool:
        (worker,) = (one for one in status_of(own.folder).processes if one.name == "intake-worker")
        return worker.pid not in {0, before} and bool(worker.ready) and worker.restarts == 1

    wait_until(is_back, PATIENCE)


def test_media_workers_are_added_and_taken_away_beside_the_others(own: RunningStack) -> None:
    before = _pids(own.folder)
    _, state = lifecycle.up(own.folder, _quietly, media_workers=3)
    assert _pids(own.folder).items() >= before.items(), "the others must not be touched"
    assert "media-worker-3" in {one["name"] for one in state["processes"]}  # type: ignore[attr-defined]  # JSON
    lifecycle.up(own.folder, _quietly, media_workers=2)
    assert _pids(own.folder) == before


def test_killed_supervisor_is_recovered_with_all_data(own: RunningStack) -> None:
    _remember(own.state)
    before = _supervisor(own.folder).orphans()
    assert len(before) > 10
    os.kill(int((own.folder / "supervisor.pid").read_text()), signal.SIGKILL)
    wait_until(lambda: not _supervisor(own.folder).is_up())
    with pytest.raises(StackError, match="make up"):
        status_of(own.folder)
    said: list[str] = []
    was_up, state = lifecycle.up(own.folder, said.append)
    assert not was_up
    assert any("left behind" in line for line in said)
    assert not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in before)
    assert state["url"] == own.state["url"]
    assert _is_served(state)
    assert _remembers(own.state)
    names = [one.environ().get("SUPERVISOR_PROCESS_NAME") for one in _supervisor(own.folder).orphans()]
    assert names.count("intake-worker") == 1


def test_down_leaves_no_process_and_no_open_port(own: RunningStack) -> None:
    config = StackConfig.load(own.folder)
    ours = _supervisor(own.folder).orphans()
    assert lifecycle.down(own.folder, _quietly) is True
    assert not [one for one in ours if started_at(one.pid) and one.is_running()]
    assert not _supervisor(own.folder).orphans()
    # The origin's port is the same for every stack: the next one may have taken it already.
    assert not [name for name, port in config.ports.items() if accepts(port) and name != "origin"]
    assert not lifecycle.is_ready(lifecycle.stack_of(config).caddy.program().ready_url or "")
    assert not (own.folder / "state.json").exists()
    assert not [path for port in config.seaweed_ports for path in Path("/tmp").glob(f"seaweedfs-*-{port}.sock")]  # noqa: S108 - where the server puts them
    with pytest.raises(StackError, match="make up"):
        status_of(own.folder)


def test_pid_that_has_gone_to_somebody_else_is_never_signalled(idle: RunningStack) -> None:
    with subprocess.Popen(["sleep", "600"]) as innocent:
        try:
            state = {**idle.state, "processes": [{"name": "intake-api", "pid": innocent.pid, "health_url": None}]}
            (idle.folder / "state.json").write_text(str(state).replace("'", '"').replace("None", "null"))
            (idle.folder / "supervisor.pid").write_text(str(innocent.pid))
            assert lifecycle.down(idle.folder, _quietly) is False
            assert innocent.poll() is None
        finally:
            innocent.kill()
            for name in ("state.json", "supervisor.pid"):
                (idle.folder / name).unlink(missing_ok=True)


def test_stack_comes_up_beside_programs_that_took_its_ports_on_a_broker_of_others(
    own: RunningStack, make_lasting_vhost: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = make_lasting_vhost()
    _remember(own.state)
    lifecycle.down(own.folder, _quietly)
    before = StackConfig.load(own.folder)
    monkeypatch.setenv("AMQP_URL", url)
    with socket.socket() as origin, socket.socket() as api, socket.socket() as storage:
        for taken, name in ((origin, "origin"), (api, "intake-api"), (storage, "seaweed-0")):
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # old connections may linger on it
            with contextlib.suppress(OSError):  # by another program than this test: as good
                taken.bind(("127.0.0.1", before.ports[name]))
                taken.listen()
        _, state = lifecycle.up(own.folder, _quietly)
    assert state["url"] != before.url
    assert _is_served(state)
    assert state["amqp_url"] == url
    assert {"rabbitmq", "epmd"}.isdisjoint(_pids(own.folder))
    connection = rabbitmq.connect(url)
    _, _, consumers = connection.channel().queue_declare("review.entry.submitted.v1", passive=True)
    assert consumers >= 1
    connection.close()
    assert _remembers(state)
    monkeypatch.delenv("AMQP_URL")
    was_up, again = lifecycle.up(own.folder, _quietly)
    assert was_up
    assert again["amqp_url"] == url, "a stack that is up keeps its broker"


def test_wrong_amqp_url_stops_the_start_before_anything_runs(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMQP_URL", "amqp://nobody:wrong@127.0.0.1:1/")
    folder = servers.folder / "never"
    with pytest.raises(StackError, match="AMQP_URL"):
        lifecycle.up(folder, _quietly)
    assert not (folder / "supervisor.conf").exists()


def test_reset_removes_all_data(own: RunningStack) -> None:
    lifecycle.reset(own.folder, _quietly)
    assert {path.name for path in own.folder.iterdir()} <= {".lock"}
    assert not _supervisor(own.folder).orphans()
