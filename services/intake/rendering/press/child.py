"""A child process of a press: one job after another, within limits of processor time and memory."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import time
from multiprocessing.connection import Connection
from pathlib import Path

from services.intake.domain.errors import FontMissingError
from services.intake.rendering.press.work import Worker

MEMORY = 1024 * 1024 * 1024
"""What a child may map on top of what it has at its start, bytes; the fonts are a tenth of it."""
_PAGE = os.sysconf("SC_PAGE_SIZE")
_LIMITED_CLOCK = -8
"""The clock that RLIMIT_CPU goes by (CPUCLOCK_PROF of this process)."""


def main(descriptor: int, seconds: int, folders: tuple[str, ...] | None) -> None:
    """The life of a child. `descriptor`: of its end of a socket pair; `seconds`: of processor time for a job."""
    worker = Worker(tuple(Path(folder) for folder in folders) if folders is not None else None)
    _limit_memory()
    with Connection(descriptor) as line, contextlib.suppress(EOFError, OSError):  # the parent is gone
        while True:
            job, made = line.recv(), b""
            told: dict[str, object] = {}
            _allow_processor(seconds)
            try:
                made = worker.do(job)
            except FontMissingError as error:
                told["font-missing"] = [error.zh, error.en]
            except Exception as error:  # noqa: BLE001 - whatever it is, the parent has to be told
                told["broken"] = repr(error)[:500]
            line.send_bytes(json.dumps({**told, "resident": _resident()}).encode())
            line.send_bytes(made)


def _limit_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * _PAGE + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _allow_processor(seconds: int) -> None:
    """From now on this process may use about `seconds` more; then SIGXCPU ends it."""
    with contextlib.suppress(ValueError):  # a lower hard limit was set from outside: that one holds
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (int(time.clock_gettime(_LIMITED_CLOCK)) + 1 + seconds, hard))


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE
