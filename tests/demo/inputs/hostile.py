"""Files that must be refused: one byte too large, cut in half, another format under a .jpg name."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from tests.demo.inputs.photos import PHOTO_LIMIT, PhotoPlan, photo, pixels, segment

_COMMENT = 0xFE
_LARGEST_SEGMENT = 65_537  # marker and length included


def padded(jpeg: bytes, size: int) -> bytes:
    """The same picture, grown to exactly `size` bytes by comment segments before its first frame."""
    missing = size - len(jpeg)
    if missing < 4:
        raise ValueError(f"the picture has {len(jpeg)} bytes already; it cannot be padded to {size}")
    comments = b""
    while missing:
        # Never leave a rest too small to be a segment of its own.
        length = missing if missing <= _LARGEST_SEGMENT else min(_LARGEST_SEGMENT, missing - 4)
        comments += segment(_COMMENT, b" " * (length - 4))
        missing -= length
    return jpeg[:2] + comments + jpeg[2:]


def one_byte_too_large(plan: PhotoPlan) -> bytes:
    """A whole and correct photo of 2 MB + 1 byte."""
    return padded(photo(plan), PHOTO_LIMIT + 1)


def cut_in_half(plan: PhotoPlan) -> bytes:
    """The first half of a photo, as a broken transfer leaves it."""
    whole = photo(plan)
    return whole[: len(whole) // 2]


def png(plan: PhotoPlan) -> bytes:
    """A PNG picture; its plan's name says .jpg."""
    buffer = BytesIO()
    Image.fromarray(pixels(plan.seed, 640, 480)).save(buffer, "PNG")
    return buffer.getvalue()
