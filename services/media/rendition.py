"""Public renditions: pictures rebuilt from pixels, upright, in sRGB, without a byte of the original's metadata."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image, ImageCms, ImageOps

from services.media.formats.isobmff import read_movie
from services.media.source import Ranges, Source
from services.media.video.layout import walk
from services.media.video.probe import poster

LONG_SIDE = 1600
"""pixels; a smaller picture keeps its size"""
_QUALITY = 82
_FORMATS = ("JPEG", "PNG")
# Pillow's names turn the other way round than the matrix of a track.
_QUARTER_TURNS = {
    1: Image.Transpose.ROTATE_270,
    2: Image.Transpose.ROTATE_180,
    3: Image.Transpose.ROTATE_90,
}


class NothingToRenderError(ValueError):
    """The file holds no picture that could be shown."""


@dataclass(frozen=True, slots=True)
class Rendition:
    """A JPEG file and its pixels."""

    content: bytes
    width: int
    height: int


def render_photo(source: Source) -> Rendition:
    """A JPEG of at most LONG_SIDE pixels. Raises OSError, ValueError where the file cannot be decoded."""
    whole = source.whole()
    if whole is None:
        raise NothingToRenderError("too large to be read whole")
    Image.MAX_IMAGE_PIXELS = None  # the judge has bounded the pixels of whatever comes here
    with Image.open(io.BytesIO(whole.data), formats=_FORMATS) as picture:
        # The decoder itself leaves out what a smaller picture does not need. It never goes below the size that is asked
        # for in either direction, so that size has to have the picture's own proportions, or nothing is left out.
        picture.draft(None, _within(LONG_SIDE, *picture.size))
        return _rebuilt(picture)


def render_poster(source: Source) -> Rendition:
    """A picture of a video, turned as players turn it. Raises FormatError, NothingToRenderError."""
    ranges = Ranges(source)
    index = walk(ranges).index
    tracks = read_movie(index).tracks if index is not None else ()
    for track in tracks:
        shown = poster(ranges, track) if track.handler == "vide" else None
        if shown is not None:
            upright = _QUARTER_TURNS.get(track.quarter_turns)
            picture: Image.Image = shown.to_image()  # type: ignore[no-untyped-call]  # PyAV leaves its keywords untyped
            return _rebuilt(picture.transpose(upright) if upright is not None else picture)
    raise NothingToRenderError("no picture decodes")


def _within(side: int, width: int, height: int) -> tuple[int, int]:
    """The size of a picture that is made to fit a square of `side` pixels, its proportions kept; none gets larger."""
    scale = min(1.0, side / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _rebuilt(picture: Image.Image) -> Rendition:
    profile = picture.info.get("icc_profile")
    upright = ImageOps.exif_transpose(picture)
    upright.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.BICUBIC, reducing_gap=2.0)
    plain = _in_srgb(upright, profile)
    # Pillow carries comments and profiles from one picture to the next; pixels alone carry nothing.
    clean = Image.frombytes("RGB", plain.size, plain.tobytes())
    out = io.BytesIO()
    clean.save(out, "JPEG", quality=_QUALITY, optimize=True, progressive=True)
    return Rendition(out.getvalue(), *clean.size)


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB pixels in sRGB; a colour profile that cannot be used is left out of account."""
    if profile and picture.mode in {"RGB", "CMYK", "L"}:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            return picture.convert("RGB")
        if converted is not None:
            return converted
    if picture.mode in {"RGBA", "LA", "P", "PA"}:  # a transparent PNG is shown on white
        upper = picture.convert("RGBA")
        white = Image.new("RGBA", upper.size, "white")
        return Image.alpha_composite(white, upper).convert("RGB")
    return picture.convert("RGB")
