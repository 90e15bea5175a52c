"""One child process, from the parent's side: started, asked, waited for, ended."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import structlog

import services
from services.media.pool.limits import Limits
from services.media.pool.wire import Answer, Reader, WireError, Writer, receive, send

WALL_SECONDS = 20.0
"""Far over what the limit on processor time allows: it is for children that are stopped. What a child waits for a
processor does not count."""
_MOST_WAITED = 300.0
"""Of that; then something is wrong with the machine."""
_START_SECONDS = 60.0
_ROOT = str(Path(services.__path__[0]).parent)
_BOOT = (
    "import sys; sys.path.insert(0, sys.argv[1]); from services.media.pool.child import main; "
    "main(int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])"
)
_PASSED_ENV = ("PATH", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
_log = structlog.get_logger()


class PoolError(Exception):
    """No child can be had: the machine's or the installation's fault, no file's."""


class LostError(Exception):
    """One child was lost over a piece of work."""

    def __init__(self, cause: str, detail: str = "") -> None:
        super().__init__(cause)
        self.cause = cause
        self.detail = detail


class ChildProcess:
    """A running child process."""

    def __init__(
        self, memory: int, work: str, *, limits: Limits | None = None, wall_seconds: float | None = None
    ) -> None:
        self._wall_seconds = wall_seconds
        further = [limits.as_text()] if limits is not None else []
        ours, theirs = socket.socketpair()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module, nothing from outside
                [sys.executable, "-I", "-c", _BOOT, _ROOT, str(theirs.fileno()), str(memory), work, *further],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={
                    "LANG": "C.UTF-8",
                    # One child works on one file with one thread; scaling is the pool's matter.
                    "OPENBLAS_NUM_THREADS": "1",
                    "OMP_NUM_THREADS": "1",
                    **{name: os.environ[name] for name in _PASSED_ENV if name in os.environ},
                },
                pass_fds=(theirs.fileno(), memory),
                cwd="/",
            )
        except OSError as error:
            ours.close()
            raise PoolError(f"no child process can be started: {error}") from error
        finally:
            theirs.close()
        self.sock = ours
        self.pid = self._process.pid
        self.pieces = 0
        self._ready = False
        self._queued_before = 0.0
        self._deadline = 0.0

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    @property
    def waited(self) -> float:
        """Seconds of its present work that it was ready to run while others ran; 0 where nobody counts them."""
        return self._queued() - self._queued_before

    def _queued(self) -> float:
        with contextlib.suppress(OSError, ValueError, IndexError):
            return int(Path(f"/proc/{self.pid}/schedstat").read_text().split()[1]) / 1e9
        return 0.0

    def await_ready(self) -> None:
        """Raises PoolError if it does not come up."""
        if self._ready:
            return
        self.sock.settimeout(_START_SECONDS)
        try:
            told, _ = receive(self.sock)
        except (WireError, TimeoutError) as error:
            raise PoolError(f"a child process did not come up: {error}") from error
        if "ready" not in told:
            raise PoolError(f"a child process is unfit: {told.get('unfit')}")
        self._ready = True
        _log.info("media.child.ready", pid=self.pid, sandbox=told["ready"])

    def begin(self, asked: dict[str, Any]) -> None:
        """Ask for a piece of work; finish() has to follow. Raises LostError."""
        self._queued_before = self._queued()
        self._deadline = time.monotonic() + (self._wall_seconds or WALL_SECONDS)
        with self._losses():
            self._within()
            send(self.sock, asked)

    def finish(self, reader: Reader | None, writer: Writer | None = None) -> Answer:
        """The answer to what was begun. Raises LostError, and what reader and writer raise."""
        failure: Exception | None = None
        with self._losses():
            while True:
                self._within()
                told, content = receive(self.sock, self._more_time)
                if "read" in told:
                    failure = failure or self._read(reader, told["read"])
                elif "write" in told:
                    failure = failure or self._write(writer, told["write"], content)
                else:
                    break
        self.pieces += 1
        if "source" in told and failure is not None:
            raise failure
        if not isinstance(told.get("done"), dict):
            cause = "memory" if "exhausted" in told else "broken"
            raise LostError(cause, str(told.get("broken", "")))
        return Answer(told["done"], content)

    @contextlib.contextmanager
    def _losses(self) -> Iterator[None]:
        try:
            yield
        except TimeoutError as error:
            raise LostError("hung") from error
        except (WireError, ValueError, TypeError) as error:
            raise LostError(self._cause_of_death(), str(error)) from error

    def _within(self) -> None:
        if not self._more_time():
            raise TimeoutError

    def _more_time(self) -> bool:
        """Whether there is any left; a crowded machine is no fault of the file's."""
        left = self._deadline - time.monotonic()
        if left <= 0 and not self._wall_seconds:
            left += min(self.waited, _MOST_WAITED)
        if left <= 0:
            return False
        self.sock.settimeout(left)
        return True

    def _read(self, reader: Reader | None, asked: list[int]) -> Exception | None:
        """Answer a child's request for a range. The time that storage takes counts, too."""
        if reader is None:
            raise WireError("a child asks for ranges of a file that it has")
        offset, length = asked
        try:
            content = reader.read(offset, length)
        except Exception as error:  # noqa: BLE001 - it is raised to the caller once the child has let go
            self._within()
            send(self.sock, {"ok": False})
            return error
        self._within()
        send(self.sock, {"ok": True}, content)
        return None

    def _write(self, writer: Writer | None, offset: int, piece: bytes) -> Exception | None:
        """Take a piece of what a child makes."""
        if writer is None:
            raise WireError("a child writes where nothing is to be written")
        try:
            writer.write(int(offset), piece)
        except Exception as error:  # noqa: BLE001 - as above
            self._within()
            send(self.sock, {"ok": False})
            return error
        self._within()
        send(self.sock, {"ok": True})
        return None

    def _cause_of_death(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            if -self._process.wait(timeout=1) in {signal.SIGPROF, signal.SIGXCPU}:
                return "processor"
        return "died"

    def end(self) -> None:
        """Kill it; nothing of it is worth waiting for."""
        self.sock.close()
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()
