r"""Scanning for viruses by clamd, over its own protocol: what is judged is streamed to it, nothing is kept there.

clamd(8), INSTREAM: `zINSTREAM\0`, pieces with their length before each, an empty one, then one line of an answer.
"""

from __future__ import annotations

import re
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from services.media import metrics
from services.media.domain import ScannerAwayError, ScannerError
from services.media.ports import Pour

_PIECE = 64 * 1024
_MOST_ANSWER = 4096
_CONNECT_SECONDS = 5.0
_FOUND = re.compile(r"^stream: (.+) FOUND$")
_LIMITS = "Heuristics.Limits.Exceeded"
_ADDRESS = re.compile(r"^(?:tcp:)?(\[[0-9a-fA-F:]+\]|[^:\[\]/]+):([0-9]{1,5})$")


@dataclass(frozen=True, slots=True)
class Clamd:
    """A clamd at a Unix socket (`path`) or at `host` and `port`. `seconds`: for one file, all in all."""

    path: str | None
    host: str
    port: int
    seconds: float

    @classmethod
    def at(cls, address: str, seconds: float) -> Clamd:
        """`unix:/path`, `tcp:host:port` or `host:port`. Raises ValueError."""
        if address.startswith("unix:/"):
            return cls(address.removeprefix("unix:"), "", 0, seconds)
        found = _ADDRESS.fullmatch(address)
        if found is None or not 0 < int(found[2]) < 65536:  # noqa: PLR2004 - ports
            raise ValueError("unix:/path, tcp:host:port or host:port")
        return cls(None, found[1].strip("[]"), int(found[2]), seconds)

    def ready(self) -> None:
        with self._connected() as line:
            line.send(b"zPING\0")
            answer = line.answer()
        if answer != "PONG":
            raise ScannerAwayError(f"clamd says {answer}")

    def scan(self, pour: Pour) -> str | None:
        began = time.perf_counter()
        outcome = "failed"
        try:
            name = self._scan(pour)
            outcome = "infected" if name else "clean"
        finally:
            metrics.SCANS.labels(outcome).inc()
            metrics.SCAN_SECONDS.observe(time.perf_counter() - began)
        return name

    def _scan(self, pour: Pour) -> str | None:
        with self._connected() as line:
            line.send(b"zINSTREAM\0")
            pour(line.piece)
            line.send(struct.pack(">I", 0))
            answer = line.answer()
        found = _FOUND.match(answer)
        if found is not None and not found[1].startswith(_LIMITS):
            return found[1]
        if answer == "stream: OK":
            return None
        # The file is larger or deeper than clamd is told to look: whoever runs it can change that, the unit cannot.
        raise ScannerError(f"clamd did not scan the file: {answer or 'no answer'}")

    @contextmanager
    def _connected(self) -> Iterator[_Line]:
        """What goes wrong with the connection is ScannerAwayError; what the file's source raises stays what it is."""
        ends = time.monotonic() + self.seconds
        try:
            if self.path is not None:
                sock = _connected_to(self.path)
            else:
                sock = socket.create_connection((self.host, self.port), timeout=_CONNECT_SECONDS)
        except OSError as error:
            raise ScannerAwayError(f"clamd cannot be reached: {error}") from error
        with sock:
            yield _Line(sock, ends)


def _connected_to(path: str) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.settimeout(_CONNECT_SECONDS)
    try:
        sock.connect(path)
    except OSError:
        sock.close()
        raise
    return sock


class _Line:
    """A connection to clamd until a moment of time.monotonic()."""

    def __init__(self, sock: socket.socket, ends: float) -> None:
        self._sock = sock
        self._ends = ends
        self._broken = False

    def piece(self, content: bytes) -> None:
        for at in range(0, len(content), _PIECE):
            part = content[at : at + _PIECE]
            self.send(struct.pack(">I", len(part)) + part)

    def send(self, content: bytes) -> None:
        if self._broken:
            return
        self._in_time()
        try:
            self._sock.sendall(content)
        except TimeoutError as error:
            raise ScannerAwayError("clamd takes nothing any more") from error
        except OSError:
            self._broken = True  # it stops listening once it has seen enough; its answer says why

    def answer(self) -> str:
        said = b""
        while not said.endswith(b"\0") and len(said) < _MOST_ANSWER:
            self._in_time()
            try:
                more = self._sock.recv(_MOST_ANSWER)
            except TimeoutError as error:
                raise ScannerAwayError("clamd does not answer") from error
            except OSError as error:
                raise ScannerAwayError(f"clamd broke off: {error}") from error
            if not more:
                break
            said += more
        if not said:
            raise ScannerAwayError("clamd closed the connection without an answer")
        return said.rstrip(b"\0\n").decode("utf-8", "replace")

    def _in_time(self) -> None:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise ScannerAwayError("clamd took longer than a file may take")
        self._sock.settimeout(left)
