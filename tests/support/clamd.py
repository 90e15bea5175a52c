"""A small clamd: its protocol over a real socket, with one signature, and with what can go wrong."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

SIGNATURE = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR"
"""Only the beginning of the test file that every scanner knows, so that none objects to this one."""
NAME = "Eicar-Test-Signature"


class FakeClamd:
    """`mood`: "" as it should be; "silent" never answers; "closing" hangs up; "nonsense" says something else."""

    def __init__(self, family: socket.AddressFamily, address: str | tuple[str, int], most: int) -> None:
        self.mood = ""
        self.most = most
        self.seen: list[bytes] = []
        self._server = socket.socket(family, socket.SOCK_STREAM)
        self._server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._server.bind(address)
        self._server.listen(16)
        self.address: str | tuple[str, int] = self._server.getsockname()
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def name(self) -> str:
        """As LAUREL_CLAMD names it."""
        if isinstance(self.address, str):
            return f"unix:{self.address}"
        return f"tcp:{self.address[0]}:{self.address[1]}"

    def close(self) -> None:
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            command = b""
            while not command.endswith(b"\0"):
                more = connection.recv(1)
                if not more:
                    return
                command += more
            if command == b"zPING\0":
                connection.sendall(b"PONG\0")
            elif command == b"zINSTREAM\0":
                connection.sendall(self._instream(connection))

    def _instream(self, connection: socket.socket) -> bytes:
        content = b""
        while True:
            (length,) = struct.unpack(">I", _exactly(connection, 4))
            if not length:
                break
            content += _exactly(connection, length)
            if self.mood == "closing":
                raise OSError
            if len(content) > self.most:
                return b"INSTREAM size limit exceeded. ERROR\0"
        self.seen.append(content)
        if self.mood == "silent":
            time.sleep(60)
        if self.mood == "nonsense":
            return b"stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0"
        return b"stream: %s FOUND\0" % NAME.encode() if SIGNATURE in content else b"stream: OK\0"


def _exactly(connection: socket.socket, count: int) -> bytes:
    got = b""
    while len(got) < count:
        more = connection.recv(count - len(got))
        if not more:
            raise OSError
        got += more
    return got


@contextmanager
def clamd_on_tcp(most: int = 100 * 1024 * 1024, port: int = 0) -> Iterator[FakeClamd]:
    server = FakeClamd(socket.AF_INET, ("127.0.0.1", port), most)
    try:
        yield server
    finally:
        server.close()


@contextmanager
def clamd_at(path: str, most: int = 100 * 1024 * 1024) -> Iterator[FakeClamd]:
    server = FakeClamd(socket.AF_UNIX, path, most)
    try:
        yield server
    finally:
        server.close()
