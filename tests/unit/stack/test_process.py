"""A process is known by its pid and its start time, and only then signalled."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from infra.stack.process import Program, accepts, base_env, end, free_ports, is_ours, spawn, started_at
from tests.support.polling import wait_until


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process
        process.kill()


def test_process_is_ours_only_with_its_start_time(sleeper: subprocess.Popen[bytes]) -> None:
    since = started_at(sleeper.pid)
    assert is_ours(sleeper.pid, since)
    assert not is_ours(sleeper.pid, since - 60)
    assert not is_ours(1, started_at(1))
    assert not is_ours(2**22 + 1, since)


def test_end_leaves_a_program_alone_that_has_taken_over_the_pid(sleeper: subprocess.Popen[bytes]) -> None:
    assert end(sleeper.pid, started_at(sleeper.pid) - 60) is False
    assert sleeper.poll() is None


def test_end_kills_what_does_not_stop_when_asked(tmp_path: Path) -> None:
    argv = ("sh", "-c", "trap '' TERM; echo set; while :; do sleep 1; done")
    child = spawn(Program("stubborn", argv), tmp_path / "log")
    wait_until(lambda: "set" in (tmp_path / "log").read_text())
    assert end(child.pid, started_at(child.pid), patience=0.2) is True
    wait_until(lambda: started_at(child.pid) == 0.0)
    child.wait(timeout=5)


def test_end_takes_the_whole_family_along(tmp_path: Path) -> None:
    child = spawn(Program("family", ("sh", "-c", "sleep 601 & echo $!; wait")), tmp_path / "log")
    wait_until(lambda: (tmp_path / "log").read_text().endswith("\n"))
    grandchild = psutil.Process(int((tmp_path / "log").read_text()))
    assert end(child.pid, started_at(child.pid), stop_signal=signal.SIGTERM)
    wait_until(lambda: started_at(grandchild.pid) == 0.0)
    child.wait(timeout=5)


def test_children_do_not_inherit_the_callers_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAUREL_DATABASE_DSN", "somebody else's")
    monkeypatch.setenv("LC_ALL", "POSIX")
    env = base_env()
    assert "LAUREL_DATABASE_DSN" not in env
    assert "LC_ALL" not in env
    assert env["LANG"] == "C.UTF-8"


def test_free_ports_are_free_and_different() -> None:
    ports = free_ports(50)
    assert len(set(ports)) == 50
    assert not any(accepts(port) for port in ports)
