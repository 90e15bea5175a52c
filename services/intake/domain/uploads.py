"""Uploads: for how long one may be under way, and the parts that a large file is sent in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts import words
from services.intake.domain.errors import MalformedPartsError, UploadMissingError

MEBIBYTE = 1024 * 1024
PART_BYTES = 8 * MEBIBYTE
"""Every part but the last has this many bytes. Storage takes none below 5 MiB; a line that breaks costs one at most."""
IN_PARTS_FROM = 16 * MEBIBYTE
"""From this size on our own pages send a file in parts."""

FORM_LIFE = timedelta(minutes=60)
"""How long a file may take that is sent in one piece."""
PARTS_LIFE = timedelta(hours=23)
"""How long an upload in parts may take: broken off in the evening, it can be finished the next morning."""
LINK_LIFE = timedelta(minutes=15)
"""How long a link to send one part with is good; another one is made whenever it is asked for."""
ORPHANED_AFTER = timedelta(days=1)
"""What was not finished after this long, or was taken out as long ago, is cleaned away."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part that storage has. `etag` is what storage calls its content."""

    number: int
    size: int
    etag: str


def upload_until(now: datetime, ends: datetime, grace: timedelta, *, in_parts: bool) -> datetime:
    """When an upload that is begun now must be finished: in its time, and within the grace after the deadline."""
    return min(now + (PARTS_LIFE if in_parts else FORM_LIFE), ends + grace)


def lengths(size: int) -> dict[int, int]:
    """Each part's number and its exact length in bytes."""
    whole, rest = divmod(size, PART_BYTES)
    found = dict.fromkeys(range(1, whole + 1), PART_BYTES)
    return found | ({whole + 1: rest} if rest else {})


def wanted(size: int, numbers: Iterable[int]) -> dict[int, int]:
    """The lengths of these parts. Raises MalformedPartsError for a number that the file has not."""
    known = lengths(size)
    unknown = sorted(set(numbers) - known.keys())
    if unknown:
        raise MalformedPartsError(
            f"此文件共 {len(known)} 段，没有第 {unknown[0]} 段。",
            f"The file has {len(known)} parts; there is no part {unknown[0]}.",
            parts=len(known),
        )
    return {number: known[number] for number in sorted(set(numbers))}


def whole_parts(size: int, held: Iterable[Part]) -> dict[int, Part]:
    """The parts of the right length that storage has, by number; of several under one number, the last."""
    known = lengths(size)
    return {part.number: part for part in held if known.get(part.number) == part.size}


def check_complete(name: str, size: int, held: Mapping[int, Part]) -> list[Part]:
    """The parts in their order. Raises UploadMissingError, which names those that are not there."""
    known = lengths(size)
    missing = sorted(known.keys() - held.keys())
    if missing:
        raise UploadMissingError(
            f"{name} 共 {len(known)} 段，存储中还缺 {len(missing)} 段。"
            "请重新选择同一文件继续上传，已传的部分不会重传。",
            f"{name} has {len(known)} parts, and storage lacks {len(missing)} of them. "
            "Choose the same file again: what was sent is not sent twice.",
            parts=len(known),
            missing=missing,
        )
    return [held[number] for number in sorted(known)]


def nothing_there(name: str, size: int, allowed: int) -> UploadMissingError:
    """Storage has no such file: nobody but the sender saw whether it is still under way or was turned away."""
    return UploadMissingError(
        f"存储中没有 {name}：可能尚未传完，也可能被存储拒收。"
        f"存储只接收不超过 {words.size(allowed)}（{allowed} 字节）且不为空的文件；登记的大小为 {size} 字节。"
        "请核对文件大小，过大的另存为较小的文件，然后重新上传。",
        f"Storage does not hold {name}: it is still under way, or storage turned it away. "
        f"It takes files of 1 to {allowed} bytes; this one was announced with {size}. "
        "Check its size, save it smaller if need be, and upload it again.",
        given=size,
        allowed=allowed,
    )
