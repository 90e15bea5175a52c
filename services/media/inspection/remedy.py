"""Whether a video plays in browsers as it is, and what has to be done about it if not. Pure."""

from __future__ import annotations

from enum import StrEnum

LONG_SIDE, SHORT_SIDE = 1920, 1080
"""The largest picture that is made, in pixels."""
MOST_RATE = 60
"""Pictures a second; of more, some are left out."""


class Remedy(StrEnum):
    """What makes a video play in browsers."""

    NONE = "none"
    """It does already."""
    REMUX = "remux"
    """The same pictures, in another container or with other sound."""
    ENCODE = "encode"
    """The pictures coded anew."""


def remedy_for(*, container: str, index_first: bool, pictures_play: bool, sound: str | None) -> Remedy:
    """`sound`: how it is coded (FFmpeg's name), None if there is none.

    An index at the end plays, too, but only once the browser has asked for the end: a copy with the index first begins
    at once. Sound other than AAC plays in some browsers and is missing in others.
    """
    if not pictures_play:
        return Remedy.ENCODE
    if container == "MP4" and index_first and sound in {None, "aac"}:
        return Remedy.NONE
    return Remedy.REMUX


def fitted(width: float, height: float) -> tuple[int, int]:
    """The size of an upright picture that is made of one of so many square pixels; even, as H.264 needs it."""
    long, short = max(width, height), min(width, height)
    scale = min(1.0, LONG_SIDE / long, SHORT_SIDE / short)
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)
