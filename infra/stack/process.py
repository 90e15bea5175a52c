"""Starting a program, knowing it again, ending it.

A process is known by its pid *and* its start time: pids are given out again, and a program that merely inherited the
pid of one of ours must never be signalled.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

_SAME_START_SECONDS = 1.0
_KILL_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Program:
    """What to run. `env` comes on top of `base_env()`, not of the caller's whole environment."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: str = "/"
    stop_signal: int = signal.SIGTERM
    stop_seconds: float = 10.0
    ready_url: str | None = None


def base_env() -> dict[str, str]:
    """The few variables that every child gets from ours; nothing of the caller's own settings leaks in."""
    kept = ("PATH", "HOME", "USER", "TMPDIR", "TZ", "COVERAGE_PROCESS_START")
    env = {name: os.environ[name] for name in kept if name in os.environ}
    # A bare machine has the C locale; every program of ours speaks UTF-8 all the same.
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", **env, "LANG": "C.UTF-8", "PYTHONUTF8": "1"}


def spawn(program: Program, log: Path) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own (a terminal's Ctrl-C does not reach it); its output goes to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        return subprocess.Popen(
            program.argv,
            env={**base_env(), **program.env},
            cwd=program.cwd,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def started_at(pid: int) -> float:
    """When the process with this pid started (seconds since the epoch), 0.0 if there is none or it is a zombie."""
    try:
        process = psutil.Process(pid)
        return 0.0 if process.status() == psutil.STATUS_ZOMBIE else float(process.create_time())
    except psutil.Error:
        return 0.0


def is_ours(pid: int, since: float) -> bool:
    """Whether the process `pid` is still the one that was noted with start time `since`."""
    return pid > 1 and since > 0 and abs(started_at(pid) - since) < _SAME_START_SECONDS


def end(pid: int, since: float, *, stop_signal: int = signal.SIGTERM, patience: float = 10.0) -> bool:
    """End a process and what it started: ask, wait at most `patience` seconds, then kill.

    Returns whether it was there. A pid that has gone to another program is left alone.
    """
    if not is_ours(pid, since):
        return False
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        process.send_signal(stop_signal)
        _wait_gone([process], patience)
        for one in family:
            with contextlib.suppress(psutil.Error):  # psutil compares start times itself before it signals
                one.kill()
        _wait_gone(family, _KILL_SECONDS)
    return True


def _wait_gone(processes: list[psutil.Process], seconds: float) -> None:
    """Until none of them runs; a zombie whose parent does not collect it counts as gone."""
    deadline = time.monotonic() + seconds
    while any(is_ours(one.pid, one.create_time()) for one in processes) and time.monotonic() < deadline:
        time.sleep(0.02)
        for one in processes:
            _reap(one.pid)
    for one in processes:
        _reap(one.pid)


def _reap(pid: int) -> None:
    """Collect a dead child, if it is a child of ours."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listens on, all different.

    They are taken below the range that the kernel hands to outgoing connections, so that none of those takes one
    between the choice and the start of its server.
    """
    held: list[socket.socket] = []
    try:
        while len(held) < count:
            port = 10240 + int.from_bytes(os.urandom(2)) % 20000
            candidate = socket.socket()
            try:
                candidate.bind(("127.0.0.1", port))
            except OSError:
                candidate.close()
            else:
                held.append(candidate)
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()


def accepts(port: int, host: str = "127.0.0.1", timeout: float = 0.2) -> bool:
    """Whether something accepts TCP connections there."""
    try:
        with socket.create_connection((host, port), timeout=timeout):
            return True
    except OSError:
        return False
