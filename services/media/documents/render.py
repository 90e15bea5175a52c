"""Pages as PDFium draws them: to see whether there is anything on them, and the first one to show."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pypdfium2
from PIL import Image, ImageOps

from services.media.formats.sniff import HEAD_BYTES, JPEG, sniff
from services.media.source import Source

LOOK_SIDE = 600
"""pixels of the longer side when a page is looked at"""
SHOWN_SIDE = 1600
_QUALITY = 82
_POINT = 25.4 / 72
_DARKER_THAN_PAPER = 40
"""of 255: paper that was scanned is neither white nor even"""
_LEAST_INK = 50
"""pixels, of a page that was drawn with LOOK_SIDE: less than a line of print"""


class NoPageError(ValueError):
    """PDFium cannot open the file or the page; the message is its own."""


@dataclass(frozen=True, slots=True)
class Look:
    """A page that was drawn. Millimetres, as displayed."""

    width: float
    height: float
    blank: bool


class Pages:
    """The pages of a PDF, by number from 1."""

    def __init__(self, document: pypdfium2.PdfDocument) -> None:
        self._document = document
        self.count = len(document)

    def look(self, number: int) -> Look:
        """Raises NoPageError."""
        with self._page(number) as page:
            width, height = page.get_size()
            grey = page.render(scale=_scale(width, height, LOOK_SIDE), grayscale=True).to_numpy()
            paper = int(np.median(grey))
            ink = int(np.count_nonzero(np.abs(grey.astype(np.int16) - paper) > _DARKER_THAN_PAPER))
            blank = ink < _LEAST_INK and page.get_textpage().count_chars() == 0
        return Look(round(width * _POINT, 1), round(height * _POINT, 1), blank)

    def picture(self, number: int) -> Image.Image:
        """Raises NoPageError."""
        with self._page(number) as page:
            width, height = page.get_size()
            drawn: Image.Image = page.render(scale=_scale(width, height, SHOWN_SIDE)).to_pil()
            return drawn.convert("RGB")

    @contextmanager
    def _page(self, number: int) -> Iterator[pypdfium2.PdfPage]:
        try:
            page = self._document[number - 1]
            try:
                yield page
            finally:
                page.close()
        except pypdfium2.PdfiumError as error:
            raise NoPageError(str(error)) from error


@contextmanager
def pages_of(data: bytes) -> Iterator[Pages]:
    """Raises NoPageError."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise NoPageError(str(error)) from error
    try:
        yield Pages(document)
    finally:
        document.close()


def _scale(width: float, height: float, side: int) -> float:
    """No page is drawn larger than `side`, however large it claims to be, and none vanishes."""
    return side / max(width, height, 1.0)


def render_first_page(source: Source) -> tuple[bytes, int, int]:
    """(a JPEG, its width, its height). Raises NoPageError, OSError."""
    whole = source.whole()
    if whole is None:
        raise NoPageError("too large to be read whole")
    content = bytes(whole.data)
    if sniff(content[:HEAD_BYTES]) is JPEG:
        picture = _upright(content)
    else:
        with pages_of(content) as pages:
            picture = pages.picture(1)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=_QUALITY, optimize=True)
    return out.getvalue(), *picture.size


def _upright(content: bytes) -> Image.Image:
    Image.MAX_IMAGE_PIXELS = None  # the judge has bounded the pixels of whatever comes here
    with Image.open(io.BytesIO(content), formats=["JPEG"]) as picture:
        upright = ImageOps.exif_transpose(picture).convert("RGB")
    upright.thumbnail((SHOWN_SIDE, SHOWN_SIDE), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return Image.frombytes("RGB", upright.size, upright.tobytes())  # pixels alone carry no metadata
