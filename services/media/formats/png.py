"""A PNG file's structure, and whether its image data hold every line. PNG specification (third edition), 5 to 11.

Decoders fill what is missing with black and say nothing: that all lines are there is seen from the inflated data.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from services.media.formats import Data, FormatError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER = struct.Struct(">IIBBBBB")
_MOST_CHUNKS = 100_000
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_PALETTE = 3
_DEPTHS = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
# Adam7: first column, first line, steps to the next ones.
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_LAST_FILTER = 4
_PIECE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Png:
    """What the chunks of one picture say."""

    width: int
    height: int
    bits: int
    """Of one pixel."""
    interlaced: bool
    image_data: tuple[tuple[int, int], ...]
    """Where the compressed lines stand: offsets of beginning and end."""
    end: int | None
    """The offset behind the IEND chunk; None if the file ends before."""


def read_png(data: Data) -> Png:
    """Walk the chunks. Raises FormatError where they do not hold together."""
    header = data[8:33]
    if data[:8] != SIGNATURE or len(header) < 25 or header[:8] != b"\x00\x00\x00\x0dIHDR":  # noqa: PLR2004 - chunk, CRC
        raise FormatError("no header chunk (IHDR) at the beginning")
    width, height, depth, color, compression, filtering, interlace = _HEADER.unpack_from(header, 8)
    if not (0 < width < 1 << 31 and 0 < height < 1 << 31):
        raise FormatError(f"a picture of {width}×{height} pixels")
    if depth not in _DEPTHS.get(color, ()) or compression or filtering or interlace > 1:
        raise FormatError(f"depth {depth}, colour type {color}, methods {compression}, {filtering}, {interlace}")
    lines: list[tuple[int, int]] = []
    palette = False
    end = None
    for kind, begin, until in _chunks(data):
        if kind == b"IDAT":
            lines.append((begin, until))
        elif kind == b"PLTE":
            palette = True
        elif kind == b"IEND":
            end = until + 4
    if end is not None and not lines:
        raise FormatError("no image data (IDAT)")
    if color == _PALETTE and lines and not palette:
        raise FormatError("no palette (PLTE)")
    return Png(width, height, depth * _CHANNELS[color], bool(interlace), tuple(lines), end)


def _chunks(data: Data) -> Iterator[tuple[bytes, int, int]]:
    """(type, beginning and end of the content) of every whole chunk up to IEND. Raises FormatError."""
    at = len(SIGNATURE)
    for _ in range(_MOST_CHUNKS):
        if at + 12 > len(data):
            return
        length = int.from_bytes(data[at : at + 4])
        kind, begin, until = bytes(data[at + 4 : at + 8]), at + 8, at + 8 + length
        if not (kind.isascii() and kind.isalpha()):
            raise FormatError(f"no chunk begins at byte {at}")
        if until + 4 > len(data):
            return
        if zlib.crc32(data[at + 4 : until]) != int.from_bytes(data[until : until + 4]):
            raise FormatError(f"the checksum of the chunk {kind.decode()} at byte {at} is wrong")
        yield kind, begin, until
        if kind == b"IEND":
            return
        at = until + 4
    raise FormatError(f"more than {_MOST_CHUNKS} chunks")


def check_lines(data: Data, png: Png) -> None:
    """Inflate the picture, a piece at a time and no more than it holds. Raises FormatError if a line is not there."""
    inflated = _Inflated(data, png)
    try:
        for width, height in _passes(png):
            stride = 1 + -(-width * png.bits // 8)
            at_once = max(1, _PIECE // stride)
            for line in range(0, height, at_once):
                wanted = min(at_once, height - line) * stride
                lines = inflated.take(wanted)
                if len(lines) < wanted:
                    raise FormatError(f"the image data end at line {line + len(lines) // stride} of {height}")
                if max(lines[::stride]) > _LAST_FILTER:
                    raise FormatError(f"an unknown filter behind line {line}")
        inflated.take(1)  # the checksum stands behind the last line
    except zlib.error as error:
        raise FormatError(f"the image data cannot be inflated: {error}") from error


def _passes(png: Png) -> Iterator[tuple[int, int]]:
    """Width and height of each part that is stored by itself."""
    if not png.interlaced:
        yield png.width, png.height
        return
    for left, top, across, down in _PASSES:
        width, height = -(-(png.width - left) // across), -(-(png.height - top) // down)
        if width > 0 and height > 0:
            yield width, height


class _Inflated:
    """The decompressed image data, taken from the front."""

    def __init__(self, data: Data, png: Png) -> None:
        self._pieces = iter(png.image_data)
        self._data = data
        self._inflate = zlib.decompressobj()
        self._input = b""

    def take(self, count: int) -> bytes:
        """`count` bytes, fewer where the data end. Raises zlib.error."""
        out = bytearray()
        while len(out) < count and not self._inflate.eof:
            room = count - len(out)
            got = self._inflate.decompress(self._input, room)
            self._input = self._inflate.unconsumed_tail
            out += got
            # With room left and nothing more to read, what is known is used up.
            if len(got) < room and not self._input and not self._inflate.eof:
                piece = next(self._pieces, None)
                if piece is None:
                    break
                self._input = self._data[piece[0] : piece[1]]
        return bytes(out)
