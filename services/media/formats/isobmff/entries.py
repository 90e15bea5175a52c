"""Sample descriptions (stsd): how the samples of a track are coded."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from services.media.formats import FormatError
from services.media.formats.isobmff.boxes import Box, boxes

_MOST_ENTRIES = 16
_VISUAL_ENTRY_BYTES = 86
_CONFIGS = (b"avcC", b"hvcC", b"av1C", b"esds")
_HEVC_SPS = 33
_ES_DESCRIPTOR, _DECODER_DESCRIPTOR, _DECODER_SPECIFIC = 3, 4, 5
_DOLBY = (b"dvcC", b"dvvC")


@dataclass(frozen=True, slots=True)
class Entry:
    """One sample description: how the samples of a track are coded."""

    codec: str
    width: int = 0
    height: int = 0
    config: bytes = b""
    """What a decoder has to know beforehand: the content of avcC, hvcC, av1C or esds."""
    aspect: tuple[int, int] | None = None
    """Of one pixel, where a pasp box says so."""
    dolby_profile: int | None = None
    """Of Dolby Vision, where a box says that its enhancements are there."""


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
            if not inner.keys() & set(_CONFIGS) and codec.startswith(("avc", "hvc", "hev")):
                raise
        own = next((inner[kind] for kind in _CONFIGS if kind in inner), None)
        config = data[own.start : own.end] if own is not None else b""
        aspect = struct.unpack_from(">II", data, inner[b"pasp"].start) if b"pasp" in inner else None
        dolby = next((data[inner[kind].start + 2] >> 1 for kind in _DOLBY if kind in inner), None)
        found.append(Entry(codec, width, height, config, aspect, dolby))
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


def hevc_sps_of(config: bytes) -> tuple[bytes, ...]:
    """The sequence parameter sets in the content of an hvcC box; none where they stand in the samples (hev1)."""
    if len(config) < 23 or config[0] != 1:  # noqa: PLR2004 - version, profile, formats, count of arrays
        raise FormatError("the decoder configuration (hvcC) is damaged")
    found = []
    at = 23
    for _ in range(config[22]):
        kind, count = config[at] & 0x3F, int.from_bytes(config[at + 1 : at + 3])
        at += 3
        for _ in range(count):
            length = int.from_bytes(config[at : at + 2])
            unit = config[at + 2 : at + 2 + length]
            if len(unit) < length or not length:
                raise FormatError("the decoder configuration (hvcC) ends too early")
            if kind == _HEVC_SPS:
                found.append(unit)
            at += 2 + length
    return tuple(found)


def esds_of(config: bytes) -> tuple[int, bytes]:
    """(object type, what the decoder has to know) in the content of an esds box. ISO/IEC 14496-1, 7.2.6."""
    kind, what, at = 0, b"", 4
    while at + 2 <= len(config):
        tag = config[at]
        at += 1
        length = 0
        for _ in range(4):
            byte = config[at]
            at += 1
            length = length << 7 | byte & 0x7F
            if not byte & 0x80:
                break
        if tag == _ES_DESCRIPTOR:
            flags = config[at + 2]
            at += 3 + (2 if flags & 0x80 else 0) + (1 + config[at + 3] if flags & 0x40 else 0) + (flags >> 4 & 2)
        elif tag == _DECODER_DESCRIPTOR:
            kind = config[at]
            at += 13
        elif tag == _DECODER_SPECIFIC:
            what = config[at : at + length]
            break
        else:
            at += length
    return kind, what
