"""JPEG files, sound and otherwise."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SOI, EOI = b"\xff\xd8", b"\xff\xd9"


@cache
def pixels(width: int = 960, height: int = 720) -> NDArray[np.uint8]:
    """Something like a picture: gradients, edges, grain. height × width × 3."""
    rng = np.random.default_rng(7)
    y, x = np.mgrid[0:height, 0:width]
    base = np.stack([x * 255 / width, y * 255 / height, (x + y) % 256], axis=-1)
    base[height // 4 : height // 2, width // 4 : width // 2] = (200, 40, 30)
    return np.clip(base + rng.normal(0, 6, base.shape), 0, 255).astype(np.uint8)


def jpeg(width: int = 960, height: int = 720, *, mode: str = "RGB", **options: object) -> bytes:
    """Options are those of Pillow's JPEG writer."""
    out = io.BytesIO()
    Image.fromarray(pixels(width, height)).convert(mode).save(out, "JPEG", **{"quality": 80, **options})
    return out.getvalue()


def png(width: int = 320, height: int = 240) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels(width, height)).save(out, "PNG")
    return out.getvalue()


def saved_as(form: str, **options: object) -> bytes:
    """A small picture in another format that Pillow writes."""
    out = io.BytesIO()
    Image.fromarray(pixels(320, 240)).save(out, form, **options)
    return out.getvalue()


def with_segment(data: bytes, code: int, content: bytes) -> bytes:
    """A marker segment put right behind SOI."""
    return SOI + bytes((0xFF, code)) + struct.pack(">H", len(content) + 2) + content + data[2:]


def with_orientation(data: bytes, orientation: int, order: str = ">") -> bytes:
    tiff = (b"MM\x00*" if order == ">" else b"II*\x00") + struct.pack(f"{order}I", 8)
    tiff += struct.pack(f"{order}HHHIHHI", 1, 0x0112, 3, 1, orientation, 0, 0)
    return with_segment(data, 0xE1, b"Exif\x00\x00" + tiff)


def padded_to(data: bytes, size: int) -> bytes:
    """Exactly `size` bytes, by comment segments: the picture stays what it is."""
    while len(data) < size:
        missing = size - len(data)
        content = min(65_000, missing - 4)
        if 0 < missing - 4 - content < 4:
            content -= 8
        data = with_segment(data, 0xFE, b"x" * content)
    return data


def scan_start(data: bytes) -> int:
    """The offset of the first scan's entropy-coded data."""
    at = data.index(b"\xff\xda")
    return at + 2 + int.from_bytes(data[at + 2 : at + 4])


def half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def closed_half(data: bytes) -> bytes:
    """Half a picture with an end marker put behind it."""
    return half(data) + EOI


def without_end(data: bytes) -> bytes:
    return data[:-2]


def zeroed_scan(data: bytes, share: float = 0.5) -> bytes:
    """The last part of the scan zeroed, as a file system does after a crash; the end marker stays."""
    begin = scan_start(data)
    begin += int((len(data) - begin) * share)
    return data[:begin] + bytes(len(data) - begin - 2) + EOI


def with_frame_size(data: bytes, width: int, height: int) -> bytes:
    """A frame header that lies."""
    at = next(at for code in (0xC0, 0xC2) if (at := data.find(bytes((0xFF, code, 0x00)))) >= 0)
    return data[: at + 5] + struct.pack(">HH", height, width) + data[at + 9 :]


def scan_bomb(scans: int, width: int = 4000, height: int = 4000) -> bytes:
    """A progressive picture of a few kilobytes whose every scan makes a decoder walk all its blocks.

    Every refinement scan is a run of EOB codes. The tables are the smallest possible: one code each.
    """
    out = [SOI]

    def segment(code: int, content: bytes) -> None:
        out.append(bytes((0xFF, code)) + struct.pack(">H", len(content) + 2) + content)

    segment(0xDB, b"\x00" + b"\x01" * 64)
    segment(0xC2, struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00")
    # DC table: category 0 as code 0. AC table: EOB14 (0xE0) as code 0: a run of 2¹⁴ + 14 bits blocks.
    segment(0xC4, b"\x00" + bytes([1] + [0] * 15) + b"\x00")
    segment(0xC4, b"\x10" + bytes([1] + [0] * 15) + b"\xe0")
    blocks = -(-width // 8) * -(-height // 8)
    segment(0xDA, b"\x01\x01\x00\x00\x00\x00")
    out.append(b"\x00" * -(-blocks // 8))
    runs = -(-blocks // (1 << 14))
    bits = "0" + "0" * 14  # the code, then the run's length less 2¹⁴
    packed = int((bits * runs).ljust(-(-15 * runs // 8) * 8, "1"), 2).to_bytes(-(-15 * runs // 8))
    for _ in range(scans - 1):
        segment(0xDA, b"\x01\x01\x00\x01\x3f\x00")
        out.append(packed.replace(b"\xff", b"\xff\x00"))
    return b"".join([*out, EOI])


def huge_frame(width: int, height: int) -> bytes:
    """A tiny file that announces enormous pixels."""
    return with_frame_size(jpeg(64, 64), width, height)


def zip_archive() -> bytes:
    """A ZIP archive of one stored file, by hand."""
    name, content = b"payload.js", b"alert(1)"
    crc = zlib.crc32(content)
    local = b"PK\x03\x04" + struct.pack("<5H3I2H", 20, 0, 0, 0, 0, crc, len(content), len(content), len(name), 0) + name
    central = (
        b"PK\x01\x02"
        + struct.pack("<6H3I5H2I", 20, 20, 0, 0, 0, 0, crc, len(content), len(content), len(name), 0, 0, 0, 0, 0, 0)
        + name
    )
    end = b"PK\x05\x06" + struct.pack("<4H2IH", 0, 0, 1, 1, len(central), len(local) + len(content), 0)
    return local + content + central + end


def with_scan_parameters(data: bytes, parameters: bytes) -> bytes:
    """Other spectral selection bytes in a sequential scan, as some telephones write."""
    at = scan_start(data) - 3
    return data[:at] + parameters + data[at + 3 :]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def stream(data: bytes) -> io.BytesIO:
    return io.BytesIO(data)
