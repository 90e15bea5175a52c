"""Public renditions: two sizes in two formats, and a few pixels to show until they are there."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass

from PIL import Image

from contracts.storage import LARGE, SMALL
from services.media.pictures.captured import Captured, captured
from services.media.pictures.fingerprint import Fingerprint, fingerprint
from services.media.pictures.pixels import open_photo, photo_pixels, scaled, video_pixels, within
from services.media.source import Source

_JPEG: Mapping[str, int] = {"quality": 82, "optimize": True}
_WEBP: Mapping[str, int] = {"quality": 78, "method": 0}
_BLURRED_SIDE = 16
_BLURRED: Mapping[str, int] = {"quality": 20, "method": 4}


@dataclass(frozen=True, slots=True)
class Picture:
    """A rendition: for which size it was made, and what came out."""

    side: int
    format: str
    width: int
    height: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Rendered:
    """What was made of one file, and read of it. `placeholder` is a source for <img>."""

    pictures: tuple[Picture, ...]
    placeholder: str
    fingerprint: Fingerprint | None = None
    captured: Captured | None = None


def render_photo(source: Source) -> Rendered:
    """Of a photo. Raises OSError, ValueError where it cannot be decoded."""
    with open_photo(source) as photo:
        private = captured(photo)
        return _rendered(photo_pixels(photo), looks=True, private=private)


def render_poster(source: Source) -> Rendered:
    """Of a video. Raises FormatError, NothingToRenderError."""
    return _rendered(video_pixels(source))


def _rendered(large: Image.Image, *, looks: bool = False, private: Captured | None = None) -> Rendered:
    """Each size is made of the one before, so that little is computed twice."""
    small = scaled(large, within(SMALL, *large.size))
    blurred = scaled(small, within(_BLURRED_SIDE, *small.size))
    pictures = tuple(
        Picture(side, kind, *picture.size, content)
        for side, picture in ((LARGE, large), (SMALL, small))
        for kind, content in (("JPEG", _saved(picture, "JPEG", _JPEG)), ("WebP", _saved(picture, "WEBP", _WEBP)))
    )
    placeholder = _data_uri(_saved(blurred, "WEBP", _BLURRED))
    return Rendered(pictures, placeholder, fingerprint(small) if looks else None, private)


def _saved(picture: Image.Image, kind: str, options: Mapping[str, int]) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def _data_uri(webp: bytes) -> str:
    return f"data:image/webp;base64,{base64.b64encode(webp).decode()}"
