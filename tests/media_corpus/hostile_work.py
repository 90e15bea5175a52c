"""Work for the pool's children that does what hostile files make decoders do."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import time
from pathlib import Path
from typing import Any

from services.media.pool.child import ParentSource, Work
from services.media.pool.wire import Answer


def _echo(arguments: dict[str, Any], source: ParentSource) -> Answer:
    whole = source.whole()
    content = bytes(whole.data) if whole else source.read(0, source.size)
    return Answer({**arguments, "pid": os.getpid()}, content)


def _crash(_arguments: dict[str, Any], _source: ParentSource) -> Answer:
    ctypes.string_at(0)
    raise AssertionError


def _abort(_arguments: dict[str, Any], _source: ParentSource) -> Answer:
    os.abort()


def _spin(_arguments: dict[str, Any], _source: ParentSource) -> Answer:
    while True:
        pass


def _toil(arguments: dict[str, Any], _source: ParentSource) -> Answer:
    """For so many seconds of processor time; tells how many more it may use."""
    left, _ = signal.getitimer(signal.ITIMER_PROF)
    ends = time.process_time() + arguments["seconds"]
    while time.process_time() < ends:
        pass
    return Answer({"pid": os.getpid(), "limit": left})


def _nap(arguments: dict[str, Any], _source: ParentSource) -> Answer:
    time.sleep(arguments["seconds"])
    return Answer({"pid": os.getpid()})


def _devour(_arguments: dict[str, Any], _source: ParentSource) -> Answer:
    return Answer({"bytes": len(bytearray(8 * 1024 * 1024 * 1024))})


def _fail(_arguments: dict[str, Any], _source: ParentSource) -> Answer:
    raise KeyError("a flaw")


def _read_much(_arguments: dict[str, Any], source: ParentSource) -> Answer:
    return Answer({"read": sum(len(source.read(at, 1)) for at in range(1000))})


def _trespass(arguments: dict[str, Any], _source: ParentSource) -> Answer:
    """What of the forbidden is possible in here."""
    possible = []
    for name, attempt in {
        "open": lambda: Path("/etc/hostname").read_bytes(),
        "list": lambda: os.listdir("/"),  # noqa: PTH208 - the bare system call is meant
        "parent's environment": lambda: Path(f"/proc/{arguments['parent']}/environ").read_bytes(),
        "write": lambda: Path("/tmp/laurel-trespass").write_bytes(b"x"),  # noqa: S108 - it must fail
        "socket": socket.socket,
        "unix socket": lambda: socket.socket(socket.AF_UNIX),
        "fork": os.fork,
        "run": lambda: os.execv("/bin/true", ["true"]),  # noqa: S606 - it must fail
        "signal the parent": lambda: os.kill(arguments["parent"], 0),
        "memory file": lambda: os.pwrite(arguments["memory"], b"x", 0),
    }.items():
        try:
            attempt()  # type: ignore[no-untyped-call]  # a table of calls of all kinds
        except OSError:
            continue
        possible.append(name)
    return Answer({"possible": possible, "secrets": [name for name in os.environ if "KEY" in name or "DSN" in name]})


def _ignore_signals(_arguments: dict[str, Any], _source: ParentSource) -> Answer:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(60)
    return Answer({})


def _write(arguments: dict[str, Any], source: ParentSource) -> Answer:
    """Pieces at these places."""
    for offset, length in arguments["pieces"]:
        source.write(offset, b"x" * length)
    return Answer({"nice": os.nice(0), "pid": os.getpid()})


WORK: dict[str, Work] = {
    "echo": _echo,
    "crash": _crash,
    "abort": _abort,
    "spin": _spin,
    "nap": _nap,
    "toil": _toil,
    "devour": _devour,
    "fail": _fail,
    "read much": _read_much,
    "trespass": _trespass,
    "stall": _ignore_signals,
    "write": _write,
}


def warm_up() -> None:
    pass
