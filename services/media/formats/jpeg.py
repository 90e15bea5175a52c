"""A JPEG file's structure: frame, scans, orientation, and what stands behind its end. ITU-T T.81, annex B.

Nothing is decoded here, so that a file can be refused before it costs a decoder anything.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field

from services.media.formats import Data, FormatError

_SOI, _EOI, _SOS, _DQT = 0xD8, 0xD9, 0xDA, 0xDB
_APP1, _APP2 = 0xE1, 0xE2
_APPLICATION = range(0xE0, 0xF0)
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})
# SOF markers (table B.1): every code from C0 to CF but DHT (C4), JPG (C8) and DAC (CC).
_FRAMES = {
    0xC0: "baseline",
    0xC1: "extended",
    0xC2: "progressive",
    0xC3: "lossless",
    **dict.fromkeys((0xC5, 0xC6, 0xC7), "hierarchical"),
    **dict.fromkeys((0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF), "arithmetic"),
    0xF7: "JPEG-LS",  # ITU-T T.87
}
# The next marker in entropy-coded data: FF, then neither a stuffed 00, nor a fill FF, nor a restart marker.
_NEXT_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_MOST_MARKERS = 10_000
_ORIENTATION_TAG = 0x0112
_ONE_SHORT = (3, 1)
"""Type and count of the tag; browsers heed no other."""
_TURNED = frozenset({5, 6, 7, 8})


@dataclass(frozen=True, slots=True)
class Jpeg:
    """What the markers of one picture say. `width` × `height` are the stored pixels, before the orientation."""

    process: str
    precision: int
    width: int
    height: int
    components: int
    scans: int
    orientation: int
    scan_parameters: tuple[int, ...]
    """Where the spectral selection of each scan stands (3 bytes), for mending what some cameras write there."""
    application_markers: tuple[int, ...]
    """Where the second bytes of the APPn markers before the first scan stand: what decoders read besides pixels."""
    complete: bool
    """Whether the scans hold all of the picture, and not only a coarse outline or some of its colours."""
    multi_picture: bool
    end: int | None
    """The offset behind the EOI marker; None if there is none."""

    @property
    def displayed(self) -> tuple[int, int]:
        """(width, height) as a viewer shows it."""
        return (self.height, self.width) if self.orientation in _TURNED else (self.width, self.height)


@dataclass(slots=True)
class _Reading:
    frame: tuple[str, int, int, int, int] | None = None
    component_ids: bytes = b""
    missing_bits: dict[int, list[int]] = field(default_factory=dict)
    """By component: how many low bits of each coefficient have not come yet."""
    scans: int = 0
    orientation: int = 1
    exif_seen: bool = False
    scan_parameters: list[int] = field(default_factory=list)
    application_markers: list[int] = field(default_factory=list)
    multi_picture: bool = False


def read_jpeg(data: Data, start: int = 0) -> Jpeg:
    """Walk the markers of the picture that begins at `start`. Raises FormatError where they do not hold together."""
    if data[start : start + 2] != b"\xff\xd8":
        raise FormatError("no SOI marker at the beginning")
    reading = _Reading()
    position = start + 2
    end = None
    for _ in range(_MOST_MARKERS):
        found = _NEXT_MARKER.search(data, position)
        if found is None:
            break
        if not reading.scans and data[position : found.start()].strip(b"\xff"):
            raise FormatError(f"no marker where one has to be, at byte {position}")
        code = data[found.start() + 1]
        position = found.end()
        if code == _EOI:
            end = position
            break
        if code == _SOI:
            raise FormatError(f"a second SOI marker at byte {found.start()}")
        if code in _STANDALONE:
            continue
        segment = _segment(data, position)
        position += 2 + len(segment)
        if code in _APPLICATION and not reading.scans:
            reading.application_markers.append(found.start() + 1)
        _take(reading, code, segment, position)
    else:
        raise FormatError(f"more than {_MOST_MARKERS} markers")
    if reading.frame is None:
        raise FormatError("no frame header (SOF)")
    process, precision, height, width, components = reading.frame
    return Jpeg(
        process=process,
        precision=precision,
        width=width,
        height=height,
        components=components,
        scans=reading.scans,
        orientation=reading.orientation,
        scan_parameters=tuple(reading.scan_parameters),
        application_markers=tuple(reading.application_markers),
        complete=_complete(reading),
        multi_picture=reading.multi_picture,
        end=end,
    )


def _segment(data: Data, position: int) -> bytes:
    if position + 2 > len(data):
        raise FormatError(f"the file ends inside a segment, at byte {position}")
    length = int.from_bytes(data[position : position + 2])
    if length < 2 or position + length > len(data):  # noqa: PLR2004 - the length counts its own two bytes
        raise FormatError(f"a segment of {length} bytes does not fit, at byte {position}")
    return data[position + 2 : position + length]


def _take(reading: _Reading, code: int, segment: bytes, end: int) -> None:
    """Note what one segment says, which ends at `end`."""
    if code in _FRAMES and reading.frame is None:
        if len(segment) < 6:  # noqa: PLR2004 - precision, height, width, count of components
            raise FormatError("the frame header is too short")
        precision, height, width, components = struct.unpack_from(">BHHB", segment)
        reading.frame = (_FRAMES[code], precision, height, width, components)
        reading.component_ids = segment[6::3][:components]
    elif code == _SOS:
        reading.scans += 1
        reading.scan_parameters.append(end - 3)
        _note_scan(reading, segment)
    elif code == _DQT:
        _check_tables(segment)
    elif code == _APP1 and segment.startswith(b"Exif\x00") and not reading.exif_seen:
        reading.exif_seen = True
        reading.orientation = exif_orientation(segment[6:])
    elif code == _APP2 and segment.startswith(b"MPF\x00"):
        reading.multi_picture = True


_ALL_BITS = 99
"""More than any coefficient has: nothing of it has come."""


def _note_scan(reading: _Reading, segment: bytes) -> None:
    """What one scan adds (T.81, B.2.3 and G.1.1.1)."""
    count = segment[0] if segment else 0
    if len(segment) < 4 + 2 * count:
        raise FormatError("a scan header is too short")
    first, last, low = segment[1 + 2 * count], segment[2 + 2 * count], segment[3 + 2 * count] & 0x0F
    last = min(last, 63)
    for component in segment[1 : 1 + 2 * count : 2]:
        missing = reading.missing_bits.setdefault(component, [_ALL_BITS] * 64)
        missing[first : last + 1] = [low] * max(0, last + 1 - first)


def _complete(reading: _Reading) -> bool:
    """Whether every component has come, every coefficient that was begun to its last bit.

    Absent may be the fine detail of colour in a progressive picture: encoders leave out scans that would be all zero.
    What sequential scans say about coefficients is not asked: they hold all of them, and some cameras write nonsense.
    """
    if reading.frame is None or reading.frame[0] != "progressive":
        return all(component in reading.missing_bits for component in reading.component_ids)
    for number, component in enumerate(reading.component_ids):
        missing = reading.missing_bits.get(component)
        if missing is None or any(0 < bits < _ALL_BITS for bits in missing) or missing[0]:
            return False
        if number == 0 and any(missing):
            return False
    return True


def _check_tables(segment: bytes) -> None:
    """Quantisation tables whose first value is zero leave nothing of the picture."""
    at = 0
    while at < len(segment):
        wide = segment[at] >> 4
        if not any(segment[at + 1 : at + 2 + wide]):
            raise FormatError("a quantisation table is zero")
        at += 1 + (128 if wide else 64)


def exif_orientation(tiff: bytes) -> int:
    """The orientation, 1 to 8, in an EXIF block (TIFF 6.0, section 2); 1 if it says none that makes sense."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None or len(tiff) < 8:  # noqa: PLR2004 - a TIFF header
        return 1
    (directory,) = struct.unpack_from(f"{order}I", tiff, 4)
    if directory + 2 > len(tiff):
        return 1
    (count,) = struct.unpack_from(f"{order}H", tiff, directory)
    for index in range(count):
        at = directory + 2 + 12 * index
        if at + 12 > len(tiff):
            break
        tag, kind, values, value = struct.unpack_from(f"{order}HHIH", tiff, at)
        if tag == _ORIENTATION_TAG:
            sound = (kind, values) == _ONE_SHORT and 1 <= value <= 8  # noqa: PLR2004 - the values of the standard
            return value if sound else 1
    return 1


