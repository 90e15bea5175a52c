"""Boxes: a size, a type, a content, one after another and inside one another."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from services.media.formats import FormatError


class Box(NamedTuple):
    """A box inside a buffer: its type, where its content begins and ends."""

    type: bytes
    start: int
    end: int


def box_header(head: bytes) -> tuple[int, bytes, int]:
    """(size of the whole box, 0 if it goes to the end of the file; type; size of the header) of at least 16 bytes."""
    size, kind = struct.unpack_from(">I4s", head)
    if size == 1:
        (size,) = struct.unpack_from(">Q", head, 8)
        if size < 16:  # noqa: PLR2004 - the long header itself
            raise FormatError("a box is smaller than its own header")
        return size, kind, 16
    if size and size < 8:  # noqa: PLR2004 - the header itself
        raise FormatError("a box is smaller than its own header")
    return size, kind, 8


def boxes(data: bytes, start: int, end: int) -> Iterator[Box]:
    """The boxes that lie one after another in data[start:end]. Raises FormatError where one does not fit."""
    at = start
    while at + 8 <= end:
        size, kind, header = box_header(data[at : at + 16].ljust(16, b"\x00"))
        until = at + size if size else end
        if until > end or at + header > until:
            raise FormatError(f"the box {kind!r} does not fit into its parent")
        yield Box(kind, at + header, until)
        at = until


def children(data: bytes, box: Box) -> dict[bytes, Box]:
    found: dict[bytes, Box] = {}
    for child in boxes(data, box.start, box.end):
        found.setdefault(child.type, child)
    return found
