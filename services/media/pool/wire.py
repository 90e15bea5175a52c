"""What goes between the parent and a child: frames of one JSON object and some bytes, over a socket pair.

The parent asks for work and gets an answer. Meanwhile the child may ask for ranges of the file, and hand over pieces of
what it makes, one at a time.
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

_HEAD = struct.Struct(">II")
_MOST_JSON = 1024 * 1024
_MOST_BYTES = 32 * 1024 * 1024


class WireError(Exception):
    """The other side is gone, or sends what is no frame."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a piece of work returned: one JSON object, and bytes."""

    data: dict[str, Any]
    content: bytes = b""


class Reader(Protocol):
    """Ranges of a file, as the parent can get them; what it raises ends the work and is raised to its caller."""

    size: int

    def read(self, offset: int, length: int) -> bytes: ...


class Writer(Protocol):
    """Where a child's pieces go; what it raises ends the work and is raised to its caller."""

    def write(self, offset: int, piece: bytes) -> None: ...


def send(sock: socket.socket, data: dict[str, Any], content: bytes = b"") -> None:
    """Raises WireError (the other side is gone) and TimeoutError."""
    told = json.dumps(data).encode()
    try:
        sock.sendall(_HEAD.pack(len(told), len(content)) + told)
        if content:
            sock.sendall(content)
    except TimeoutError:
        raise
    except OSError as error:
        raise WireError(str(error)) from error


def receive(sock: socket.socket, patience: Callable[[], bool] = lambda: False) -> tuple[dict[str, Any], bytes]:
    """Raises WireError (gone, or no frame) and TimeoutError.

    `patience` is asked when the socket's time is over: whether it has given it more.
    """
    told, content = _HEAD.unpack(_exactly(sock, _HEAD.size, patience))
    if told > _MOST_JSON or content > _MOST_BYTES:
        raise WireError(f"a frame of {told} + {content} bytes")
    try:
        data = json.loads(_exactly(sock, told, patience))
    except (ValueError, RecursionError) as error:
        raise WireError(f"a frame that is no JSON: {error}") from error
    if not isinstance(data, dict):
        raise WireError("a frame that is no JSON object")
    return data, _exactly(sock, content, patience)


def _exactly(sock: socket.socket, count: int, patience: Callable[[], bool]) -> bytes:
    buffer = bytearray(count)
    view = memoryview(buffer)
    got = 0
    while got < count:
        try:
            step = sock.recv_into(view[got:])
        except TimeoutError:
            if patience():
                continue
            raise
        except OSError as error:
            raise WireError(str(error)) from error
        if not step:
            raise WireError("the other side has closed")
        got += step
    return bytes(buffer)
