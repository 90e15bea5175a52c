"""The index as a whole: its header and its tracks."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from services.media.formats import FormatError
from services.media.formats.isobmff.boxes import Box, boxes, children
from services.media.formats.isobmff.edits import presented_seconds
from services.media.formats.isobmff.entries import Entry, read_entries
from services.media.formats.isobmff.samples import Samples, read_durations, read_samples

_MOST_TRACKS = 64
_ONE = 1 << 16  # 1.0 in 16.16 fixed point


@dataclass(frozen=True, slots=True)
class Track:
    """One track."""

    handler: str
    timescale: int
    ticks: int
    """The sum over all samples' durations (stts): what is really there, whatever the headers say."""
    longest_tick: int
    matrix: tuple[int, int, int, int]
    entries: tuple[Entry, ...]
    samples: Samples | None
    presented: float | None = None
    """Seconds that the edit list makes of it; None without one."""
    enabled: bool = True
    """Players leave out a track that is not."""

    @property
    def quarter_turns(self) -> int:
        """How many times the stored picture is turned clockwise by 90° before it is shown, 0 to 3."""
        a, b, c, d = self.matrix
        if abs(b) + abs(c) > abs(a) + abs(d):
            return 1 if b > c else 3
        return 2 if a + d < 0 else 0

    @property
    def mirrored(self) -> bool:
        """Whether the picture is turned over as well, as some telephones do with the camera on the user's side."""
        a, b, c, d = self.matrix
        return a * d - b * c < 0

    @property
    def rate(self) -> float:
        """Pictures in a second, on average: telephones lengthen and shorten them as light allows."""
        return self.samples.count * self.timescale / self.ticks if self.samples is not None and self.ticks else 0.0

    @property
    def seconds(self) -> float:
        """Of what is stored, or of what an edit list makes of it where that is longer by a second or more.

        A little more is no repetition: lists shift pictures against the sound by a few hundredths.
        """
        stored = self.ticks / self.timescale
        return self.presented if self.presented is not None and self.presented >= stored + 1 else stored


@dataclass(frozen=True, slots=True)
class Movie:
    """The index of a file."""

    header_seconds: float | None
    """What mvhd claims."""
    tracks: tuple[Track, ...]
    fragmented: bool


@dataclass(slots=True)
class _Header:
    timescale: int
    duration: int
    matrix: tuple[int, int, int, int] = field(default=(_ONE, 0, 0, _ONE))


def read_movie(data: bytes) -> Movie:
    """Read the content of a moov box. Raises FormatError."""
    try:
        return _movie(data)
    except (struct.error, IndexError) as error:
        raise FormatError(f"a box of the index ends too early: {error}") from error


def _movie(data: bytes) -> Movie:
    top = Box(b"moov", 0, len(data))
    parts = children(data, top)
    header = None
    if b"mvhd" in parts:
        header = _header(data, parts[b"mvhd"], matrix_gap=16)
    tracks = [child for child in boxes(data, top.start, top.end) if child.type == b"trak"]
    if len(tracks) > _MOST_TRACKS:
        raise FormatError(f"{len(tracks)} tracks; at most {_MOST_TRACKS} are read")
    read = (_track(data, box, header or _Header(0, 0)) for box in tracks)
    return Movie(
        header_seconds=header.duration / header.timescale if header and header.timescale else None,
        tracks=tuple(track for track in read if track is not None),
        fragmented=b"mvex" in parts,
    )


def _header(data: bytes, box: Box, *, matrix_gap: int | None = None) -> _Header:
    """Timescale and duration of mvhd and mdhd; `matrix_gap` bytes further on stands a matrix (mvhd)."""
    at = box.start + (4 + 16 if data[box.start] == 1 else 4 + 8)
    shape = ">IQ" if data[box.start] == 1 else ">II"
    timescale, duration = struct.unpack_from(shape, data, at)
    if matrix_gap is None:
        return _Header(timescale, duration)
    return _Header(timescale, duration, _matrix(data, at + struct.calcsize(shape) + matrix_gap))


def _matrix(data: bytes, at: int) -> tuple[int, int, int, int]:
    a, b, _u, c, d = struct.unpack_from(">5i", data, at)
    return a, b, c, d


def _product(m: tuple[int, int, int, int], n: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    a, b, c, d = m
    e, f, g, h = n
    return (a * e + b * g) // _ONE, (a * f + b * h) // _ONE, (c * e + d * g) // _ONE, (c * f + d * h) // _ONE


def _track(data: bytes, box: Box, movie: _Header) -> Track | None:
    """One trak box; None for a track without media."""
    parts = children(data, box)
    if b"mdia" not in parts or b"tkhd" not in parts:
        return None
    media = children(data, parts[b"mdia"])
    if not {b"hdlr", b"mdhd", b"minf"} <= media.keys():
        return None
    handler = data[media[b"hdlr"].start + 8 : media[b"hdlr"].start + 12].decode("latin-1")
    inner = children(data, media[b"minf"])
    if b"stbl" not in inner:
        return None
    table = children(data, inner[b"stbl"])
    header = _header(data, media[b"mdhd"])
    if header.timescale == 0:
        raise FormatError("a track has no time scale")
    start = parts[b"tkhd"].start
    matrix = _matrix(data, start + (4 + 32 if data[start] == 1 else 4 + 20) + 16)
    ticks, longest, timed = read_durations(data, table.get(b"stts"))
    picture = handler == "vide"
    samples = read_samples(data, table) if picture else None
    if samples is not None and samples.count != timed:
        raise FormatError(f"{samples.count} pictures, but durations for {timed}")
    return Track(
        handler=handler,
        timescale=header.timescale,
        ticks=ticks,
        longest_tick=longest,
        matrix=_product(matrix, movie.matrix),
        entries=read_entries(data, table.get(b"stsd"), picture=picture),
        samples=samples,
        presented=_presented(data, parts.get(b"edts"), movie.timescale, header.timescale, ticks),
        enabled=bool(data[start + 3] & 1),
    )


def _presented(data: bytes, edits: Box | None, movie_scale: int, track_scale: int, ticks: int) -> float | None:
    listed = children(data, edits).get(b"elst") if edits is not None else None
    if listed is None or not movie_scale:
        return None
    return presented_seconds(
        data, listed, movie_scale=movie_scale, track_scale=track_scale, media_seconds=ticks / track_scale
    )
