"""Which of the pictures of a file is shown where."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from contracts.events import Rendition
from contracts.storage import LARGE, SMALL
from services.intake.domain.entries import Material


class Side(IntEnum):
    """Pixels of the longer side that pictures are made with, at most."""

    SMALL = SMALL
    LARGE = LARGE


CONTENT_TYPES = {"JPEG": "image/jpeg", "WebP": "image/webp"}
WEBP = "WebP"
_JPEG = "JPEG"


@dataclass(frozen=True, slots=True)
class Picture:
    """How a page shows a file: the small picture's size, the widths there are, what is shown until it is there."""

    width: int
    height: int
    widths: tuple[tuple[int, int], ...]
    """(side as links name it, pixels wide), small first."""
    placeholder: str


def picture_of(material: Material) -> Picture | None:
    """None for a file of which no pictures were told of (yet)."""
    made = [one for one in (chosen(material, side, webp=False) for side in Side) if one is not None]
    if not made:
        return None
    sides = zip(Side, made, strict=False)
    widths = {rendition.width: int(side) for side, rendition in reversed(list(sides))}  # a little photo has but one
    return Picture(
        made[0].width, made[0].height, tuple((widths[width], width) for width in sorted(widths)), material.placeholder
    )


def chosen(material: Material, side: Side, *, webp: bool) -> Rendition | None:
    """The rendition made for this side: as WebP for a browser that takes it, else as JPEG, which all do."""
    made = {one.format: one for one in material.renditions if f"/{int(side)}." in one.key}
    return (made.get(WEBP) if webp else None) or made.get(_JPEG)
