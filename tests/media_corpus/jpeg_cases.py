"""JPEG files: rare but sound ones, and damage that decoders pass over in silence."""

from __future__ import annotations

import io
import random
import struct
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import simplejpeg
from PIL import Image, ImageCms

from tests.media_corpus import photos as p
from tests.media_corpus import videos as v
from tests.media_corpus.case import Case, photo_rule, refused

_SMALL = {"width": 320, "height": 240}
_ADOBE = b"Adobe\x00\x64\x00\x00\x00\x00"


def cases() -> Iterator[Case]:
    yield from _rare()
    yield from _beside_the_picture()
    yield from _behind_the_end()
    yield from _missing()
    yield from _structure()


def _small(**options: object) -> bytes:
    return p.jpeg(320, 240, **options)  # type: ignore[arg-type]  # the options are the writer's own


def _sampled(how: str) -> bytes:
    return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(p.pixels(320, 240)), colorsubsampling=how))


def _flat(mode: str, width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new(mode, (width, height), "white").save(out, "JPEG")
    return out.getvalue()


def _several_pictures() -> bytes:
    out = io.BytesIO()
    Image.fromarray(p.pixels(320, 240)).save(out, "MPO", save_all=True, append_images=[Image.new("RGB", (64, 48))])
    return out.getvalue()


def _profiled() -> bytes:
    return _small(icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())


def _rare() -> Iterator[Case]:
    for how in ("444", "440", "422", "420", "411"):
        yield Case(f"chroma sampled {how}", partial(_sampled, how), facts=_SMALL)
    yield Case("stored as red, green, blue", lambda: _small(keep_rgb=True), facts=_SMALL)
    yield Case("grey and progressive", lambda: _small(mode="L", progressive=True), facts=_SMALL)
    yield Case("cmyk and progressive", lambda: _small(mode="CMYK", progressive=True), facts=_SMALL)
    yield Case("a column of one pixel", lambda: p.jpeg(1, 4000), facts={"width": 1, "height": 4000})
    yield Case("a line of one pixel", lambda: p.jpeg(4000, 1), facts={"width": 4000, "height": 1})
    yield Case("forty megapixels exactly", lambda: _flat("RGB", 8000, 5000), facts={"width": 8000, "height": 5000})
    yield refused("forty megapixels and a line", lambda: _flat("L", 8000, 5001), "too-many-pixels")
    yield Case("without tables of its own", lambda: _small().replace(b"\xff\xc4", b"\xff\xfe"), facts=_SMALL)
    yield Case("several pictures in one file", _several_pictures, facts=_SMALL)
    yield Case("a telephone's moving photo", lambda: _small() + v.made(320, 240, 2), facts=_SMALL)
    lossless = lambda: _small().replace(b"\xff\xc0", b"\xff\xc3", 1)  # noqa: E731 - one line of a table
    yield refused("lossless coding", lossless, "unsupported-codec")
    yield refused("jpeg-ls", lambda: _small().replace(b"\xff\xc0", b"\xff\xf7", 1), "unsupported-codec")
    rare = lambda: _small(progressive=True).replace(b"\xff\xc2", b"\xff\xca", 1)  # noqa: E731 - one line of a table
    yield refused("arithmetic and progressive", rare, "unsupported-codec")
    hierarchical = lambda: _small().replace(b"\xff\xc0", b"\xff\xc5", 1)  # noqa: E731 - one line of a table
    yield refused("hierarchical coding", hierarchical, "unsupported-codec")


def _beside_the_picture() -> Iterator[Case]:
    """What concerns no pixel: browsers show all of these."""
    yield Case("a colour profile", _profiled, facts=_SMALL)
    noise = b"ICC_PROFILE\x00\x01\x01" + bytes(200)
    yield Case("a colour profile of zeros", lambda: p.with_segment(_small(), 0xE2, noise), facts=_SMALL)
    part = b"ICC_PROFILE\x00\x01\x05" + bytes(200)
    yield Case("a colour profile whose parts are missing", lambda: p.with_segment(_small(), 0xE2, part), facts=_SMALL)
    both = lambda: p.with_segment(p.zeroed_scan(_small()), 0xE2, part)  # noqa: E731 - one line of a table
    yield refused("the same, and a zeroed scan behind it", both, "unreadable")
    yield Case("a JFIF of the future", lambda: _small().replace(b"JFIF\x00\x01", b"JFIF\x00\x07", 1), facts=_SMALL)
    for transform in (0, 1, 2, 7):
        segment = _ADOBE + bytes((transform,))
        yield Case(f"colour transform {transform}", partial(_with_adobe, segment), facts=_SMALL)
    loop = b"Exif\x00\x00II*\x00\x08\x00\x00\x00\xff\xff" + bytes(1000)
    yield Case("exif that goes in circles", lambda: p.with_segment(_small(), 0xE1, loop), facts=_SMALL)
    far = b"Exif\x00\x00MM\x00*\xff\xff\xff\xf0"
    yield Case("exif that points nowhere", lambda: p.with_segment(_small(), 0xE1, far), facts=_SMALL)
    twice = lambda: p.with_orientation(p.with_orientation(_small(), 8), 1)  # noqa: E731 - one line of a table
    yield Case("two exif blocks, the first counts", twice, facts=_SMALL)
    place = b"http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta><GPS>34.2,108.9</GPS></x:xmpmeta>"
    yield Case("a place in xmp", lambda: p.with_segment(_small(), 0xE1, place), facts=_SMALL)
    yield Case("an archive in a comment", lambda: p.with_segment(_small(), 0xFE, p.zip_archive()), facts=_SMALL)


def _with_adobe(segment: bytes) -> bytes:
    return p.with_segment(_small(), 0xEE, segment)


def _program() -> bytes:
    return b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\x00\x00" + bytes(90)


def _behind_the_end() -> Iterator[Case]:
    tails: dict[str, Callable[[], bytes]] = {
        "a program": _program,
        "a program behind a line feed": lambda: b"\r\n" + _program(),
        "a unix program": lambda: b"\x7fELF" + bytes(90),
        "a java class": lambda: b"\xca\xfe\xba\xbe" + bytes(90),
        "a rar archive": lambda: b"Rar!\x1a\x07\x00" + bytes(90),
        "a 7z archive": lambda: b"7z\xbc\xaf\x27\x1c" + bytes(90),
        "a phar": lambda: b"x__HALT_COMPILER(); ?>",
        "php in short": lambda: b"\n<?= system($_GET[0]) ?>",
        "a server page": lambda: b'<%@ page import="java.io.*" %>',
        "a shell script": lambda: b"\n#!/bin/sh\nid\n",
        "an archive far behind zeros": lambda: bytes(200_000) + p.zip_archive(),
    }
    for name, tail in tails.items():
        yield refused(f"{name} behind the end", partial(_followed, tail), "trailing-data")
    yield Case("noise of a maker behind the end", lambda: _small() + random.Random(3).randbytes(20_000), facts=_SMALL)
    yield Case("a larger picture behind the end", lambda: _small() + p.jpeg(1600, 1200), facts=_SMALL)
    yield Case("megabytes of zeros behind the end", lambda: _small() + bytes(1_900_000), facts=_SMALL)


def _followed(tail: Callable[[], bytes]) -> bytes:
    return _small() + tail()


def _scans(data: bytes) -> list[int]:
    """Offsets of the SOS markers."""
    found = []
    at = data.find(b"\xff\xda")
    while at >= 0:
        found.append(at)
        at = data.find(b"\xff\xda", at + 2)
    return found


def _ended_before_scan(number: int) -> bytes:
    """Whole scans left out at the end, and an end marker put there: every bit that is left decodes."""
    data = _small(progressive=True)
    at = _scans(data)[number]
    table = data.rfind(b"\xff\xc4", 0, at)
    previous = _scans(data)[number - 1]
    return data[: table if table > previous else at] + p.EOI


def _missing() -> Iterator[Case]:
    """Pictures of which a part is not there although nothing that is there is damaged."""
    for number in (1, 3, 5, -1):
        yield refused(f"ends before scan {number}", partial(_ended_before_scan, number), "unreadable")
    yield refused("colours of which nothing comes", _colourless, "unreadable")
    yield refused("quantised to nothing", _quantised_to_nothing, "unreadable")
    yield refused("no quantisation", lambda: _small().replace(b"\xff\xdb", b"\xff\xfe"), "unreadable")
    restarts = partial(_small, restart_marker_blocks=7)
    yield refused("a restart marker is missing", lambda: restarts().replace(b"\xff\xd3", b"", 1), "unreadable")
    yield refused("a restart marker is another", lambda: restarts().replace(b"\xff\xd3", b"\xff\xd5", 1), "unreadable")
    yield refused("filled with ones", _filled_with_ones, "unreadable")


def _colourless() -> bytes:
    """Three components in the frame, a scan of one."""
    data = _small(mode="L")
    at = data.index(b"\xff\xc0")
    size = data[at + 5 : at + 9]
    frame = b"\xff\xc0\x00\x11\x08" + size + b"\x03\x01\x11\x00\x02\x11\x00\x03\x11\x00"
    return data[:at] + frame + data[at + 13 :]


def _quantised_to_nothing() -> bytes:
    data = _small()
    at = data.index(b"\xff\xdb") + 5
    return data[:at] + bytes(64) + data[at + 64 :]


def _filled_with_ones() -> bytes:
    data = _small()
    begin = p.scan_start(data)
    length = len(data) - begin - 2
    return data[:begin] + (b"\xff\x00" * length)[:length] + p.EOI


def _framed_twice(*, first: bool, height: int, width: int) -> bytes:
    """A second frame header, before or behind the true one."""
    data = _small()
    at = data.index(b"\xff\xc0")
    frame = data[at : at + 19]
    other = frame[:5] + struct.pack(">HH", height, width) + frame[9:]
    return data[:at] + other + data[at:] if first else data[: at + 19] + other + data[at + 19 :]


def _structure() -> Iterator[Case]:
    small_first = partial(_framed_twice, first=True, height=100, width=100)
    yield refused("a small frame before the true one", small_first, "unreadable")
    huge_second = partial(_framed_twice, first=False, height=65_000, width=65_000)
    yield refused("a huge frame behind the true one", huge_second, "unreadable")
    yield refused("begins twice", lambda: p.SOI + _small(), "unreadable")
    yield refused("begins with a line feed", lambda: b"\r\n" + _small(), "wrong-format")
    yield refused("begins with a byte order mark", lambda: b"\xef\xbb\xbf" + _small(), "wrong-format")
    yield refused("an archive before the picture", lambda: p.zip_archive() + _small(), "wrong-format")
    two = lambda: p.with_frame_size(_small(), 320, 0)  # noqa: E731 - one line of a table
    yield refused("lines to be told later", two, "unreadable")
    many = lambda: p.SOI + b"\xff\xfe\x00\x02" * 20_000 + _small()[2:]  # noqa: E731 - one line of a table
    yield refused("twenty thousand segments", many, "unreadable")
    fill = lambda: p.SOI + b"\xff" * 1_900_000 + _small()[2:]  # noqa: E731 - one line of a table
    yield Case("megabytes of fill bytes", fill, facts=_SMALL)
    yield refused("cut inside a segment", lambda: _small()[:100], "unreadable")
    yield refused("cut inside the frame", lambda: _small()[: _small().index(b"\xff\xc0") + 6], "unreadable")
    strict = photo_rule(max_pixels=320 * 240 - 1)
    yield refused("one pixel over a campaign's own bound", _small, "too-many-pixels", rule=strict)
