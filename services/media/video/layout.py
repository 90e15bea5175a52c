"""Where things lie in the file: its top-level boxes, found with as few reads as they allow."""

from __future__ import annotations

from dataclasses import dataclass, field

from contracts.events import Finding
from services.media import findings as say
from services.media.formats import FormatError
from services.media.formats.isobmff import box_header
from services.media.source import Ranges

HEAD_BYTES = 4 * 1024
"""Enough for the brand and the first boxes; an index that begins in there is read to its end with one more request."""
_TAIL_BYTES = 256 * 1024
"""An index at the end is fetched with one request if no more than this lies behind the sample data."""
_NEXT_HEADERS = 64
"""Read along with an index at the beginning: the headers of what follows it, so that they cost no request."""
_MOST_INDEX_BYTES = 16 * 1024 * 1024
_MOST_TOP_BOXES = 64


@dataclass(slots=True)
class Layout:
    """Where the boxes of the file lie."""

    index: bytes | None = None
    index_first: bool = False
    """Whether it stands before the sample data, so that playing can begin at once."""
    data_seen: bool = False
    fragmented: bool = False
    findings: list[Finding] = field(default_factory=list)


def walk(ranges: Ranges) -> Layout:
    """Follow the top-level boxes; nothing of the sample data is read. Raises FormatError."""
    layout = Layout()
    at = 0
    for _ in range(_MOST_TOP_BOXES):
        if at >= ranges.size:
            break
        header = _plausible_header(_header_at(ranges, at))
        if header is None:
            _behind_the_end(ranges, at, layout)
            break
        size, kind = header
        until = at + size if size else ranges.size
        if until > ranges.size:
            layout.findings.append(say.truncated(ranges.size, until))
        layout.data_seen |= kind == b"mdat"
        layout.fragmented |= kind == b"moof"
        if kind == b"moov":
            layout.index_first = not layout.data_seen
            _take_index(ranges, at, until, layout)
        at = until
    else:
        raise FormatError(f"more than {_MOST_TOP_BOXES} boxes")
    if layout.index is None and not layout.findings:
        # A recording that was not closed: the index is written last.
        layout.findings.append(say.truncated(ranges.size))
    return layout


def _take_index(ranges: Ranges, at: int, until: int, layout: Layout) -> None:
    """Read the index; a second one is refused, since players may go by either."""
    if layout.index is not None:
        layout.findings.append(say.unreadable("视频有不止一个索引", "the video has more than one index"))
    elif until <= ranges.size:
        layout.index = _index(ranges, at, until)


def _header_at(ranges: Ranges, at: int) -> bytes:
    """The header of the box at `at`; if an index may stand there, as much of the rest of the file as will be needed."""
    left = ranges.size - at
    if left < 16 or ranges.has(at, 16):  # noqa: PLR2004 - the longest header
        return ranges.read(at, min(16, left))
    ranges.read(at, left if left <= _TAIL_BYTES else HEAD_BYTES)
    return ranges.read(at, 16)


def _plausible_header(head: bytes) -> tuple[int, bytes] | None:
    """Size and type, if a box begins like that."""
    try:
        size, kind, _ = box_header(head.ljust(16, b"\x00"))
    except FormatError:
        return None
    printable = kind.isascii() and kind.strip(b" ").isalnum()
    return (size, kind) if printable and len(head) >= 8 else None  # noqa: PLR2004 - a header


def _index(ranges: Ranges, start: int, until: int) -> bytes:
    if until - start > _MOST_INDEX_BYTES:
        raise FormatError(f"the index has {until - start} bytes")
    head = ranges.known(start, min(until - start, max(0, HEAD_BYTES - start)))
    if start < HEAD_BYTES < until:  # the beginning is known: only the rest is fetched
        data = head + ranges.read(start + len(head), until - start - len(head) + _NEXT_HEADERS)
    else:
        data = ranges.read(start, until - start)
    _, _, header = box_header(data[:16].ljust(16, b"\x00"))
    return data[header : until - start]


def _behind_the_end(ranges: Ranges, at: int, layout: Layout) -> None:
    """What stands where no box begins: padding, or something that does not belong there."""
    if layout.index is None or not layout.data_seen:
        raise FormatError(f"no box begins at byte {at}")
    left = ranges.size - at
    if ranges.read(at, min(left, HEAD_BYTES)).strip(b"\x00"):
        layout.findings.append(say.trailing_data("?", left))
