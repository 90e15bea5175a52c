"""The streams of a PDF, unpacked within bounds, and its pictures held to what photos are held to. ISO 32000-1, 7.4."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pikepdf import Array, Dictionary, Name, PdfError, Stream

from services.media.formats import FormatError
from services.media.formats.jpeg import read_jpeg
from services.media.photo import MOST_SCANS, decode_strictly

MOST_PIXELS = 80_000_000
"""Of one picture: A4 at 600 dpi has 35 million, A3 70."""
MOST_UNPACKED = 64 * 1024 * 1024
"""Bytes of one stream that is no picture."""
MOST_UNPACKED_IN_ALL = 256 * 1024 * 1024
_MOST_FILTERS = 4
_STEP = 1024 * 1024
_SHORT = {"/Fl": "/FlateDecode", "/DCT": "/DCTDecode", "/AHx": "/ASCIIHexDecode", "/A85": "/ASCII85Decode"}
_COLORS = {"/DeviceGray": 1, "/CalGray": 1, "/DeviceRGB": 3, "/CalRGB": 3, "/Lab": 3, "/DeviceCMYK": 4}
_PNG_PREDICTORS = 10


class UnsoundError(Exception):
    """A stream is not whole; `zh` and `en` say why, without a full stop."""

    def __init__(self, zh: str, en: str, detail: str = "") -> None:
        super().__init__(en)
        self.zh, self.en, self.detail = zh, en, detail


class OverflowingError(Exception):
    """A stream unpacks to more than is allowed: `given` bytes or pixels at least."""

    def __init__(self, given: int, allowed: int) -> None:
        super().__init__(f"{given} of {allowed}")
        self.given, self.allowed = given, allowed


def is_picture(thing: Any) -> bool:
    return isinstance(thing, Stream) and thing.stream_dict.get("/Subtype") == Name("/Image")


def check_unpacked(stream: Stream, room: int) -> int:
    """Unpack a stream that is no picture; its size. Raises UnsoundError, OverflowingError."""
    unpacked = _unpacked(stream, min(MOST_UNPACKED, room))
    return unpacked.size


def check_picture(stream: Stream) -> None:
    """Every pixel of a picture has to be there. Raises UnsoundError, OverflowingError."""
    held = stream.stream_dict
    width, height = _whole(held.get("/Width")), _whole(held.get("/Height"))
    if width < 1 or height < 1:
        raise UnsoundError("图像没有尺寸", "a picture has no size")
    if width * height > MOST_PIXELS:
        raise OverflowingError(width * height, MOST_PIXELS)
    needed = _needed(held, width, height)
    unpacked = _unpacked(stream, max(needed or 0, 4 * MOST_PIXELS))
    if unpacked.left == "/DCTDecode":
        _check_jpeg(unpacked.content)
    elif unpacked.left == "/JPXDecode":
        _check_jpeg_2000(unpacked.content)
    elif unpacked.left is None and needed is not None and unpacked.size < needed:
        raise UnsoundError("图像数据缺失", "picture data are missing", f"{unpacked.size} of {needed} bytes")


@dataclass(slots=True)
class _Unpacked:
    """`left`: the filter that nothing here unpacks, None if all are. `content` is kept only for such."""

    size: int
    left: str | None
    content: bytes


def _unpacked(stream: Stream, most: int) -> _Unpacked:
    names = list(_filters(stream.stream_dict))
    if len(names) > _MOST_FILTERS:
        raise UnsoundError("数据被层层压缩", "data are packed over and over", f"{len(names)} filters")
    try:
        content = stream.read_raw_bytes()
    except PdfError as error:
        raise UnsoundError("数据流已损坏", "a stream is damaged", str(error)) from error
    while names and names[0] == "/FlateDecode":
        last = len(names) == 1
        size, content = _inflated(content, most, keep=not last)
        names.pop(0)
        if last:
            return _Unpacked(size, None, b"")
    return _Unpacked(len(content), names[0] if names else None, content)


def _filters(held: Dictionary) -> Iterator[str]:
    given = held.get("/Filter")
    for one in given if isinstance(given, Array) else [given]:
        if isinstance(one, Name):
            yield _SHORT.get(str(one), str(one))


def _inflated(content: bytes, most: int, *, keep: bool) -> tuple[int, bytes]:
    """(size, the content itself if it is to be kept)."""
    unpacking = zlib.decompressobj()
    size, kept, waiting = 0, bytearray(), content
    try:
        while waiting and not unpacking.eof:
            piece = unpacking.decompress(waiting, _STEP)
            waiting = unpacking.unconsumed_tail
            size += len(piece)
            if keep:
                kept += piece
            if size > most:
                raise OverflowingError(size, most)
    except zlib.error as error:
        raise UnsoundError("压缩的数据已损坏", "packed data are damaged", str(error)) from error
    if not unpacking.eof and content:
        raise UnsoundError("压缩的数据不完整", "packed data break off")
    return size, bytes(kept)


def _needed(held: Dictionary, width: int, height: int) -> int | None:
    """How many bytes the pixels take once unpacked; None where that is not known."""
    mask = bool(held.get("/ImageMask"))
    bits = 1 if mask else _whole(held.get("/BitsPerComponent"))
    colors = 1 if mask else _colors(held.get("/ColorSpace"))
    if not bits or not colors:
        return None
    line = (width * colors * bits + 7) // 8
    parameters = held.get("/DecodeParms")
    if isinstance(parameters, Array) and len(parameters):
        parameters = parameters[-1]
    predicted = isinstance(parameters, Dictionary) and _whole(parameters.get("/Predictor")) >= _PNG_PREDICTORS
    return height * (line + predicted)


def _colors(space: Any) -> int | None:
    if isinstance(space, Name):
        return _COLORS.get(str(space))
    if isinstance(space, Array) and len(space) > 1 and isinstance(space[0], Name):
        family = str(space[0])
        if family in {"/Indexed", "/I", "/Separation"}:
            return 1
        if family == "/ICCBased" and isinstance(space[1], Stream):
            return _whole(space[1].stream_dict.get("/N")) or None
        return _COLORS.get(family)
    return None


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _check_jpeg(content: bytes) -> None:
    try:
        shape = read_jpeg(content)
    except FormatError as error:
        raise UnsoundError("图像的文件结构已损坏", "a picture's structure is damaged", str(error)) from error
    if shape.width * shape.height > MOST_PIXELS:
        raise OverflowingError(shape.width * shape.height, MOST_PIXELS)
    if shape.scans > MOST_SCANS:
        raise OverflowingError(shape.scans, MOST_SCANS)
    if shape.end is None:
        raise UnsoundError("图像数据不完整", "picture data break off")
    for finding in decode_strictly(content, shape):
        raise UnsoundError("图像数据已损坏", "picture data are damaged", str(finding.figures.get("detail", "")))


def _check_jpeg_2000(content: bytes) -> None:
    """The size that the codestream tells (ITU-T T.800, A.5.1) decides what a reader sets aside for it."""
    at = content.find(b"\xff\x4f\xff\x51")
    if at < 0 or len(content) < at + 22:
        raise UnsoundError("JPEG 2000 图像已损坏", "a JPEG 2000 picture is damaged")
    right, bottom, left, top = (int.from_bytes(content[at + 8 + 4 * n : at + 12 + 4 * n]) for n in range(4))
    if (right - left) * (bottom - top) > MOST_PIXELS or right <= left or bottom <= top:
        raise OverflowingError(abs(right - left) * abs(bottom - top), MOST_PIXELS)
