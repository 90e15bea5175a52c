"""The video as a file to read, and the copy as a file to write: both live with the parent, and go by in pieces."""

from __future__ import annotations

import io
from collections import OrderedDict
from typing import Protocol

BLOCK_BYTES = 1024 * 1024
_MOST_BLOCKS = 16
"""Kept, since sound and pictures of one second may lie far apart: the child holds 16 MiB of the file at most."""
PIECE_BYTES = 1024 * 1024


class Pieces(Protocol):
    """services.media.pool.child.ParentSource, as far as it is needed here."""

    size: int

    def read(self, offset: int, length: int) -> bytes: ...

    def write(self, offset: int, piece: bytes) -> None: ...


class FileToRead(io.RawIOBase):
    """A seekable file of the blocks that were read; the last few of them are kept."""

    def __init__(self, source: Pieces) -> None:
        self._source = source
        self._at = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._source.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def read(self, size: int = -1) -> bytes:
        wanted = self._source.size - self._at if size < 0 else size
        number, begin = divmod(self._at, BLOCK_BYTES)
        piece = self._block(number)[begin : begin + wanted] if self._at < self._source.size else b""
        self._at += len(piece)
        return piece

    def _block(self, number: int) -> bytes:
        block = self._blocks.get(number)
        if block is None:
            block = self._source.read(number * BLOCK_BYTES, BLOCK_BYTES)
            self._blocks[number] = block
            if len(self._blocks) > _MOST_BLOCKS:
                self._blocks.popitem(last=False)
        else:
            self._blocks.move_to_end(number)
        return block


class FileToWrite(io.RawIOBase):
    """A file that is written from its beginning on; only what lies near its beginning is written twice (the index)."""

    def __init__(self, source: Pieces) -> None:
        self._source = source
        self._piece = bytearray()
        self._begin = 0
        self.size = 0

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._begin + len(self._piece)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.tell(), io.SEEK_END: self.size}[whence]
        target = base + offset
        if target > self.size:  # what is left out for the index is written as nothing, and later as the index
            self.seek(self.size)
            self.write(bytes(target - self.size))
        if target != self.tell():
            self.flush()
            self._begin = target
        return target

    def write(self, data: bytes) -> int:  # type: ignore[override]  # any buffer, says the base; PyAV gives bytes
        view = memoryview(data)
        taken = 0
        while taken < len(view):
            part = view[taken : taken + PIECE_BYTES - len(self._piece)]
            self._piece += part
            taken += len(part)
            if len(self._piece) >= PIECE_BYTES:
                self.flush()
        self.size = max(self.size, self.tell())
        return len(view)

    def flush(self) -> None:
        if self._piece:
            self._source.write(self._begin, bytes(self._piece))
            self._begin += len(self._piece)
            self._piece.clear()
