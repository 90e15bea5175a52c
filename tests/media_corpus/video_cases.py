"""Videos: what telephones, cameras and editors really write, containers by other names, and indexes that lie."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator
from functools import partial

from contracts.campaign import MaterialRule
from tests.media_corpus import videos as v
from tests.media_corpus.case import Case, refused, video_rule

_RULE = video_rule()
_BOTH = video_rule(formats=("MP4", "MOV"))
_UPRIGHT = video_rule(pixel_sizes=((720, 1280),))
_HD = {"width": 1280, "height": 720, "format": "MP4"}
_MINUTE_AND_A_HALF, _THREE_MINUTES_AND_MORE = 100_000, 200_000
"""Milliseconds."""


def cases() -> Iterator[Case]:
    yield from _as_recorded()
    yield from _other_codecs()
    yield from _other_containers()
    yield from _edits()
    yield from _not_there()
    yield from _index()
    yield from _boxes()


def _silent() -> bytes:
    return v.made(sound="")


def _coded(codec: str, *options: str, seconds: float = 1, suffix: str = ".mp4", fps: int = 10) -> bytes:
    return v.made(seconds=seconds, codec=codec, sound="", extra=options, suffix=suffix, fps=fps)


def _as(suffix: str) -> bytes:
    return v.remuxed(_silent(), suffix=suffix)


def _as_recorded() -> Iterator[Case]:
    """All of these play in browsers."""
    interlaced = ("-flags", "+ildct+ilme", "-x264opts", "interlaced=1:tff=1")
    makers: dict[str, Callable[[], bytes]] = {
        "pictures by halves": lambda: v.made(1920, 1080, 2, fps=25, extra=interlaced),
        "grey pictures": lambda: v.made(sound="", extra=("-pix_fmt", "gray")),
        "one picture that decodes by itself": lambda: v.made(seconds=20, extra=("-g", "1000")),
        "only pictures that decode by themselves": lambda: v.made(extra=("-g", "1")),
        "pictures at odd times": lambda: v.made(
            sound="", extra=("-vf", "select='not(mod(n,3))+lt(n,9)'", "-fps_mode", "vfr")
        ),
        "one picture": lambda: v.made(seconds=0.1, sound=""),
        "sixty pictures a second": lambda: v.made(seconds=1, fps=60),
        "sound in mp3": lambda: v.made(sound="libmp3lame"),
        "sound in ac-3": lambda: v.made(sound="ac3"),
        "sound in opus": lambda: v.made(sound="libopus"),
        "two sound tracks": lambda: v.remuxed(v.made(), "-map", "0:v", "-map", "0:a", "-map", "0:a"),
        "a time code": lambda: v.remuxed(v.made(fps=25), "-timecode", "00:00:00:00"),
        "offsets below zero": lambda: v.made(
            sound="", extra=("-preset", "medium", "-bf", "3", "-movflags", "negative_cts_offsets")
        ),
        "colours of wide gamut": lambda: v.made(
            sound="", extra=("-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc")
        ),
        "full range": lambda: v.made(sound="", extra=("-pix_fmt", "yuvj420p")),
        "a place and a title": lambda: v.remuxed(
            v.made(), "-metadata", "location=+34.2+108.9/", "-metadata", "title=题"
        ),
        "the brand of a shop": lambda: v.with_brand(v.made(), b"M4V "),
        "the brand of a disc": lambda: v.with_brand(v.made(), b"mp42"),
    }
    for name, make in makers.items():
        yield Case(name, make, facts={"format": "MP4"}, rule=_RULE)
    yield Case("turned the other way", lambda: v.rotated(_silent(), 270), facts={"width": 720}, rule=_UPRIGHT)
    yield refused("lying where upright is asked for", _silent, "wrong-pixel-size", rule=_UPRIGHT)
    mirrored = lambda: v.patched(_silent(), b"tkhd", 40, struct.pack(">i", -65536))  # noqa: E731 - one line of a table
    yield Case("mirrored", mirrored, facts=_HD, rule=_RULE)
    yield Case("1088 lines of which 1080 show", lambda: v.made(1920, 1080, 1), facts={"height": 1080}, rule=_RULE)
    yield refused("four times too large", lambda: v.made(3840, 2160, 0.5), "wrong-pixel-size", rule=_RULE)
    for width, height in ((1918, 1080), (1280, 718), (1080, 1920), (854, 480)):
        size = partial(v.made, width, height, 1)
        yield refused(f"{width}×{height}", size, "wrong-pixel-size", rule=_RULE)


_QUICK = ("-cpu-used", "8")


def _other_codecs() -> Iterator[Case]:
    readable: dict[str, tuple[Callable[[], bytes], str]] = {
        "av1": (partial(_coded, "libaom-av1", *_QUICK, seconds=0.5), "AV1"),
        "vp9 in mp4": (partial(_coded, "libvpx-vp9", *_QUICK, "-deadline", "realtime"), "VP9"),
        "mpeg-4 part 2": (partial(_coded, "mpeg4"), "MPEG-4 Part 2"),
        "prores": (partial(_coded, "prores_ks", seconds=0.5, suffix=".mov"), "ProRes 422 HQ"),
        "motion jpeg": (partial(_coded, "mjpeg", suffix=".mov"), "Motion JPEG"),
        "h.264 of ten bits": (partial(_coded, "libx264", "-pix_fmt", "yuv420p10le"), "H.264 High 10, 10 bit"),
        "h.264 of 4:2:2": (partial(_coded, "libx264", "-pix_fmt", "yuv422p"), "H.264 High 4:2:2"),
        "h.264 of 4:4:4": (partial(_coded, "libx264", "-pix_fmt", "yuv444p"), "H.264 High 4:4:4"),
    }
    for name, (make, codec) in readable.items():
        yield Case(name, make, facts={"width": 1280, "height": 720, "codec": codec}, rule=_BOTH)
        yield refused(f"{name}, zeroed", partial(_all_zeroed, make), "unreadable", rule=_BOTH)
    makers: dict[str, tuple[Callable[[], bytes], MaterialRule]] = {
        "mpeg-2 in mp4": (partial(_coded, "mpeg2video", fps=25), _RULE),
        "quicktime animation": (partial(_coded, "qtrle", suffix=".mov"), _BOTH),
        "a codec named by unprintable bytes": (lambda: v.with_codec(_silent(), b"\x00\x1b[2"), _RULE),
        "protected": (lambda: v.with_codec(_silent(), b"drmi"), _RULE),
    }
    for name, (make, rule) in makers.items():
        yield refused(name, make, "unsupported-codec", rule=rule)
    any_size = video_rule(pixel_sizes=())
    yield refused("too many pixels to be decoded", lambda: v.made(9216, 4608, 0.1), "too-many-pixels", rule=any_size)


def _all_zeroed(make: Callable[[], bytes]) -> bytes:
    return v.zeroed(make())


def _other_containers() -> Iterator[Case]:
    makers: dict[str, Callable[[], bytes]] = {
        "webm": partial(_coded, "libvpx", suffix=".webm"),
        "ogv": partial(_coded, "libtheora", suffix=".ogv"),
        "wmv": partial(_coded, "wmv2", suffix=".wmv"),
        "mpg": partial(_coded, "mpeg2video", suffix=".mpg", fps=25),
        "avi": partial(_as, ".avi"),
        "flv": partial(_as, ".flv"),
        "transport stream": partial(_as, ".ts"),
        "a camcorder's transport stream": partial(_as, ".m2ts"),
        "bare h.264": partial(_as, ".h264"),
        "rmvb": lambda: b".RMF\x00\x00\x00\x12\x00\x01" + bytes(4000),
        "a voice recording": lambda: b"#!AMR\n" + bytes(4000),
        "m4a": lambda: v.remuxed(v.made(), "-vn", suffix=".m4a"),
        "aac": lambda: v.remuxed(v.made(), "-vn", suffix=".aac"),
        "a camera's raw picture": lambda: b"\x00\x00\x00\x18ftypcrx \x00\x00\x00\x01crx isom" + bytes(4000),
        "a still of a telephone": lambda: b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(4000),
        "a page that calls itself a video": lambda: b"<!DOCTYPE html><video src=x>" + bytes(100),
    }
    for name, make in makers.items():
        yield refused(f"{name} where mp4 is due", make, "wrong-format", rule=_RULE)


def _edited(*edits: tuple[int, int, int], seconds: int = 100) -> bytes:
    return v.with_edits(v.made(seconds=seconds, fps=1, sound=""), *edits)


def _edits() -> Iterator[Case]:
    """What is shown is not what is stored: parts twice, a picture that stands still, nothing for an hour."""
    half, long = _MINUTE_AND_A_HALF, _THREE_MINUTES_AND_MORE
    yield Case("an edit list of everything", partial(_edited, (half, 0, 1)), facts={"seconds": 100.0}, rule=_RULE)
    yield Case("an edit list that claims an hour", partial(_edited, (3_600_000, 0, 1)), facts=_HD, rule=_RULE)
    yield Case("begins a little later", partial(_edited, (40, -1, 1), (half, 0, 1)), facts=_HD, rule=_RULE)
    yield refused("plays everything twice", partial(_edited, (half, 0, 1), (half, 0, 1)), "too-long", rule=_RULE)
    yield refused("holds one picture for minutes", partial(_edited, (long, 0, 0)), "too-long", rule=_RULE)
    yield refused(
        "begins with minutes of nothing", partial(_edited, (long, -1, 1), (half, 0, 1)), "too-long", rule=_RULE
    )
    # What a list leaves out is stored all the same, and players that know no lists show it.
    yield refused("shows half of what is too long", partial(_edited, (half, 0, 1), seconds=190), "too-long", rule=_RULE)
    damaged = lambda: v.with_edits(_silent(), (4000, 0, 1), count=2_000_000_000)  # noqa: E731 - one line of a table
    yield refused("an edit list that runs away", damaged, "unreadable", rule=_RULE)


def _not_there() -> Iterator[Case]:
    fillings = {"ones": b"\xff", "text": b"lorem ipsum ", "noise": random.Random(1).randbytes(4096)}
    for name, content in fillings.items():
        yield refused(f"video filled with {name}", partial(_filled, content), "unreadable", rule=_RULE)
    for begin, end in ((0.0, 0.2), (0.8, 1.0)):
        part = partial(_zeroed, begin, end)
        yield refused(f"zeroed from {begin:.0%} to {end:.0%}", part, "unreadable", rule=_RULE)
    for share in (0.1, 0.5, 0.9, 0.99):
        yield refused(f"cut at {share:.0%}, index first", partial(_cut_behind_index, share), "truncated", rule=_RULE)
    sizes = lambda: v.joined(v.made(seconds=2, sound=""), v.made(640, 360, 2, sound=""))  # noqa: E731 - one line
    yield refused("joined from two sizes", sizes, "unsupported-container", rule=_RULE)
    yield refused("zeros with a beginning", lambda: v.made()[:32] + bytes(100_000), "unreadable", rule=_RULE)


def _filled(content: bytes) -> bytes:
    return v.filled(_silent(), content)


def _zeroed(begin: float, end: float) -> bytes:
    return v.zeroed(_silent(), begin, end)


def _cut_behind_index(share: float) -> bytes:
    """Cut within the sample data, of which the index still tells everything."""
    data = v.index_first(_silent())
    at, size = v.top_boxes(data)[b"mdat"]
    return data[: at + int(size * share)]


def _forged(box: bytes, offset: int, content: bytes) -> bytes:
    return v.patched(_silent(), box, offset, content)


def _index() -> Iterator[Case]:
    none, far, all_bits = struct.pack(">I", 0), struct.pack(">I", 3), b"\xff\xff\xff\xff"
    forged: dict[str, tuple[bytes, int, bytes, str]] = {
        "no time scale": (b"mdhd", 12, none, "unreadable"),
        "a picture that decodes by itself is none": (b"stss", 8, far, "unreadable"),
        "pictures called text": (b"hdlr", 8, b"text", "unsupported-container"),
        "pictures called sound": (b"hdlr", 8, b"soun", "unsupported-container"),
        "durations without end": (b"stts", 4, all_bits, "unreadable"),
        "chunks without end": (b"stco", 4, all_bits, "unreadable"),
        "runs of chunks without end": (b"stsc", 4, all_bits, "unreadable"),
        "sizes of all bits": (b"stsz", 4, all_bits, "truncated"),
        "a parameter set of no length": (b"avcC", 6, b"\x00\x00", "unreadable"),
        "parameter sets of another version": (b"avcC", 0, b"\x07", "unreadable"),
    }
    for name, (box, offset, content, slug) in forged.items():
        yield refused(name, partial(_forged, box, offset, content), slug, rule=_RULE)
    for box in (b"stts", b"stsc", b"stco"):
        yield refused(f"no {box.decode()}", partial(_without, box), "unreadable", rule=_RULE)
    for box in (b"trak", b"mdia", b"minf", b"stbl"):
        yield refused(f"no {box.decode()}", partial(_without, box), "unsupported-container", rule=_RULE)


def _without(box: bytes) -> bytes:
    return v.renamed_box(_silent(), box, b"xxxx")


def _nested(depth: int) -> bytes:
    content = b""
    for _ in range(depth):
        content = v.boxed(b"moov", content)
    return v.with_index(_silent(), content)


def _boxes() -> Iterator[Case]:
    again = lambda: v.made() + v.made()[v.top_boxes(v.made())[b"moov"][0] :]  # noqa: E731 - one line of a table
    yield refused("two indexes", again, "unreadable", rule=_RULE)
    tracks = lambda: v.with_index(_silent(), v.boxed(b"trak", b"") * 100_000)  # noqa: E731 - one line of a table
    yield refused("a hundred thousand tracks", tracks, "unreadable", rule=_RULE)
    yield refused("boxes in boxes", partial(_nested, 2000), "unsupported-container", rule=_RULE)
    packed = lambda: v.with_index(_silent(), v.boxed(b"cmov", bytes(200)))  # noqa: E731 - one line of a table
    yield refused("a packed index", packed, "unsupported-container", rule=_RULE)
    long = lambda: v.with_index(_silent(), bytes(17 * 1024 * 1024))  # noqa: E731 - one line of a table
    yield refused("an index of 17 MB", long, "unreadable", rule=_RULE)
    yield refused("an empty index", lambda: v.with_index(_silent(), b""), "unsupported-container", rule=_RULE)
    tiny = lambda: v.made()[:32] + struct.pack(">I4sQ", 1, b"free", 3) + v.made()[32:]  # noqa: E731 - one line
    yield refused("a box smaller than its header", tiny, "unreadable", rule=_RULE)
    yield refused(
        "a hundred boxes behind the end", lambda: v.made() + v.boxed(b"free", b"") * 100, "unreadable", rule=_RULE
    )
    yield Case("twenty boxes behind the end", lambda: v.made() + v.boxed(b"free", b"") * 20, facts=_HD, rule=_RULE)
    yield Case("sample data to the end of the file", _open_end, facts=_HD, rule=_RULE)
    yield refused(
        "noise behind the end", lambda: v.made() + random.Random(2).randbytes(5000), "trailing-data", rule=_RULE
    )


def _open_end() -> bytes:
    """A last box whose size is left open."""
    data = v.index_first(v.made())
    at, _ = v.top_boxes(data)[b"mdat"]
    return data[:at] + bytes(4) + data[at + 4 :]
