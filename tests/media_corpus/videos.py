"""MP4 and MOV files, sound and otherwise: sound ones come from ffmpeg, once a session, the others from them."""

from __future__ import annotations

import atexit
import shutil
import struct
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import cast


@cache
def ffmpeg() -> str:
    import imageio_ffmpeg

    return cast("str", imageio_ffmpeg.get_ffmpeg_exe())


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="laurel-corpus-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def made(
    width: int = 1280,
    height: int = 720,
    seconds: float = 4,
    fps: int = 10,
    codec: str = "libx264",
    sound: str = "aac",
    extra: tuple[str, ...] = (),
    suffix: str = ".mp4",
) -> bytes:
    """A moving test picture. `sound`: an encoder's name, or nothing for none."""
    target = _folder() / f"{abs(hash((width, height, seconds, fps, codec, sound, extra)))}{suffix}"
    call = [ffmpeg(), "-v", "error", "-y", "-f", "lavfi", "-i", f"testsrc2=s={width}x{height}:r={fps}:d={seconds}"]
    if sound:
        call += ["-f", "lavfi", "-i", f"sine=d={seconds}", "-c:a", sound]
    call += ["-c:v", codec, "-pix_fmt", "yuv420p", "-threads", "1"]
    if codec == "libx264":
        call += ["-preset", "ultrafast", "-g", "25"]
    subprocess.run([*call, *extra, str(target)], check=True, stdin=subprocess.DEVNULL)
    return target.read_bytes()


def remuxed(data: bytes, *options: str, suffix: str = ".mp4") -> bytes:
    """The same streams in another container or with other container options."""
    source, target = _folder() / f"in{suffix}.mp4", _folder() / f"out{suffix}"
    source.write_bytes(data)
    call = [ffmpeg(), "-v", "error", "-y", *options[:0], "-i", str(source), "-c", "copy", *options, str(target)]
    subprocess.run(call, check=True, stdin=subprocess.DEVNULL)
    return target.read_bytes()


def rotated(data: bytes, degrees: int) -> bytes:
    """The same streams with a display rotation, as telephones store upright pictures."""
    source, target = _folder() / "upright.mp4", _folder() / "rotated.mp4"
    source.write_bytes(data)
    call = [ffmpeg(), "-v", "error", "-y", "-display_rotation", str(degrees), "-i", str(source), "-c", "copy"]
    subprocess.run([*call, str(target)], check=True, stdin=subprocess.DEVNULL)
    return target.read_bytes()


def index_first(data: bytes) -> bytes:
    return remuxed(data, "-movflags", "+faststart")


def top_boxes(data: bytes) -> dict[bytes, tuple[int, int]]:
    """Type → (offset, size) of the top-level boxes."""
    found = {}
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        size = size or len(data) - at
        found[kind] = (at, size)
        at += size
    return found


def patched(data: bytes, box: bytes, offset: int, content: bytes, *, which: int = 0) -> bytes:
    """`content` written `offset` bytes behind the type of the which-th box of that type in the index."""
    start = top_boxes(data)[b"moov"][0]
    for _ in range(which + 1):
        start = data.index(box, start + 1)
    at = start + 4 + offset
    return data[:at] + content + data[at + len(content) :]


def with_header_duration(data: bytes, seconds: float) -> bytes:
    """mvhd, every tkhd and every mdhd claim another duration; the sample table stays."""
    at = top_boxes(data)[b"moov"][0]
    scale = struct.unpack_from(">I", data, data.index(b"mvhd", at) + 4 + 12)[0]
    data = patched(data, b"mvhd", 16, struct.pack(">I", int(seconds * scale)))
    for which in range(data.count(b"tkhd", at)):
        data = patched(data, b"tkhd", 20, struct.pack(">I", int(seconds * scale)), which=which)
    for which in range(data.count(b"mdhd", at)):
        track = data.index(b"mdhd", at)
        own = struct.unpack_from(">I", data, track + 4 + 12)[0]
        data = patched(data, b"mdhd", 16, struct.pack(">I", int(seconds * own)), which=which)
    return data


def with_header_size(data: bytes, width: int, height: int) -> bytes:
    """tkhd and the sample description claim another size; the coded pictures stay."""
    data = patched(data, b"tkhd", 76, struct.pack(">II", width << 16, height << 16))
    return patched(data, b"avc1", 24, struct.pack(">HH", width, height))


def cut(data: bytes, share: float) -> bytes:
    return data[: int(len(data) * share)]


def zeroed(data: bytes, begin: float = 0.0, end: float = 1.0) -> bytes:
    """Part of the sample data zeroed; the index stays."""
    at, size = top_boxes(data)[b"mdat"]
    first, last = at + 8 + int((size - 8) * begin), at + 8 + int((size - 8) * end)
    return data[:first] + bytes(last - first) + data[last:]


def without_index(data: bytes) -> bytes:
    """A recording that was never closed."""
    at, size = top_boxes(data)[b"moov"]
    return data[:at] + data[at + size :]


def with_brand(data: bytes, brand: bytes) -> bytes:
    return data[:8] + brand + data[12:]


def with_codec(data: bytes, codec: bytes) -> bytes:
    """The sample description's type renamed."""
    at = data.index(b"avc1", top_boxes(data)[b"moov"][0])
    return data[:at] + codec + data[at + 4 :]


def renamed_box(data: bytes, box: bytes, name: bytes) -> bytes:
    at = data.index(box, top_boxes(data)[b"moov"][0])
    return data[:at] + name + data[at + 4 :]


def grown(data: bytes, size: int) -> bytes:
    """A file of about `size` bytes with the same pictures: free space before the index moves nothing (index last)."""
    boxes = top_boxes(data)
    at, _ = boxes[b"moov"]
    missing = size - len(data)
    return data[:at] + struct.pack(">I4s", missing, b"free") + bytes(missing - 8) + data[at:]
