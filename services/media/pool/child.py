"""A child process of the pool: plain, unpatched Python that does one piece of work after another until it is told off.

What it can do is a module with `WORK`, a mapping of names to functions `(arguments, file) -> Answer`, and `warm_up()`.
"""

from __future__ import annotations

import importlib
import mmap
import os
import socket
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from infra import starting
from services.media.formats import Data
from services.media.pool import sandbox
from services.media.pool.limits import PROCESSOR_SECONDS, Limits
from services.media.pool.wire import Answer, WireError, receive, send
from services.media.source import SourceError, TooManyReadsError, Whole

Work = Callable[[dict[str, Any], "ParentSource"], Answer]

_OPEN_FILES = 32


class ParentSource:
    """The file to work on. The parent has put all of it into the shared memory file, or reads ranges on demand.

    What is made of it is handed to the parent piece by piece.
    """

    def __init__(self, sock: socket.socket, memory: int, limits: Limits, *, size: int, whole: bool) -> None:
        self._sock = sock
        self._memory = memory
        self._limits = limits
        self._whole = whole
        self._reads = 0
        self._read_bytes = 0
        self._written_bytes = 0
        self.size = size

    def read(self, offset: int, length: int) -> bytes:
        length = max(0, min(length, self.size - offset))
        if self._whole:
            return os.pread(self._memory, length, offset)
        self._reads += 1
        self._read_bytes += length
        if self._reads > self._limits.reads or self._read_bytes > self._limits.read_bytes:
            raise TooManyReadsError
        send(self._sock, {"read": [offset, length]})
        told, content = receive(self._sock)
        if not told.get("ok"):
            raise SourceError("the parent could not read")
        return content

    def write(self, offset: int, piece: bytes) -> None:
        """Raises SourceError if the parent could not store it, TooManyReadsError if it is more than is allowed."""
        self._written_bytes += len(piece)
        if self._written_bytes > self._limits.written_bytes:
            raise TooManyReadsError
        send(self._sock, {"write": offset}, piece)
        told, _ = receive(self._sock)
        if not told.get("ok"):
            raise SourceError("the parent could not write")

    def whole(self) -> Whole | None:
        if not self._whole:
            return None
        data: Data = mmap.mmap(self._memory, self.size, prot=mmap.PROT_READ) if self.size else b""
        return Whole(data)


def main(control: int, memory: int, module: str, limited: str = "{}") -> None:
    """The life of a child. `control`, `memory`: descriptors of the socket and of the read-only memory file."""
    limits = Limits.from_text(limited)
    done = sandbox.begin()
    if limits.nice:
        sandbox.stand_back(limits.nice)
    with socket.socket(fileno=control) as sock:
        sock.setblocking(True)  # a cooperative parent makes both ends of the pair non-blocking
        try:
            starting.begin()
            work = importlib.import_module(module)
            work.warm_up()
            starting.done()
            done += sandbox.lock(memory=limits.memory, open_files=_OPEN_FILES)
        except Exception:  # noqa: BLE001 - whatever it is, the parent has to be told
            send(sock, {"unfit": traceback.format_exc(limit=-5)})
            return
        send(sock, {"ready": done})
        _serve(sock, memory, work.WORK, limits)


def _serve(sock: socket.socket, memory: int, work: Mapping[str, Work], limits: Limits) -> None:
    while True:
        try:
            asked, _ = receive(sock)
        except WireError:
            return  # the parent is gone
        seconds = float(asked["arguments"].get(PROCESSOR_SECONDS, limits.processor_seconds))
        sandbox.allow_processor(min(seconds, limits.processor_seconds))
        source = ParentSource(sock, memory, limits, size=asked["size"], whole=asked["whole"])
        try:
            answer = work[asked["do"]](asked["arguments"], source)
            sandbox.rest()
        except SourceError:
            send(sock, {"source": "failed"})
        except MemoryError:
            send(sock, {"exhausted": "memory"})
            return  # what is left of this process is not to be trusted
        except Exception:  # noqa: BLE001 - a flaw of ours or a decoder's: the parent decides what it means
            send(sock, {"broken": traceback.format_exc(limit=-8)})
            return
        else:
            send(sock, {"done": answer.data}, answer.content)