_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "ZIP"),
    (b"PK\x05\x06", "ZIP"),
    (b"Rar!\x1a\x07", "RAR"),
    (b"7z\xbc\xaf\x27\x1c", "7Z"),
    (b"%PDF-", "PDF"),
    (b"\x7fELF", "ELF"),
    (b"\xca\xfe\xba\xbe", "JAVA"),
    (b"<?php", "PHP"),
    (b"<script", "HTML"),
    (b"<html", "HTML"),
    (b"<!doctype", "HTML"),
    (b"__HALT_COMPILER", "PHP"),
)
# Too short to be looked for anywhere in a maker's binary block: only where the tail begins.
_BEGINNINGS = ((b"<?=", "PHP"), (b"<%", "JSP"), (b"#!/", "SCRIPT"))
_PADDING = b"\x00\xff\r\n\t "
_PROGRAM = re.compile(rb"MZ.{58}", re.DOTALL)


def foreign_payload(data: Data, end: int) -> str | None:
    """The name of another file format that hides behind the picture's end, or None.

    What telephones append is no reason to refuse: further pictures (multi-picture format), a motion photo's video,
    makers' own blocks. Reviewers get nothing of it: what is shown is rebuilt from pixels.
    """
    tail = data[end:]
    if not tail.strip(_PADDING):
        return None
    lower = tail.lower()
    for magic, name in _FOREIGN:
        if magic.lower() in lower if name in {"PHP", "HTML"} else magic in tail:
            return name
    start = tail.lstrip(_PADDING)
    for magic, name in _BEGINNINGS:
        if start.startswith(magic):
            return name
    program = _PROGRAM.match(start)
    if program is not None:
        at = int.from_bytes(start[60:64], "little")
        if start[at : at + 4] == b"PE\x00\x00":
            return "EXE"
    return None
