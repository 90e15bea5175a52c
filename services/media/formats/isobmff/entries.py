"""Sample descriptions (stsd): how the samples of a track are coded."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from services.media.formats import FormatError
from services.media.formats.isobmff.boxes import Box, boxes

_MOST_ENTRIES = 16
_VISUAL_ENTRY_BYTES = 86


@dataclass(frozen=True, slots=True)
class Entry:
    """One sample description: how the samples of a track are coded."""

    codec: str
    width: int = 0
    height: int = 0
    config: bytes = b""
    """The content of avcC."""
    aspect: tuple[int, int] | None = None
    """Of one pixel, where a pasp box says so."""


def read_entries(data: bytes, box: Box | None, *, picture: bool) -> tuple[Entry, ...]:
    if box is None:
        return ()
    found: list[Entry] = []
    for entry in boxes(data, box.start + 8, box.end):
        if len(found) >= _MOST_ENTRIES:
            raise FormatError(f"more than {_MOST_ENTRIES} sample descriptions")
        codec = entry.type.decode("latin-1")
        if not picture or entry.end - entry.start < _VISUAL_ENTRY_BYTES - 8:
            found.append(Entry(codec))
            continue
        width, height = struct.unpack_from(">HH", data, entry.start + 24)
        # A zero word may end the list (QuickTime), hence the stop at what does not look like a box.
        inner: dict[bytes, Box] = {}
        try:
            for child in boxes(data, entry.start + _VISUAL_ENTRY_BYTES - 8, entry.end):
                inner.setdefault(child.type, child)
        except FormatError:
            if b"avcC" not in inner and codec.startswith("avc"):
                raise
        config = data[inner[b"avcC"].start : inner[b"avcC"].end] if b"avcC" in inner else b""
        aspect = struct.unpack_from(">II", data, inner[b"pasp"].start) if b"pasp" in inner else None
        found.append(Entry(codec, width, height, config, aspect))
    return tuple(found)


def sps_of(config: bytes) -> tuple[bytes, ...]:
    """The sequence parameter sets in the content of an avcC box. Raises FormatError."""
    if len(config) < 7 or config[0] != 1:  # noqa: PLR2004 - version, profile, levels, lengths, count
        raise FormatError("the decoder configuration (avcC) is damaged")
    found = []
    at = 6
    for _ in range(config[5] & 0x1F):
        length = int.from_bytes(config[at : at + 2])
        unit = config[at + 2 : at + 2 + length]
        if len(unit) < length or not length:
            raise FormatError("the decoder configuration (avcC) ends too early")
        found.append(unit)
        at += 2 + length
    return tuple(found)
