"""What surrounds a PDF: its header, its end, and whatever else stands before, behind or around it. ISO 32000-1, 7.5.

Nothing of the file's objects is read here.
"""

from __future__ import annotations

from dataclasses import dataclass

from services.media.formats import Data

_HEADER = b"%PDF-"
_END = b"%%EOF"
HEADER_WITHIN = 1024
"""Readers look for the header within so many bytes (ISO 32000-1, annex H)."""
_PADDING = b"\x00\t\n\f\r \x1a"
_ZIP_ENTRY = b"PK\x01\x02"
_ZIP_END, _ZIP_END_BYTES, _ZIP_MOST_COMMENT = b"PK\x05\x06", 22, 0xFFFF
_MARKUP = (b"<html", b"<script", b"<!doctype", b"<?php", b"<svg")


@dataclass(frozen=True, slots=True)
class Envelope:
    """Where a PDF begins and ends in its file."""

    start: int | None
    """Bytes before the header; None if there is no header where readers look for one."""
    end: int | None
    """Behind the last end mark; None if there is none."""
    trailing: int
    """Bytes behind the end that are not mere padding."""
    other: str | None
    """Another format as which the file may be read as well."""


def read_envelope(data: Data) -> Envelope:
    start = data[: HEADER_WITHIN + len(_HEADER)].find(_HEADER)
    mark = data.rfind(_END)
    end = mark + len(_END) if mark >= 0 else None
    tail = data[end:] if end is not None else b""
    trailing = len(tail) if tail.strip(_PADDING) else 0
    return Envelope(start if start >= 0 else None, end, trailing, _other(data))


def looks_like_pdf(head: bytes) -> bool:
    """Whether readers would find a PDF's header in a file that begins like something else."""
    return _HEADER in head[: HEADER_WITHIN + len(_HEADER)]


def _other(data: Data) -> str | None:
    """A ZIP's directory is looked for from the end and a page's markup from the beginning, whatever stands between."""
    if any(word in data[:HEADER_WITHIN].lower() for word in _MARKUP):
        return "HTML"
    first = max(0, len(data) - _ZIP_END_BYTES - _ZIP_MOST_COMMENT)
    tail = data[first:]
    at = tail.rfind(_ZIP_END)
    while at >= 0:
        directory = first + at - int.from_bytes(tail[at + 12 : at + 16], "little")
        comment = int.from_bytes(tail[at + 20 : at + 22], "little")
        listed = directory >= 0 and data[directory : directory + 4] == _ZIP_ENTRY
        if listed or at + _ZIP_END_BYTES + comment == len(tail):
            return "ZIP"
        at = tail.rfind(_ZIP_END, 0, at)
    return None
