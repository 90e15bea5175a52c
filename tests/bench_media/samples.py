"""Files that are measured with: photos of a number of pixels, videos of a number of bytes, each one of its own."""

from __future__ import annotations

import io
import itertools
import os
import time
from functools import cache

import numpy as np
from PIL import Image

from tests.media_corpus import photos, videos
from tests.media_corpus.kept import SOURCE, made_by_ffmpeg

MOST_PHOTO_BYTES = 2 * 1024 * 1024
SIZES = {1: (1152, 864), 4: (2304, 1728), 12: (4000, 3000), 24: (6000, 4000)}
"""Pixels by megapixels."""
KINDS = ("baseline", "progressive")
_QUALITIES = (92, 88, 84, 80, 75, 70, 60, 50, 40, 30)
_BEHIND = 8
_number = itertools.count()


@cache
def photo(megapixels: int, kind: str = "baseline") -> bytes:
    """As good as it gets in just under 2 MiB, which is what the notice asks for."""
    for quality in _QUALITIES:
        content = _jpeg(*SIZES[megapixels], quality=quality, progressive=kind == "progressive")
        if len(content) <= MOST_PHOTO_BYTES - 200:
            return content
    raise AssertionError("no quality gives less than 2 MiB")


def _jpeg(width: int, height: int, *, quality: int, progressive: bool) -> bytes:
    """Large ones are laid of four tiles: making the grain of one takes gigabytes."""
    if width * height <= 4000 * 3000:
        return photos.jpeg(width, height, quality=quality, progressive=progressive)
    tiled = np.tile(photos.pixels(width // 2, height // 2), (2, 2, 1))
    out = io.BytesIO()
    Image.fromarray(tiled).save(out, "JPEG", quality=quality, progressive=progressive)
    return out.getvalue()


def one_of_its_own(content: bytes) -> bytes:
    """The same photo as a file that nobody has sent before."""
    return photos.with_segment(content, 0xFE, f"{os.getpid()} {next(_number)} {time.time_ns()}".encode())


def one_video_of_its_own(content: bytes) -> bytes:
    """The same video with a box behind it that players pass over."""
    return content + videos.boxed(b"free", f"{os.getpid()} {next(_number)} {time.time_ns()}".encode())


def padded(content: bytes, size: int) -> bytes:
    """Free space behind the last box, up to so many bytes."""
    missing = size - len(content)
    return content + missing.to_bytes(4) + b"free" + bytes(missing - _BEHIND) if missing > _BEHIND else content


@cache
def three_minutes() -> bytes:
    """720 lines at 4.2 Mbit/s, index last: just under 100 MB."""
    rate = "4200k"
    return videos.made(seconds=180, fps=25, extra=("-b:v", rate, "-maxrate", rate, "-bufsize", rate))


@cache
def ten_megabytes() -> bytes:
    """Twenty seconds of the same."""
    rate = "4000k"
    return videos.made(seconds=20, fps=25, extra=("-b:v", rate, "-maxrate", rate, "-bufsize", rate))


@cache
def telephone(seconds: int = 180, *, lines: int = 1080) -> bytes:
    """HEVC at 8 Mbit/s with sound, held upside down: six seconds over and over, for just under so many."""
    coded = ("-preset", "ultrafast", "-b:v", "8M", "-x265-params", "log-level=0", "-tag:v", "hvc1")
    once = videos.made(lines * 16 // 9, lines, 6, 30, codec="libx265", extra=coded)
    again = ["-display_rotation", "180", "-stream_loop", str(seconds // 6), "-i", SOURCE, "-t", str(seconds - 1)]
    return made_by_ffmpeg([*again, "-c", "copy"], ".mp4", once)


def largest_photo(mode: str = "RGB") -> bytes:
    """As many pixels as are allowed, coded so that a decoder has to keep all of them: soft, or it would not fit."""
    across, down = np.linspace(0, 255, 8000), np.linspace(0, 255, 5000)
    soft = np.stack(np.broadcast_arrays(across, down[:, None], (across + down[:, None]) / 2), axis=-1)
    out = io.BytesIO()
    picture = Image.fromarray(soft.astype(np.uint8)).convert(mode)
    picture.save(out, "JPEG", quality=50, progressive=True, subsampling=0)
    return out.getvalue()
