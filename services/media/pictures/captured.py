"""When a photo was taken and with what, as its camera wrote down. Where it was taken is not read at all.

These are private: they go to media's own database, and from there to no event, no log and no page (docs/security.md).
"""

from __future__ import annotations

import re
import struct
import warnings
from dataclasses import dataclass
from datetime import datetime

from PIL import Image
from PIL.ExifTags import IFD, Base

_ZONE = re.compile(r"[+-]\d\d:\d\d")
_MOST = 80


@dataclass(frozen=True, slots=True)
class Captured:
    """`taken_at` by the camera's own clock, as ISO 8601 without a zone; `zone` as +08:00. Empty: not written down."""

    taken_at: str = ""
    zone: str = ""
    make: str = ""
    model: str = ""


def captured(photo: Image.Image) -> Captured | None:
    """None if nothing of it is written in the file, or nothing that can be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of damaged EXIF there is nothing to say to anybody
            main = photo.getexif()
            details = main.get_ifd(IFD.Exif)
    except (OSError, SyntaxError, ValueError, LookupError, TypeError, struct.error):  # what damaged EXIF is read as
        return None
    zone = _text(details.get(Base.OffsetTimeOriginal))
    found = Captured(
        taken_at=_time(details.get(Base.DateTimeOriginal)) or _time(details.get(Base.DateTimeDigitized)),
        zone=zone if _ZONE.fullmatch(zone) else "",
        make=_text(main.get(Base.Make)),
        model=_text(main.get(Base.Model)),
    )
    return None if found == Captured() else found


def _time(value: object) -> str:
    try:
        return datetime.strptime(_text(value), "%Y:%m:%d %H:%M:%S").isoformat()  # noqa: DTZ007 - cameras know no zone
    except ValueError:
        return ""


def _text(value: object) -> str:
    """What is to print of a text, and no more than any camera's name has."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return ""
    return "".join(one for one in value if one.isprintable()).strip()[:_MOST]
