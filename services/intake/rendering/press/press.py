"""The press, from the side of the process that asks: so many children, kept warm, replaced when they have grown."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import weakref
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Condition

import structlog

import services
from services.intake.domain.errors import FontMissingError
from services.intake.rendering.fonts import OWN_FONTS
from services.intake.rendering.press.work import Job

log = structlog.get_logger(__name__)

PROCESSOR_SECONDS = 10
"""Of one paper. The worst that can be submitted takes about one; the limit is for what nobody has thought of."""
WALL_SECONDS = 60.0
"""Far over what the limit of processor time allows even on a crowded machine: it is for children that are stopped."""
DEFERENCE_SECONDS = 20.0
"""For so long a patient job lets others go first; then it waits like them, lest an archive never end."""
GROWN = 384 * 1024 * 1024
"""A child that holds more than this after a job is replaced, bytes."""
_ROOT = str(Path(services.__path__[0]).parent)
_BOOT = (
    "import sys; sys.path.insert(0, sys.argv[1]); from services.intake.rendering.press.child import main; "
    "main(int(sys.argv[2]), int(sys.argv[3]), tuple(sys.argv[5:]) if sys.argv[4] == 'fonts' else None)"
)
_PASSED_ENV = ("PATH", OWN_FONTS)


class PressError(Exception):
    """A job took its child with it, or more time than any paper may. `cause`: processor, hung, died, broken."""

    def __init__(self, cause: str, detail: str = "") -> None:
        super().__init__(cause)
        self.cause = cause
        self.detail = detail


class _Child:
    def __init__(self, seconds: int, folders: Sequence[Path] | None) -> None:
        ours, theirs = socket.socketpair()
        arguments = ["shipped"] if folders is None else ["fonts", *map(str, folders)]
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module, nothing from outside
                [sys.executable, "-I", "-c", _BOOT, _ROOT, str(theirs.fileno()), str(seconds), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={"LANG": "C.UTF-8", **{name: os.environ[name] for name in _PASSED_ENV if name in os.environ}},
                pass_fds=(theirs.fileno(),),
            )
        except OSError as error:
            ours.close()
            raise PressError("died", f"no child process can be started: {error}") from error
        finally:
            theirs.close()
        self._line = Connection(ours.detach())
        self.pid = self._process.pid
        self.has_grown = False
        self._close = weakref.finalize(self, _end, self._process, self._line)

    def do(self, job: Job) -> bytes:
        """Raises FontMissingError, PressError."""
        try:
            self._line.send(job)
            if not self._line.poll(WALL_SECONDS):
                raise PressError("hung")
            told, made = json.loads(self._line.recv_bytes()), self._line.recv_bytes()
        except (EOFError, OSError) as error:
            raise PressError(self._cause_of_death()) from error
        self.has_grown = told["resident"] > GROWN
        if "font-missing" in told:
            raise FontMissingError(*told["font-missing"])
        if "broken" in told:
            raise PressError("broken", told["broken"])
        return made

    def _cause_of_death(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            if self._process.wait(timeout=1) == -signal.SIGXCPU:
                return "processor"
        return "died"

    def end(self) -> None:
        self._close()


def _end(process: subprocess.Popen[bytes], line: Connection) -> None:
    line.close()
    process.kill()
    process.wait()


class Press:
    """At most `slots` jobs at once; further callers wait in their threads.

    `folders` hold the fonts, else the installation's. Children are started when they are first needed, and end with
    this process.
    """

    def __init__(self, slots: int, folders: Sequence[Path] | None = None, *, seconds: int = PROCESSOR_SECONDS) -> None:
        self.slots = slots
        self._seconds = seconds
        self._folders = folders
        self._places: list[_Child | None] = [None] * slots
        self._urgent = 0
        self._changed = Condition()

    def make(self, job: Job, *, patient: bool = False) -> bytes:
        """Raises FontMissingError; PressError, after which the next job has a new child.

        A patient job, such as one of an archive's hundreds, lets everybody else go first, for a while.
        """
        child = self._take(patient=patient)
        try:
            child = child or _Child(self._seconds, self._folders)
            made = child.do(job)
        except PressError as error:
            log.warning("press.lost", pid=child.pid if child else None, cause=error.cause, detail=error.detail)
            if child is not None:
                child.end()
            child = None
            raise
        finally:
            if child is not None and child.has_grown:
                child.end()
                child = None
            with self._changed:
                self._places.append(child)
                self._changed.notify_all()
        return made

    def _take(self, *, patient: bool) -> _Child | None:
        with self._changed:
            if patient:
                self._changed.wait_for(lambda: self._places and not self._urgent, DEFERENCE_SECONDS)
            self._urgent += 1
            try:
                self._changed.wait_for(lambda: self._places)
                return self._places.pop()
            finally:
                self._urgent -= 1
                self._changed.notify_all()

    def close(self) -> None:
        """End every child that is idle."""
        with self._changed:
            for at, child in enumerate(self._places):
                if child is not None:
                    child.end()
                self._places[at] = None
