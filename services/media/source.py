"""Where the bytes of a file come from: the judge reads through this and knows neither storage nor network."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from services.media.formats import Data


class SourceError(Exception):
    """The bytes could not be had: the storage's fault, not the file's. Nothing may be said about the file."""


class TooManyReadsError(Exception):
    """The file's structure asks for more reading than any sound file of its kind."""


@dataclass(frozen=True, slots=True)
class Whole:
    """All the bytes of a file, and their SHA-256 (lower-case hex) where the one who reads takes it."""

    data: Data
    sha256: str | None = None


class Source(Protocol):
    """A file to judge."""

    @property
    def size(self) -> int:
        """Bytes"""
        ...

    def read(self, offset: int, length: int) -> bytes:
        """`length` bytes from `offset` on, fewer at the end of the file. Raises SourceError, TooManyReadsError."""
        ...

    def whole(self) -> Whole | None:
        """Every byte; None if the file is larger than is ever read whole."""
        ...


MOST_WHOLE_BYTES = 48 * 1024 * 1024
"""A file that has to be read whole (a photo) is read up to this size; a larger one is judged by its beginning alone.
With one such buffer for each child process it bounds a worker's memory."""

READ_WHOLE = frozenset({"photo", "document"})
"""Kinds of material that are read whole; a video is read by ranges."""


class FileSource:
    """A file on disk: for tests, and for judging without a stack."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.size = path.stat().st_size

    def read(self, offset: int, length: int) -> bytes:
        with self._path.open("rb") as file:
            file.seek(offset)
            return file.read(length)

    def whole(self) -> Whole | None:
        if self.size > MOST_WHOLE_BYTES:
            return None
        data = self._path.read_bytes()
        return Whole(data, hashlib.sha256(data).hexdigest())


class Ranges:
    """A source's ranges, kept once read, so that looking twice costs one request.

    `requests` and `bytes` count what was really read.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._kept: list[tuple[int, bytes]] = []
        self.size = source.size
        self.requests = 0
        self.bytes = 0

    def read(self, offset: int, length: int) -> bytes:
        """Like Source.read."""
        length = max(0, min(length, self.size - offset))
        for start, data in self._kept:
            if start <= offset and offset + length <= start + len(data):
                return data[offset - start : offset - start + length]
        data = self._source.read(offset, length)
        if len(data) != length:
            raise SourceError(f"asked for {length} bytes at {offset}, got {len(data)}")
        self.requests += 1
        self.bytes += length
        self._kept.append((offset, data))
        return data

    def has(self, offset: int, length: int) -> bool:
        """Whether reading this range would cost nothing."""
        return any(start <= offset and offset + length <= start + len(data) for start, data in self._kept)

    def known(self, offset: int, length: int) -> bytes:
        """The same range without reading anything: what is not known yet is zero."""
        length = max(0, min(length, self.size - offset))
        out = bytearray(length)
        for start, data in self._kept:
            first, last = max(start, offset), min(start + len(data), offset + length)
            if first < last:
                out[first - offset : last - offset] = data[first - start : last - start]
        return bytes(out)
