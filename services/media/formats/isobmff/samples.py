"""The sample tables of a track: how long its samples last and where they lie.

Tables are read as arrays, so that one of a million entries costs milliseconds and no more memory than itself.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.media.formats import FormatError
from services.media.formats.isobmff.boxes import Box

_MOST_DURATION_RUNS = 500_000
_SIGNED_LIMIT = 1 << 31


@dataclass(frozen=True, slots=True)
class Samples:
    """Where the samples of a track lie. Arrays are int64."""

    count: int
    uniform: int
    sizes: NDArray[np.int64]
    """Of each sample in bytes; empty where all are `uniform`."""
    chunk_offsets: NDArray[np.int64]
    chunk_firsts: NDArray[np.int64]
    """The number of each chunk's first sample."""
    sync: NDArray[np.int64] | None
    """Numbers (from 0) of the samples that decode by themselves; None: all of them."""

    def size(self, sample: int) -> int:
        return int(self.sizes[sample]) if len(self.sizes) else self.uniform

    def position(self, sample: int) -> int:
        """The offset of a sample in the file."""
        chunk = int(np.searchsorted(self.chunk_firsts, sample, side="right")) - 1
        first = int(self.chunk_firsts[chunk])
        before = int(self.sizes[first:sample].sum()) if len(self.sizes) else self.uniform * (sample - first)
        return int(self.chunk_offsets[chunk]) + before

    @property
    def end(self) -> int:
        """The offset behind the sample that lies farthest back."""
        if not self.count:
            return 0
        firsts = np.minimum(self.chunk_firsts, self.count)
        lasts = np.append(firsts[1:], self.count)
        if len(self.sizes):
            sums = np.concatenate((np.zeros(1, np.int64), np.cumsum(self.sizes)))
            lengths = sums[lasts] - sums[firsts]
        else:
            lengths = (lasts - firsts) * self.uniform
        return int((self.chunk_offsets + lengths)[lasts > firsts].max(initial=0))


def _array(data: bytes, at: int, count: int, kind: str, end: int) -> NDArray[np.int64]:
    width = np.dtype(kind).itemsize
    if at + count * width > end:
        raise FormatError("a table of the index is longer than its box")
    return np.frombuffer(data, kind, count, at).astype(np.int64)


def read_durations(data: bytes, box: Box | None) -> tuple[int, int, int]:
    """(sum of all samples' durations, the longest one, count of samples) of an stts box; durations in ticks."""
    if box is None:
        return 0, 0, 0
    (count,) = struct.unpack_from(">I", data, box.start + 4)
    if count > _MOST_DURATION_RUNS:
        raise FormatError("the table of durations is too long")
    pairs = _array(data, box.start + 8, count * 2, ">u4", box.end)
    counts, deltas = pairs[0::2], pairs[1::2]
    if len(deltas) and int(deltas.max()) >= _SIGNED_LIMIT:
        raise FormatError("a sample lasts less than nothing")
    # Python's whole numbers: 2³² × 2³¹ many times over does not fit into 64 bits.
    total = sum(a * b for a, b in zip(counts.tolist(), deltas.tolist(), strict=True))
    return total, int(deltas.max(initial=0)), int(counts.sum())


def read_samples(data: bytes, table: dict[bytes, Box]) -> Samples:
    if not {b"stsz", b"stsc"} <= table.keys() or not ({b"stco", b"co64"} & table.keys()):
        raise FormatError("the index lacks the tables that say where the pictures are")
    box = table[b"stsz"]
    uniform, count = struct.unpack_from(">II", data, box.start + 4)
    sizes = np.zeros(0, np.int64) if uniform else _array(data, box.start + 12, count, ">u4", box.end)
    wide = b"co64" in table
    box = table[b"co64" if wide else b"stco"]
    (chunks,) = struct.unpack_from(">I", data, box.start + 4)
    offsets = _array(data, box.start + 8, chunks, ">u8" if wide else ">u4", box.end)
    if chunks and int(offsets.min()) < 0:
        raise FormatError("a chunk lies beyond every file")
    firsts = _chunk_firsts(data, table[b"stsc"], chunks)
    if count and (not chunks or int(firsts[-1]) < count):
        raise FormatError("the index has more pictures than places for them")
    return Samples(
        count=count,
        uniform=uniform,
        sizes=sizes,
        chunk_offsets=offsets,
        chunk_firsts=firsts[:-1],
        sync=_sync(data, table.get(b"stss"), count),
    )


def _chunk_firsts(data: bytes, box: Box, chunks: int) -> NDArray[np.int64]:
    """The number of the first sample of each chunk, and behind them the count of samples that chunks have room for."""
    (runs,) = struct.unpack_from(">I", data, box.start + 4)
    table = _array(data, box.start + 8, runs * 3, ">u4", box.end).reshape(-1, 3)
    begins = np.append(np.minimum(table[:, 0] - 1, chunks), chunks)
    if chunks and (not runs or begins[0] != 0):
        raise FormatError("the table of chunks does not begin with the first one")
    lengths = np.diff(begins)
    if len(lengths) and int(lengths.min()) < 0:
        raise FormatError("the table of chunks is out of order")
    per_chunk = np.repeat(table[:, 1], lengths)
    return np.concatenate((np.zeros(1, np.int64), np.cumsum(per_chunk)))


def _sync(data: bytes, box: Box | None, samples: int) -> NDArray[np.int64] | None:
    if box is None:
        return None
    (count,) = struct.unpack_from(">I", data, box.start + 4)
    numbers = _array(data, box.start + 8, count, ">u4", box.end) - 1
    return numbers[(numbers >= 0) & (numbers < samples)]
