"""Judging a photo: bytes, format, structure, pixels, and whether every bit of it can be decoded."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator

import simplejpeg
from PIL import Image

from contracts.campaign import MaterialRule
from contracts.events import Finding, MaterialFacts
from services.media import findings as say
from services.media.domain import Judgement
from services.media.formats import Data, FormatError
from services.media.formats.jpeg import Jpeg, foreign_payload, read_jpeg
from services.media.formats.png import Png, check_lines, read_png
from services.media.formats.sniff import HEAD_BYTES, JPEG, PNG, sniff
from services.media.source import MOST_WHOLE_BYTES, Source

MOST_PIXELS = 40_000_000
"""Where a definition sets no bound of its own."""
MOST_SCANS = 100
"""An ordinary progressive picture has about ten; a file of 100 KB can hold as many as take a decoder minutes."""

_EXTRANEOUS_AT_END = re.compile(r"(\d+) extraneous bytes before marker 0xd9")
_FEW_BYTES = 64
_BESIDE_THE_PICTURE = ("icc marker", "jfif revision", "adobe color transform")
"""What decoders complain of that concerns no pixel; browsers show such pictures."""
_COMMENT = 0xFE
_SEQUENTIAL = frozenset({"baseline", "extended"})
_WHOLE_SPECTRUM = bytes((0, 63, 0))


def judge_photo(source: Source, rule: MaterialRule) -> Judgement:
    """Every rule that a photo breaks, or its facts. Raises SourceError."""
    whole = source.whole()
    size = len(whole.data) if whole else source.size
    if size == 0:
        return Judgement(findings=(say.empty_file(),))
    found: list[Finding] = []
    most_bytes = min(rule.max_bytes, MOST_WHOLE_BYTES)
    if size > most_bytes:
        found.append(say.too_large(rule.kind, size, most_bytes))
    kind = sniff(whole.data[:HEAD_BYTES] if whole else source.read(0, HEAD_BYTES))
    if kind.name not in rule.formats:
        found.append(say.wrong_format((kind.name, kind.zh, kind.en), rule.formats, recording=False))
    if whole is None or (found and kind.name not in rule.formats):
        return Judgement(findings=tuple(found))
    looked = {JPEG.name: _jpeg, PNG.name: _png}[kind.name](whole.data, rule)
    found.extend(looked[1])
    width, height = looked[0]
    facts = MaterialFacts(
        format=kind.name, bytes=size, sha256=whole.sha256, width=width or None, height=height or None, codec=looked[2]
    )
    return Judgement(facts=facts, findings=tuple(found))


_Looked = tuple[tuple[int, int], list[Finding], str | None]
"""(width, height) as displayed, what is wrong, how it is coded."""


def _jpeg(data: Data, rule: MaterialRule) -> _Looked:
    try:
        shape = read_jpeg(data)
    except FormatError as error:
        return (
            (0, 0),
            [say.unreadable("图片的文件结构已损坏", "the picture's structure is damaged", detail=str(error))],
            None,
        )
    bombs = list(_jpeg_bombs(shape, rule))
    found = bombs + list(_sizes(shape.displayed, rule))
    if shape.process not in {*_SEQUENTIAL, "progressive"} or shape.precision != 8:  # noqa: PLR2004 - bits that browsers show
        found.append(say.unsupported_jpeg(f"{shape.process}, {shape.precision} bit"))
    elif shape.end is None:
        found.append(say.truncated(len(data)))
    elif not bombs:
        found.extend(decode_strictly(data, shape))
    if shape.end is not None:
        foreign = foreign_payload(data, shape.end)
        if foreign is not None:
            found.append(say.trailing_data(foreign, len(data) - shape.end))
    return shape.displayed, found, shape.process


def _jpeg_bombs(shape: Jpeg, rule: MaterialRule) -> Iterator[Finding]:
    """Reasons not even to begin decoding."""
    if shape.scans > MOST_SCANS:
        yield say.too_many_scans(shape.scans, MOST_SCANS)
    yield from _pixel_bound(shape.width, shape.height, rule)


def _pixel_bound(width: int, height: int, rule: MaterialRule) -> Iterator[Finding]:
    bound = rule.max_pixels or MOST_PIXELS
    if width * height > bound:
        yield say.too_many_pixels(width, height, bound)


def _sizes(displayed: tuple[int, int], rule: MaterialRule) -> Iterator[Finding]:
    if rule.pixel_sizes and displayed not in rule.pixel_sizes:
        yield say.wrong_pixel_size(*displayed, rule.pixel_sizes)


def decode_strictly(data: Data, shape: Jpeg) -> Iterator[Finding]:
    """Decode every bit of entropy-coded data; the decoder's every complaint counts.

    Only an eighth of the picture's width and height is computed: that takes half the time, and the bits have to be
    decoded all the same, so it refuses exactly what a decoding at full size refuses (tests/unit/media/test_photo.py).
    """
    if shape.process in _SEQUENTIAL:
        data = _mended(data, shape)
    color = {1: "GRAY", 3: "GRAY", 4: "CMYK"}.get(shape.components)
    if color is None or 0 in {shape.width, shape.height}:
        yield say.unreadable("图片头部信息不合理", "the picture's header makes no sense", components=shape.components)
        return
    complaint = _complaint(data, color)
    if any(words in complaint.lower() for words in _BESIDE_THE_PICTURE):
        # A later complaint may hide behind this one, so what it is about is taken away and everything decoded again.
        complaint = _complaint(_without_applications(data, shape), color)
    extraneous = _EXTRANEOUS_AT_END.search(complaint)
    if extraneous and int(extraneous[1]) <= _FEW_BYTES:
        complaint = ""  # some cameras pad the scan before the end marker; all of the picture was decoded by then
    if complaint:
        yield _refusal(complaint, len(data))
    elif not shape.complete:
        yield say.unreadable(
            "画面数据缺失，只存了粗略的轮廓", "picture data are missing; only a coarse outline of it is stored"
        )


def _complaint(data: Data, color: str) -> str:
    """What the decoder complains of; nothing if it does not."""
    try:
        simplejpeg.decode_jpeg(data, colorspace=color, min_factor=8, min_height=1, min_width=1)
    except ValueError as error:
        return str(error) or "?"
    return ""


def _without_applications(data: Data, shape: Jpeg) -> bytes:
    """The same picture with its APPn segments made comments."""
    copy = bytearray(data)
    for at in shape.application_markers:
        copy[at] = _COMMENT
    return bytes(copy)


def _mended(data: Data, shape: Jpeg) -> Data:
    """Sequential scans cover the whole spectrum by definition; some telephones write something else there."""
    wrong = [at for at in shape.scan_parameters if data[at : at + 3] != _WHOLE_SPECTRUM]
    if not wrong:
        return data
    copy = bytearray(data)
    for at in wrong:
        copy[at : at + 3] = _WHOLE_SPECTRUM
    return bytes(copy)


def _refusal(complaint: str, size: int) -> Finding:
    lower = complaint.lower()
    if "premature end of jpeg file" in lower:
        return say.truncated(size)
    if "subsampling" in lower:
        zh, en = "图片的色度抽样方式少见", "the picture uses an unusual chroma subsampling"
    elif "premature end of data segment" in lower:
        zh, en = (
            "画面数据缺失，下半部分可能是灰色或空白",
            "picture data are missing; the lower part may be grey or blank",
        )
    else:
        zh, en = "画面数据已损坏，与文件头不符", "the picture's data are damaged or do not fit its header"
    return say.unreadable(zh, en, detail=complaint)


def _png(data: Data, rule: MaterialRule) -> _Looked:
    try:
        shape = read_png(data)
    except FormatError as error:
        return (0, 0), [_damaged_png(error)], None
    size = (shape.width, shape.height)
    bombs = list(_pixel_bound(*size, rule))
    found = bombs + list(_sizes(size, rule))
    if shape.end is None:
        found.append(say.truncated(len(data)))
        return size, found, None
    if not bombs:
        found.extend(_decode_png(data, shape))
    foreign = foreign_payload(data, shape.end)
    if foreign is not None:
        found.append(say.trailing_data(foreign, len(data) - shape.end))
    return size, found, None


def _decode_png(data: Data, shape: Png) -> Iterator[Finding]:
    """Every line has to be there, and the library that makes the renditions has to be able to open it."""
    try:
        check_lines(data, shape)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            # How many pixels are too many is the campaign's matter, and has been decided.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=["PNG"]) as picture:
                picture.load()
    except (OSError, SyntaxError, ValueError, LookupError, Image.DecompressionBombError, Warning) as error:
        yield _damaged_png(error)


def _damaged_png(error: Exception) -> Finding:
    return say.unreadable("图片数据已损坏", "the picture's data are damaged", detail=str(error))
