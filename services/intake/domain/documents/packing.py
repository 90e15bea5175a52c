"""Archives: what lies in them, under which names, in which order."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from services.intake.domain.documents.papers import Paper
from services.intake.domain.documents.texts import one_line

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
_MAX_NAME_BYTES = 160
"""Of UTF-8: file systems allow 255 for a name, and folders come before it."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in object storage. `sha256` is known once it has been accepted."""

    path: str
    bucket: str
    key: str
    size: int
    sha256: str | None


@dataclass(frozen=True, slots=True)
class MadeFile:
    """A small file whose content is at hand."""

    path: str
    content: bytes


@dataclass(frozen=True, slots=True)
class PaperFile:
    """A paper that is made when its turn comes; its path has the ending that its kind asks for."""

    path: str
    paper: Paper
    title: str
    kind: str


PackedFile = StoredFile | MadeFile | PaperFile


@dataclass(frozen=True, slots=True)
class Archive:
    """What is packed, in this order; the list of digests comes last, once all have been seen.

    `files` may be an iterator that reads on as it is taken: of a campaign nobody holds all of it at once.
    """

    name: str
    folder: str
    files: Iterable[PackedFile]


def file_name(given: str, fallback: str = "file") -> str:
    """A name that every file system takes: no path, nothing reserved, not too long, its ending kept."""
    name = _FORBIDDEN.sub("_", one_line(given)).strip(" .")
    if not name or set(name) == {"_"}:
        name = fallback
    if _RESERVED.fullmatch(name):
        name = f"_{name}"
    stem, dot, ending = name.rpartition(".")
    tail = f"{dot}{ending}" if stem and len(ending.encode()) <= 10 else ""  # noqa: PLR2004 - .jpeg, .mp4 and the like
    stem = stem if tail else name
    room = _MAX_NAME_BYTES - len(tail.encode())
    return stem.encode()[:room].decode(errors="ignore") + tail
