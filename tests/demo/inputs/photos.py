"""Photos as cameras make them: 12 megapixels, baseline JPEG with EXIF, 0.8 to 2.0 MB, no two alike."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from random import Random

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import ExifTags, Image

from tests.demo.inputs import scenes

PHOTO_LIMIT = 2 * 1024 * 1024
_CANVAS_SCALE = 4  # drawn at a quarter of the size, then scaled up: the grain carries the fine detail
_GRAIN_TILE = 512
# How a camera that was held upright stores what it saw, by the EXIF orientation that it writes.
_TURNED = {6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
_GRAIN_PEAK = 24


@dataclass(frozen=True, slots=True)
class PhotoPlan:
    """What one photo is to be like. `width` × `height` are the stored pixels, before the orientation is applied."""

    name: str
    seed: int
    width: int
    height: int
    camera: tuple[str, str]
    taken: datetime
    orientation: int
    gps: tuple[float, float] | None
    target_bytes: int


@cache
def _grain(width: int, height: int) -> NDArray[np.uint8]:
    """Film grain, 0 to _GRAIN_PEAK, alike in the channels; drawn once per process, taken from different places."""
    noise = np.random.default_rng(2017).normal(12.0, 4.2, (height + _GRAIN_TILE, width + _GRAIN_TILE))
    return np.repeat(np.clip(noise, 0, _GRAIN_PEAK).astype(np.uint8)[:, :, None], 3, axis=2)


def pixels(seed: int, width: int, height: int, orientation: int = 1) -> NDArray[np.uint8]:
    """A drawn scene of height × width × 3 bytes, with grain, turned so that `orientation` sets it upright again."""
    rng = Random(seed)
    across, down = width // _CANVAS_SCALE, height // _CANVAS_SCALE
    small = scenes.draw(rng, *((down, across) if orientation in _TURNED else (across, down)))
    if orientation in _TURNED:
        small = small.transpose(_TURNED[orientation])
    dimmed = small.point(lambda level: min(int(level), 255 - _GRAIN_PEAK))  # so that adding the grain cannot wrap round
    image = np.asarray(dimmed.resize((width, height), Image.Resampling.BILINEAR))
    top, left = rng.randrange(_GRAIN_TILE), rng.randrange(_GRAIN_TILE)
    return image + _grain(width, height)[top : top + height, left : left + width]


def _degrees(value: float) -> tuple[float, float, float]:
    whole = int(abs(value))
    minutes = (abs(value) - whole) * 60
    return float(whole), float(int(minutes)), round((minutes - int(minutes)) * 60, 2)


def exif_of(plan: PhotoPlan) -> bytes:
    """The EXIF block: maker, model, time of capture, orientation, exposure, and the place where a camera knew it."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Model] = plan.camera
    exif[ExifTags.Base.Orientation] = plan.orientation
    exif[ExifTags.Base.DateTime] = plan.taken.strftime("%Y:%m:%d %H:%M:%S")
    detail = exif.get_ifd(ExifTags.IFD.Exif)
    detail[ExifTags.Base.DateTimeOriginal] = plan.taken.strftime("%Y:%m:%d %H:%M:%S")
    detail[ExifTags.Base.ExposureTime] = 1 / (60 + plan.seed % 200)
    detail[ExifTags.Base.ISOSpeedRatings] = 100 * (1 + plan.seed % 8)
    detail[ExifTags.Base.ExifImageWidth], detail[ExifTags.Base.ExifImageHeight] = plan.width, plan.height
    if plan.gps is not None:
        place = exif.get_ifd(ExifTags.IFD.GPSInfo)
        latitude, longitude = plan.gps
        place[ExifTags.GPS.GPSLatitudeRef], place[ExifTags.GPS.GPSLatitude] = "N", _degrees(latitude)
        place[ExifTags.GPS.GPSLongitudeRef], place[ExifTags.GPS.GPSLongitude] = "E", _degrees(longitude)
    return exif.tobytes()


def segment(marker: int, payload: bytes) -> bytes:
    """A JPEG marker segment; `payload` is at most 65 533 bytes."""
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def with_exif(jpeg: bytes, exif: bytes) -> bytes:
    """The JPEG with an APP1 segment right after its start."""
    return jpeg[:2] + segment(0xE1, exif if exif.startswith(b"Exif\x00\x00") else b"Exif\x00\x00" + exif) + jpeg[2:]


def encode(image: NDArray[np.uint8], target: int, limit: int = PHOTO_LIMIT - 8192) -> bytes:
    """JPEG bytes near `target` and never over `limit`: the quality is corrected by what the first try weighs."""
    quality = 76
    jpeg: bytes = b""
    for _ in range(6):
        jpeg = simplejpeg.encode_jpeg(image, quality=quality, colorspace="RGB", colorsubsampling="420", fastdct=True)
        ratio = len(jpeg) / target
        if len(jpeg) <= limit and 0.88 <= ratio <= 1.15:
            return jpeg
        step = max(1, min(14, round(abs(ratio - 1) * 16)))
        quality = max(20, min(96, quality + (step if ratio < 1 else -step)))
    while len(jpeg) > limit:
        quality -= 6
        jpeg = simplejpeg.encode_jpeg(image, quality=quality, colorspace="RGB", colorsubsampling="420", fastdct=True)
    return jpeg


def photo(plan: PhotoPlan) -> bytes:
    """The file of one planned photo, EXIF included."""
    return with_exif(
        encode(pixels(plan.seed, plan.width, plan.height, plan.orientation), plan.target_bytes), exif_of(plan)
    )
