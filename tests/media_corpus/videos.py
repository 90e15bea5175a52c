"""MP4 and MOV files, sound and otherwise: sound ones come from ffmpeg, the others from them."""

from __future__ import annotations

import struct
from functools import cache

from tests.media_corpus.kept import SOURCE, made_by_ffmpeg


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
    call = ["-f", "lavfi", "-i", f"testsrc2=s={width}x{height}:r={fps}:d={seconds}"]
    if sound:
        call += ["-f", "lavfi", "-i", f"sine=d={seconds}", "-c:a", sound]
    call += ["-c:v", codec, "-pix_fmt", "yuv420p", "-threads", "1"]
    if codec == "libx264":
        call += ["-preset", "ultrafast", "-g", "25"]
    return made_by_ffmpeg([*call, *extra], suffix)


def remuxed(data: bytes, *options: str, suffix: str = ".mp4") -> bytes:
    """The same streams in another container or with other container options."""
    return made_by_ffmpeg(["-i", SOURCE, "-c", "copy", *options], suffix, data)


def rotated(data: bytes, degrees: int) -> bytes:
    """The same streams with a display rotation, as telephones store upright pictures."""
    return made_by_ffmpeg(["-display_rotation", str(degrees), "-i", SOURCE, "-c", "copy"], ".mp4", data)


def joined(*parts: bytes) -> bytes:
    """The pictures of several videos one after another in one track, each with its own parameter sets."""
    streams = b"".join(remuxed(part, "-an", suffix=".h264") for part in parts)
    return made_by_ffmpeg(["-f", "h264", "-r", "10", "-i", SOURCE, "-c", "copy"], ".mp4", streams)


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


def with_header_size(data: bytes, width: int, height: int, codec: bytes = b"avc1") -> bytes:
    """tkhd and the sample description claim another size; the coded pictures stay."""
    data = patched(data, b"tkhd", 76, struct.pack(">II", width << 16, height << 16))
    return patched(data, codec, 24, struct.pack(">HH", width, height))


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


def filled(data: bytes, content: bytes) -> bytes:
    """The sample data replaced by repetitions of `content`; the index stays."""
    at, size = top_boxes(data)[b"mdat"]
    return data[: at + 8] + (content * (size // len(content) + 1))[: size - 8] + data[at + size :]


def with_index(data: bytes, content: bytes) -> bytes:
    """The content of the index replaced; it has to stand last."""
    at, _ = top_boxes(data)[b"moov"]
    return data[:at] + boxed(b"moov", content)


def boxed(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def with_edits(data: bytes, *edits: tuple[int, int, int], count: int | None = None) -> bytes:
    """The first track's edit list replaced; the index has to stand last.

    Of each edit: duration in milliseconds, beginning in the media's ticks (-1: nothing is shown), rate. `count`: what
    the list claims to hold.
    """
    listed = b"".join(struct.pack(">Iihh", *edit, 0) for edit in edits)
    content = struct.pack(">II", 0, len(edits) if count is None else count) + listed
    places = []
    at = top_boxes(data)[b"moov"][0] + 4
    for kind in (b"moov", b"trak", b"edts", b"elst"):
        at = data.index(kind, at)
        places.append(at - 4)
    *around, own = places
    (size,) = struct.unpack_from(">I", data, own)
    out = bytearray(data[:own] + boxed(b"elst", content) + data[own + size :])
    for place in around:
        (before,) = struct.unpack_from(">I", out, place)
        struct.pack_into(">I", out, place, before + 8 + len(content) - size)
    return bytes(out)


def with_box_in_entry(data: bytes, codec: bytes, box: bytes) -> bytes:
    """A box more at the end of the first track's sample description; the index has to stand last."""
    places = []
    at = top_boxes(data)[b"moov"][0] + 4
    for kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", codec):
        at = data.index(kind, at)
        places.append(at - 4)
    (size,) = struct.unpack_from(">I", data, places[-1])
    end = places[-1] + size
    out = bytearray(data[:end] + box + data[end:])
    for place in places:
        (before,) = struct.unpack_from(">I", out, place)
        struct.pack_into(">I", out, place, before + len(box))
    return bytes(out)


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
