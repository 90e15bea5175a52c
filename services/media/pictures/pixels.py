"""From a file to pixels: decoded no larger than needed, upright, in sRGB. Nothing else of the file comes along."""

from __future__ import annotations

import io

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from contracts.storage import LARGE
from services.media.formats.isobmff import read_movie
from services.media.formats.jpeg import exif_orientation
from services.media.source import Ranges, Source
from services.media.video.layout import walk
from services.media.video.probe import poster

_FORMATS = ("JPEG", "PNG")
# Pillow's names turn the other way round than the matrix of a track.
_QUARTER_TURNS = {
    1: Image.Transpose.ROTATE_270,
    2: Image.Transpose.ROTATE_180,
    3: Image.Transpose.ROTATE_90,
}
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes a picture upright, by the orientation that EXIF says."""
_LEAST_SWSCALE_SIDE = 16
_STEPS = 9
_SAME_COLOR = 3
"""Of 256: a profile that moves no colour further is sRGB by another name (and nearly all are)."""


class NothingToRenderError(ValueError):
    """The file holds no picture that could be shown."""


def open_photo(source: Source) -> Image.Image:
    """A photo, its decoding not begun. Raises OSError, ValueError where it cannot be opened."""
    whole = source.whole()
    if whole is None:
        raise NothingToRenderError("too large to be read whole")
    Image.MAX_IMAGE_PIXELS = None  # the judge has bounded the pixels of whatever comes here
    return Image.open(io.BytesIO(whole.data), formats=_FORMATS)


def photo_pixels(photo: Image.Image) -> Image.Image:
    """RGB of at most LARGE pixels a side. Raises OSError, ValueError where the photo cannot be decoded."""
    # The decoder itself leaves out what a smaller picture does not need. It never goes below the size that is asked
    # for in either direction, so that size has to have the picture's own proportions, or nothing is left out.
    photo.draft(None, within(LARGE, *photo.size))
    return _rebuilt(photo)


def video_pixels(source: Source) -> Image.Image:
    """A picture of a video, turned as players turn it, like a photo's. Raises FormatError, NothingToRenderError."""
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


def within(side: int, width: int, height: int) -> tuple[int, int]:
    """The size of a picture that is made to fit a square of `side` pixels, its proportions kept; none gets larger."""
    scale = min(1.0, side / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def scaled(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The picture in this size, which is not larger than its own."""
    if picture.size == size:
        return picture
    if picture.mode == "RGB" and min(size) >= _LEAST_SWSCALE_SIDE:
        return _scaled_by_area(picture, size)
    return picture.resize(size, Image.Resampling.HAMMING, reducing_gap=1.5)


def _scaled_by_area(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Two thirds of the time that Pillow takes, and as near to Lanczos' result: 51 dB, where JPEG is 40.

    In planes of red, green and blue: anything else FFmpeg would mix into luma and half as much colour first.
    """
    frame = av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")
    planes = frame.reformat(*size, format="gbrp", interpolation="AREA", threads=1)
    return Image.fromarray(planes.reformat(format="rgb24", threads=1).to_ndarray())


def _rebuilt(picture: Image.Image) -> Image.Image:
    profile = picture.info.get("icc_profile")
    small = scaled(_scalable(picture), within(LARGE, *picture.size))
    small.info = picture.info
    plain = _in_srgb(_upright(small, picture), profile)
    # Pillow carries comments and profiles from one picture to the next; pixels alone carry nothing.
    bare = plain.copy()
    bare.info = {}
    return bare


def _upright(small: Image.Image, picture: Image.Image) -> Image.Image:
    """Turned as the judge reads it, so that picture and facts agree; Pillow's own reading fails on damaged EXIF."""
    exif: bytes = picture.info.get("exif", b"") if picture.format in {"JPEG", "MPO"} else b""
    turn = _TURNS.get(exif_orientation(exif.removeprefix(b"Exif\0\0")))
    return small.transpose(turn) if turn is not None else small


def _scalable(picture: Image.Image) -> Image.Image:
    """The picture with samples of 8 bits that can be mixed: no numbers of a palette, no colour that means nothing."""
    if picture.mode.startswith("I"):  # a PNG of 16 bits
        return Image.fromarray((np.asarray(picture).astype(np.int32) >> 8).astype(np.uint8))
    if picture.mode in {"P", "PA"} or "transparency" in picture.info:
        return picture.convert("RGBA")
    return picture.convert("L") if picture.mode == "1" else picture


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB pixels in sRGB; a colour profile that cannot be used is left out of account."""
    if profile and picture.mode in {"RGB", "CMYK", "L"}:
        try:
            transform = _to_srgb(profile, picture.mode)
            if transform is not None:
                converted = ImageCms.applyTransform(picture, transform)
                if converted is not None:
                    return converted
        except (ImageCms.PyCMSError, OSError, ValueError):
            return picture.convert("RGB")
    if picture.mode in {"RGBA", "LA"}:  # a transparent PNG is shown on white
        upper = picture.convert("RGBA")
        white = Image.new("RGBA", upper.size, "white")
        return Image.alpha_composite(white, upper).convert("RGB")
    return picture.convert("RGB")


def _to_srgb(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """None if it would change nothing that can be seen. Raises PyCMSError, OSError, ValueError."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    if mode != "RGB":
        return transform
    before = _every_color()
    after = ImageCms.applyTransform(Image.fromarray(before), transform)
    moved = np.abs(np.asarray(after, np.int16) - before).max()
    return transform if moved > _SAME_COLOR else None


def _every_color() -> NDArray[np.uint8]:
    """A picture of colours from all over the cube."""
    steps = np.linspace(0, 255, _STEPS).astype(np.uint8)
    return np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(_STEPS * _STEPS, _STEPS, 3)
