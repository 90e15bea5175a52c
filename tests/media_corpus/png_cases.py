"""PNG files, sound and otherwise, made chunk by chunk."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from functools import partial

import numpy as np
from PIL import Image

from tests.media_corpus import photos as p
from tests.media_corpus.case import Case, photo_rule, refused

_RULE = photo_rule(formats=("JPEG", "PNG"))
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY, _RGB, _INDEXED = 0, 2, 3
_TEN = {"width": 10, "height": 10, "format": "PNG"}
_HUNDRED_MEGABYTES = 100_000_000
# Of 10 × 10 pixels in seven passes (Adam7), grey, 8 bits: lines × (filter + pixels) of each.
_INTERLACED_BYTES = 2 * 3 + 2 * 2 + 1 * 4 + 3 * 3 + 2 * 6 + 5 * 6 + 5 * 11


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _png(
    width: int = 10,
    height: int = 10,
    lines: bytes | None = None,
    *,
    depth: int = 8,
    color: int = _GREY,
    interlace: int = 0,
    extra: bytes = b"",
) -> bytes:
    """`lines`: what is compressed, all black if left out."""
    channels = 3 if color == _RGB else 1
    content = bytes(height * (1 + -(-width * depth * channels // 8))) if lines is None else lines
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlace)
    data = _chunk(b"IDAT", zlib.compress(content))
    return _SIGNATURE + _chunk(b"IHDR", header) + extra + data + _chunk(b"IEND", b"")


def _saved(mode: str, **options: object) -> bytes:
    out = io.BytesIO()
    Image.fromarray(p.pixels(320, 240)).convert(mode).save(out, "PNG", **options)
    return out.getvalue()


def _sixteen_bits() -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.arange(320 * 200, dtype=np.uint16).reshape(200, 320)).save(out, "PNG")
    return out.getvalue()


def _moving() -> bytes:
    out = io.BytesIO()
    frames = [Image.new("RGB", (320, 240), name) for name in ("red", "green", "blue")]
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:])
    return out.getvalue()


def _in_pieces() -> bytes:
    """The image data in chunks of one byte each."""
    data = zlib.compress(bytes(110))
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", 10, 10, 8, _GREY, 0, 0, 0))
    pieces = b"".join(_chunk(b"IDAT", data[at : at + 1]) for at in range(len(data)))
    return _SIGNATURE + header + pieces + _chunk(b"IEND", b"")


def _with_text(kind: bytes, content: bytes) -> bytes:
    return _png(extra=_chunk(kind, content))


def cases() -> Iterator[Case]:
    yield from _sound()
    yield from _broken()
    yield from _bombs()


def _sound() -> Iterator[Case]:
    size = {"width": 320, "height": 240, "format": "PNG"}
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA"):
        yield Case(f"png, {mode}", partial(_saved, mode), facts=size, rule=_RULE)
    yield Case("png of sixteen bits", _sixteen_bits, facts={"width": 320, "height": 200}, rule=_RULE)
    yield Case("png that moves", _moving, facts=size, rule=_RULE)
    yield Case("png by hand", _png, facts=_TEN, rule=_RULE)
    yield Case("png in pieces of a byte", _in_pieces, facts=_TEN, rule=_RULE)
    interlaced = partial(_png, lines=bytes(_INTERLACED_BYTES), interlace=1)
    yield Case("png, interlaced", interlaced, facts=_TEN, rule=_RULE)
    yield Case("png with php in a text", lambda: _with_text(b"tEXt", b"c\x00<?php echo 1;"), facts=_TEN, rule=_RULE)
    decoy = lambda: _with_text(b"tEXt", b"c\x00" + _chunk(b"IEND", b"") + p.zip_archive())  # noqa: E731 - one line
    yield Case("png with another end in a text", decoy, facts=_TEN, rule=_RULE)
    yield Case("png with zeros behind the end", lambda: _png() + bytes(100), facts=_TEN, rule=_RULE)
    yield Case("png that holds more than its lines", lambda: _png(lines=bytes(5000)), facts=_TEN, rule=_RULE)


def _broken() -> Iterator[Case]:
    half = partial(_png, 100, 100, bytes(101 * 50))
    yield refused("png with half of its lines", half, "unreadable", rule=_RULE)
    last = partial(_png, lines=bytes(109))
    yield refused("png without its last byte", last, "unreadable", rule=_RULE)
    interlaced = partial(_png, lines=bytes(_INTERLACED_BYTES - 11), interlace=1)
    yield refused("png without its last interlaced line", interlaced, "unreadable", rule=_RULE)
    yield refused("png with an unknown filter", partial(_png, lines=b"\x05" + bytes(109)), "unreadable", rule=_RULE)
    yield refused("png without image data", _without_image_data, "unreadable", rule=_RULE)
    yield refused("png without its palette", partial(_png, color=_INDEXED), "unreadable", rule=_RULE)
    yield refused("png of no width", partial(_png, 0, 10, b""), "unreadable", rule=_RULE)
    yield refused("png of an unknown depth", partial(_png, depth=7), "unreadable", rule=_RULE)
    wrong_sum = lambda: _png()[:29] + bytes(4) + _png()[33:]  # noqa: E731 - one line of a table
    yield refused("png whose header has another checksum", wrong_sum, "unreadable", rule=_RULE)
    damaged = lambda: p.png()[:-20] + bytes(4) + p.png()[-16:]  # noqa: E731 - one line of a table
    yield refused("png damaged near its end", damaged, "unreadable", rule=_RULE)
    yield refused("png without its end", lambda: p.png()[:-12], "truncated", rule=_RULE)
    yield refused("png cut inside its end", lambda: p.png()[:-2], "truncated", rule=_RULE)
    yield refused("only a png's signature", lambda: _SIGNATURE, "unreadable", rule=_RULE)
    yield refused("png with php behind the end", lambda: _png() + b"<?php echo 1;", "trailing-data", rule=_RULE)


def _without_image_data() -> bytes:
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", 10, 10, 8, _GREY, 0, 0, 0))
    return _SIGNATURE + header + _chunk(b"IEND", b"")


def _zeros() -> bytes:
    """A hundred megabytes, compressed."""
    return zlib.compress(bytes(_HUNDRED_MEGABYTES))


def _bombs() -> Iterator[Case]:
    yield refused("png of too many pixels", partial(_png, 60_000, 60_000, b""), "too-many-pixels", rule=_RULE)
    yield refused("png a line too large", partial(_png, 8000, 5001, depth=1), "too-many-pixels", rule=_RULE)
    text = lambda: _with_text(b"zTXt", b"a\x00\x00" + _zeros())  # noqa: E731 - one line of a table
    yield refused("png with a text of a hundred megabytes", text, "unreadable", rule=_RULE)
    profile = lambda: _with_text(b"iCCP", b"a\x00\x00" + _zeros())  # noqa: E731 - one line of a table
    yield refused("png with a profile of a hundred megabytes", profile, "unreadable", rule=_RULE)
    many = lambda: _png(extra=_chunk(b"tEXt", b"a\x00b") * 100_001)  # noqa: E731 - one line of a table
    yield refused("png of a hundred thousand chunks", many, "unreadable", rule=_RULE)
    behind = lambda: _png(lines=bytes(_HUNDRED_MEGABYTES))  # noqa: E731 - one line of a table
    yield Case("png with a hundred megabytes behind its lines", behind, facts=_TEN, rule=_RULE)
