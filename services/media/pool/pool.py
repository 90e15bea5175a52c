"""The parent's side: slots, each with a child process and a memory file; priorities; deadlines; replacements."""

from __future__ import annotations

import contextlib
import hashlib
import heapq
import itertools
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import structlog

import services
from services.media.pool.wire import Answer, Reader, WireError, receive, send

VERDICT, RENDITION = 0, 1
"""Priorities: who waits for a verdict goes first."""

WALL_SECONDS = 20.0
"""Far over what the limit on processor time allows even on a crowded machine: it is for children that are stopped."""
_START_SECONDS = 60.0
_MOST_PIECES = 500
"""Then a child is replaced, so that nothing lives on for ever in a process that strangers' files went through."""
_ATTEMPTS = 2
_MOST_DEFERENCE_SECONDS = 30.0
"""For so long renditions let verdicts go first; then one of them goes, lest a long queue of uploads hold them up."""
_ROOT = str(Path(services.__path__[0]).parent)
_BOOT = (
    "import sys; sys.path.insert(0, sys.argv[1]); from services.media.pool.child import main; "
    "main(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])"
)
_PASSED_ENV = ("PATH", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
_log = structlog.get_logger()


class PoolError(Exception):
    """No child can be had: the machine's or the installation's fault, no file's."""


class WorkDiedError(Exception):
    """The work killed its child, every time it was tried. `cause`: processor, memory, hung, died, broken."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class _LostError(Exception):
    """One child was lost over a piece of work."""

    def __init__(self, cause: str, detail: str = "") -> None:
        super().__init__(cause)
        self.cause = cause
        self.detail = detail


class _Child:
    """A running child process."""

    def __init__(self, memory: int, work: str) -> None:
        ours, theirs = socket.socketpair()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module, nothing from outside
                [sys.executable, "-I", "-c", _BOOT, _ROOT, str(theirs.fileno()), str(memory), work],
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

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

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

    def work(self, asked: dict[str, Any], reader: Reader | None) -> Answer:
        """Raises _LostError, and what the reader raises."""
        deadline = time.monotonic() + WALL_SECONDS
        failure: Exception | None = None
        try:
            self._within(deadline)
            send(self.sock, asked)
            while True:
                self._within(deadline)
                told, content = receive(self.sock)
                if "read" not in told:
                    break
                failure = failure or self._read(reader, told["read"], deadline)
        except TimeoutError as error:
            raise _LostError("hung") from error
        except (WireError, ValueError, TypeError) as error:
            raise _LostError(self._cause_of_death(), str(error)) from error
        self.pieces += 1
        if "source" in told and failure is not None:
            raise failure
        if not isinstance(told.get("done"), dict):
            cause = "memory" if "exhausted" in told else "broken"
            raise _LostError(cause, str(told.get("broken", "")))
        return Answer(told["done"], content)

    def _within(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.sock.settimeout(left)

    def _read(self, reader: Reader | None, asked: list[int], deadline: float) -> Exception | None:
        """Answer a child's request for a range. The time that storage takes counts, too."""
        if reader is None:
            raise WireError("a child asks for ranges of a file that it has")
        offset, length = asked
        try:
            content = reader.read(offset, length)
        except Exception as error:  # noqa: BLE001 - it is raised to the caller once the child has let go
            self._within(deadline)
            send(self.sock, {"ok": False})
            return error
        self._within(deadline)
        send(self.sock, {"ok": True}, content)
        return None

    def _cause_of_death(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            if self._process.wait(timeout=1) == -signal.SIGXCPU:
                return "processor"
        return "died"

    def end(self) -> None:
        """Kill it; nothing of it is worth waiting for."""
        self.sock.close()
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()


class Slot:
    """A place in the pool, held by one caller at a time: a memory file and a child that can read it."""

    def __init__(self, work: str) -> None:
        self._work = work
        self._memory = os.memfd_create("laurel-media", os.MFD_CLOEXEC)
        self._read_only = os.open(f"/proc/self/fd/{self._memory}", os.O_RDONLY | os.O_CLOEXEC)
        self._child: _Child | None = _Child(self._read_only, work)
        self._digest = hashlib.sha256()
        self.filled = 0

    @property
    def sha256(self) -> str:
        """Of what was put, lower-case hex."""
        return self._digest.hexdigest()

    @property
    def pid(self) -> int | None:
        """Of the present child."""
        return self._child.pid if self._child else None

    def put(self, chunk: bytes) -> None:
        """Append to the file that the child will see whole."""
        self._digest.update(chunk)
        self.filled += os.pwrite(self._memory, chunk, self.filled)

    def clear(self) -> None:
        """Forget the file."""
        os.ftruncate(self._memory, 0)
        self._digest = hashlib.sha256()
        self.filled = 0

    def run(self, do: str, arguments: dict[str, Any], reader: Reader | None = None) -> Answer:
        """Have a piece of work done on what was put, or on what `reader` reads.

        Raises WorkDiedError if it kills its child twice over, PoolError, and what the reader raises.
        """
        file = {"size": self.filled, "sha256": self.sha256} if reader is None else {"size": reader.size, "sha256": None}
        asked = {"do": do, "arguments": arguments, **file}
        for attempt in range(1, _ATTEMPTS + 1):
            child = self._ready_child()
            try:
                answer = child.work(asked, reader)
            except _LostError as lost:
                _log.warning("media.child.lost", pid=child.pid, cause=lost.cause, attempt=attempt, detail=lost.detail)
                self._replace()
                # Processor time is not a matter of luck: what exceeded it once will again.
                if attempt == _ATTEMPTS or lost.cause == "processor":
                    raise WorkDiedError(lost.cause) from lost
            else:
                return answer
        raise AssertionError("every attempt returns or raises")

    def _ready_child(self) -> _Child:
        if self._child is None or not self._child.alive:  # somebody killed it while it was idle
            self._replace()
        assert self._child is not None  # noqa: S101 - _replace made one
        try:
            self._child.await_ready()
        except PoolError:
            self._end_child()
            raise
        return self._child

    def _replace(self) -> None:
        self._end_child()
        self._child = _Child(self._read_only, self._work)

    def _end_child(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()

    def tidy(self) -> None:
        """Between two callers."""
        self.clear()
        if self._child is not None and self._child.pieces >= _MOST_PIECES:
            self._replace()

    def close(self) -> None:
        self._end_child()
        os.close(self._memory)
        os.close(self._read_only)


class Pool:
    """`processes` slots. `work`: the module that children import (child.py says what it holds)."""

    def __init__(self, processes: int, *, work: str = "services.media.work") -> None:
        self._changed = threading.Condition()
        self._waiting: list[tuple[int, int]] = []
        self._numbers = itertools.count()
        self._slots = [Slot(work) for _ in range(processes)]
        self._idle = list(self._slots)
        self._urgent = 0
        self._closed = False

    @property
    def busy(self) -> int:
        """Slots in use."""
        return len(self._slots) - len(self._idle)

    @property
    def pids(self) -> list[int]:
        return [slot.pid for slot in self._slots if slot.pid is not None]

    @contextlib.contextmanager
    def slot(self, priority: int = VERDICT) -> Iterator[Slot]:
        """A slot for the time of the block, in order of priority, then of coming. Raises PoolError once closed."""
        slot = self._take(priority)
        try:
            yield slot
        finally:
            self._give_back(slot)

    @contextlib.contextmanager
    def urgent(self) -> Iterator[None]:
        """For the time of the block somebody waits for a verdict, whether or not it needs a slot just now.

        Renditions leave it a slot: one that had begun a moment before the next upload was read would hold that up.
        """
        with self._changed:
            self._urgent += 1
        try:
            yield
        finally:
            with self._changed:
                self._urgent -= 1
                self._changed.notify_all()

    def _take(self, priority: int) -> Slot:
        ticket = (priority, next(self._numbers))
        patience = time.monotonic() + _MOST_DEFERENCE_SECONDS

        def our_turn() -> bool:
            deferring = priority != VERDICT and self._urgent >= len(self._slots) and time.monotonic() < patience
            return bool(self._idle) and self._waiting[0] == ticket and not deferring

        with self._changed:
            heapq.heappush(self._waiting, ticket)
            try:
                while not (self._closed or our_turn()):
                    self._changed.wait(timeout=_MOST_DEFERENCE_SECONDS)
                if self._closed:
                    raise PoolError("the pool is closed")
                return self._idle.pop()
            finally:
                self._waiting.remove(ticket)
                heapq.heapify(self._waiting)
                self._changed.notify_all()

    def _give_back(self, slot: Slot) -> None:
        with self._changed:
            if self._closed:
                slot.close()
                return
            try:
                slot.tidy()
            finally:
                self._idle.append(slot)
                self._changed.notify_all()

    def close(self) -> None:
        """End every child. Slots in use are closed when they are given back."""
        with self._changed:
            self._closed = True
            for slot in self._idle:
                slot.close()
            self._idle.clear()
            self._changed.notify_all()
