"""The table: every case by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from contracts.campaign import MaterialRule, Text
from tests.media_corpus import photos as p
from tests.media_corpus import videos as v

TWO_MEBIBYTES = 2 * 1024 * 1024
_LABEL = Text(zh="材料", en="Material")


def photo_rule(**changes: object) -> MaterialRule:
    """The rule of the 2017 notice for photos."""
    usual = {"key": "photo", "kind": "photo", "label": _LABEL, "formats": ("JPEG",), "max_count": 10}
    return MaterialRule.model_validate({**usual, "max_bytes": TWO_MEBIBYTES, "max_pixels": 40_000_000, **changes})


def video_rule(**changes: object) -> MaterialRule:
    """The rule of the 2017 notice for videos."""
    usual = {"key": "video", "kind": "video", "label": _LABEL, "formats": ("MP4",), "max_count": 1}
    limits = {"max_bytes": 500 * 1024 * 1024, "pixel_sizes": ((1920, 1080), (1280, 720)), "max_seconds": 180}
    return MaterialRule.model_validate({**usual, **limits, **changes})


@dataclass(frozen=True, slots=True)
class Case:
    """`slugs` is exactly what must be found; nothing for a file that is accepted, of which `facts` must hold."""

    name: str
    make: Callable[[], bytes]
    slugs: frozenset[str] = frozenset()
    facts: Mapping[str, object] = field(default_factory=dict)
    rule: MaterialRule = field(default_factory=photo_rule)


def cases() -> Iterator[Case]:
    yield from _sound_photos()
    yield from _other_formats()
    yield from _broken_photos()
    yield from _sound_videos()
    yield from _broken_videos()


def _oriented(orientation: int, order: str) -> bytes:
    return p.with_orientation(p.jpeg(), orientation, order)


def _changed(whole: Callable[[], bytes], change: Callable[..., bytes], *arguments: float) -> bytes:
    return change(whole(), *arguments)


def _refused(name: str, make: Callable[[], bytes], *slugs: str, rule: MaterialRule | None = None) -> Case:
    return Case(name, make, frozenset(slugs), rule=rule or photo_rule())


def _sound_photos() -> Iterator[Case]:
    size = {"width": 960, "height": 720, "format": "JPEG"}
    yield Case("baseline", p.jpeg, facts={**size, "codec": "baseline"})
    yield Case("progressive", lambda: p.jpeg(progressive=True), facts={**size, "codec": "progressive"})
    yield Case("restart markers", lambda: p.jpeg(restart_marker_blocks=7), facts=size)
    yield Case("grey", lambda: p.jpeg(mode="L"), facts=size)
    yield Case("cmyk", lambda: p.jpeg(mode="CMYK"), facts=size)
    yield Case("4:4:4", lambda: p.jpeg(subsampling=0), facts=size)
    yield Case("odd size", lambda: p.jpeg(333, 217), facts={"width": 333, "height": 217})
    yield Case("one pixel", lambda: p.jpeg(1, 1), facts={"width": 1, "height": 1})
    for orientation in range(1, 9):
        turned = orientation >= 5
        shown = {"width": 720 if turned else 960, "height": 960 if turned else 720}
        order = "><"[orientation % 2]
        yield Case(
            f"orientation {orientation}",
            partial(_oriented, orientation, order),
            facts=shown,
        )
    yield Case("orientation 9 means nothing", lambda: p.with_orientation(p.jpeg(), 9), facts=size)
    yield Case("exif cut short", lambda: p.with_segment(p.jpeg(), 0xE1, b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x05"))
    yield Case("exactly 2 MiB", lambda: p.padded_to(p.jpeg(), TWO_MEBIBYTES), facts={"bytes": TWO_MEBIBYTES})
    yield Case("zero padding behind the end", lambda: p.jpeg() + bytes(512), facts=size)
    yield Case("a second picture behind the end", lambda: p.jpeg() + p.jpeg(64, 64), facts=size)
    yield Case("a maker's block behind the end", lambda: p.jpeg() + b'vivo{"camera":1}' * 9, facts=size)
    yield Case("php in a comment", lambda: p.with_segment(p.jpeg(), 0xFE, b"<?php echo 1;"), facts=size)
    yield Case("fill bytes between markers", lambda: p.SOI + b"\xff" * 9 + p.jpeg()[2:], facts=size)
    yield Case("odd scan parameters", lambda: p.with_scan_parameters(p.jpeg(), b"\x00\x00\x00"), facts=size)
    yield Case("padding before the end marker", lambda: p.jpeg()[:-2] + b"\x00\x00" + p.EOI, facts=size)
    yield Case(
        "png where allowed", p.png, facts={"format": "PNG", "width": 320}, rule=photo_rule(formats=("JPEG", "PNG"))
    )
    yield Case("pixel size asked for", p.jpeg, rule=photo_rule(pixel_sizes=((960, 720),)))


def _other_formats() -> Iterator[Case]:
    wrong = "wrong-format"
    yield _refused("png named jpg", p.png, wrong)
    yield _refused("gif", lambda: p.saved_as("GIF"), wrong)
    yield _refused("webp", lambda: p.saved_as("WEBP"), wrong)
    yield _refused("bmp", lambda: p.saved_as("BMP"), wrong)
    yield _refused("tiff", lambda: p.saved_as("TIFF"), wrong)
    yield _refused("avif", lambda: p.saved_as("AVIF"), wrong)
    yield _refused("heic header", lambda: b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(900), wrong)
    yield _refused("pdf", lambda: p.saved_as("PDF"), wrong)
    yield _refused("zip", p.zip_archive, wrong)
    yield _refused("html", lambda: b"<!DOCTYPE html><script>alert(1)</script>", wrong)
    yield _refused("text", lambda: "照片稍后补交。".encode() * 50, wrong)
    yield _refused("text in gb18030", lambda: "照片稍后补交。".encode("gb18030") * 50, wrong)
    yield _refused("noise", lambda: bytes(range(1, 256)) * 9, wrong)
    yield _refused("one byte", lambda: b"\xff", wrong)
    yield _refused("empty", lambda: b"", "empty-file")
    yield _refused("empty video", lambda: b"", "empty-file", rule=video_rule())
    yield _refused("a photo where a video is due", p.jpeg, wrong, rule=video_rule())
    yield _refused("a video where a photo is due", v.made, wrong)
    yield _refused("large and wrong", lambda: p.png() + bytes(TWO_MEBIBYTES), "photo-too-large", wrong)


def _broken_photos() -> Iterator[Case]:
    large = lambda: p.padded_to(p.jpeg(), TWO_MEBIBYTES + 1)  # noqa: E731 - one line of a table
    yield _refused("2 MiB and a byte", large, "photo-too-large")
    yield _refused(
        "large and half", lambda: p.half(p.padded_to(p.jpeg(), 2 * TWO_MEBIBYTES + 9)), "photo-too-large", "unreadable"
    )
    for name, data in (("baseline", p.jpeg()), ("progressive", p.jpeg(progressive=True))):
        yield _refused(f"half of {name}", partial(p.half, data), "truncated")
        yield _refused(f"half of {name}, closed", partial(p.closed_half, data), "unreadable")
        yield _refused(f"{name} without its end marker", partial(p.without_end, data), "truncated")
        yield _refused(f"zeroed {name}", partial(p.zeroed_scan, data, 0.0), "unreadable")
    yield _refused("half zeroed", lambda: p.zeroed_scan(p.jpeg()), "unreadable")
    yield _refused("only a header", lambda: p.jpeg()[: p.scan_start(p.jpeg())], "truncated")
    yield _refused("only SOI", lambda: p.SOI + b"\xff", "unreadable")
    yield _refused(
        "no frame",
        lambda: p.SOI + b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + p.EOI,
        "unreadable",
    )
    yield _refused("frame claims more lines", lambda: p.with_frame_size(p.jpeg(), 960, 1440), "unreadable")
    yield _refused("frame claims fewer lines", lambda: p.with_frame_size(p.jpeg(), 960, 360), "unreadable")
    yield _refused("frame of nothing", lambda: p.with_frame_size(p.jpeg(), 0, 720), "unreadable")
    yield _refused("scan bomb", lambda: p.scan_bomb(400), "too-many-scans")
    yield _refused("scan bomb of small pixels", lambda: p.scan_bomb(101, 64, 64), "too-many-scans")
    yield _refused("pixel bomb", lambda: p.huge_frame(65500, 65500), "too-many-pixels")
    yield _refused("just too many pixels", lambda: p.huge_frame(8000, 5001), "too-many-pixels")
    yield _refused("zip behind the end", lambda: p.jpeg() + p.zip_archive(), "trailing-data")
    yield _refused("php behind the end", lambda: p.jpeg() + b"<?PHP system($_GET[0]); ?>", "trailing-data")
    yield _refused("page behind the end", lambda: p.jpeg() + b"\n<html><script>alert(1)</script>", "trailing-data")
    yield _refused("pdf behind the end", lambda: p.jpeg() + p.saved_as("PDF"), "trailing-data")
    yield _refused(
        "zip behind a png", lambda: p.png() + p.zip_archive(), "trailing-data", rule=photo_rule(formats=("PNG",))
    )
    yield _refused("half a png", lambda: p.half(p.png()), "truncated", rule=photo_rule(formats=("PNG",)))
    damaged = lambda: p.png()[:2000] + b"\x00\x01\x02\x03" + p.png()[2004:]  # noqa: E731 - one line of a table
    yield _refused("a damaged png", damaged, "unreadable", rule=photo_rule(formats=("PNG",)))
    yield _refused("noise with a jpeg's beginning", lambda: b"\xff\xd8\xff" + bytes(range(256)) * 9, "unreadable")
    yield _refused("another pixel size", p.jpeg, "wrong-pixel-size", rule=photo_rule(pixel_sizes=((720, 960),)))
    arithmetic = lambda: p.jpeg().replace(b"\xff\xc0", b"\xff\xc9", 1)  # noqa: E731 - one line of a table
    yield _refused("arithmetic coding", arithmetic, "unsupported-codec")
    yield _refused(
        "twelve bits",
        lambda: p.jpeg().replace(b"\xff\xc0\x00\x11\x08", b"\xff\xc1\x00\x11\x0c", 1),
        "unsupported-codec",
    )


def _sound_videos() -> Iterator[Case]:
    rule = video_rule()
    hd = {"width": 1280, "height": 720, "seconds": 4.0, "format": "MP4"}
    yield Case("720p, index last", v.made, facts=hd, rule=rule)
    yield Case("720p, index first", lambda: v.index_first(v.made()), facts=hd, rule=rule)
    full = lambda: v.made(1920, 1080, 2)  # noqa: E731 - one line of a table
    yield Case("1080p", full, facts={"width": 1920, "height": 1080}, rule=rule)
    yield Case("no sound", lambda: v.made(sound=""), facts={"seconds": 4.0, "width": 1280}, rule=rule)
    yield Case(
        "high profile, b-frames", lambda: v.made(extra=("-preset", "medium", "-profile:v", "high")), facts=hd, rule=rule
    )
    yield Case("exactly three minutes", lambda: v.made(seconds=180, fps=1), facts={"width": 1280}, rule=rule)
    turned = video_rule(pixel_sizes=((720, 1280),))
    yield Case("rotated", lambda: v.rotated(v.made(sound=""), 90), facts={"width": 720, "height": 1280}, rule=turned)
    yield Case(
        "turned upside down", lambda: v.rotated(v.made(sound=""), 180), facts={"width": 1280, "height": 720}, rule=rule
    )
    yield Case(
        "short, though its headers claim hours", lambda: v.with_header_duration(v.made(), 9000), facts=hd, rule=rule
    )
    yield Case(
        "its track header lies about the size", lambda: v.with_header_size(v.made(), 640, 480), facts=hd, rule=rule
    )
    mov = video_rule(formats=("MP4", "MOV"))
    yield Case(
        "mov where allowed",
        lambda: v.remuxed(v.made(), suffix=".mov"),
        facts={"format": "MOV", "width": 1280},
        rule=mov,
    )
    yield Case("unknown brand", lambda: v.with_brand(v.made(), b"XAVC"), facts=hd, rule=rule)
    yield Case("zero padding at the end", lambda: v.made() + bytes(4096), facts=hd, rule=rule)
    yield Case("any size where none is asked for", lambda: v.made(640, 480, 2), rule=video_rule(pixel_sizes=()))


def _broken_videos() -> Iterator[Case]:
    rule = video_rule()
    yield _refused("three minutes and a second", lambda: v.made(seconds=181, fps=1), "too-long", rule=rule)
    long = lambda: v.with_header_duration(v.made(seconds=181, fps=1), 60)  # noqa: E731 - one line of a table
    yield _refused("too long, though its headers claim a minute", long, "too-long", rule=rule)
    sound = lambda: v.remuxed(v.made(seconds=181, fps=1), "-map", "0:a", "-map", "0:v", "-t", "181")  # noqa: E731
    yield _refused("too long, sound first", sound, "too-long", rule=rule)
    yield _refused("1440×1080", lambda: v.made(1440, 1080, 2), "wrong-pixel-size", rule=rule)
    stretched = lambda: v.made(1440, 1080, 2, extra=("-vf", "setsar=4/3"))  # noqa: E731 - one line of a table
    yield _refused("1440×1080 stretched to 1920", stretched, "wrong-pixel-size", rule=rule)
    yield _refused(
        "640×480 that claims 1280×720",
        lambda: v.with_header_size(v.made(640, 480, 2), 1280, 720),
        "wrong-pixel-size",
        rule=rule,
    )
    yield _refused("upright", lambda: v.rotated(v.made(sound=""), 90), "wrong-pixel-size", rule=rule)
    yield _refused(
        "too long and too small",
        lambda: v.made(320, 240, seconds=182, fps=1),
        "too-long",
        "wrong-pixel-size",
        rule=rule,
    )
    for name, whole in (("index last", v.made), ("index first", lambda: v.index_first(v.made()))):
        yield _refused(f"cut at 60 %, {name}", partial(_changed, whole, v.cut, 0.6), "truncated", rule=rule)
        yield _refused(f"all zeroed, {name}", partial(_changed, whole, v.zeroed), "unreadable", rule=rule)
        yield _refused(f"second half zeroed, {name}", partial(_changed, whole, v.zeroed, 0.5), "unreadable", rule=rule)
        yield _refused(f"middle zeroed, {name}", partial(_changed, whole, v.zeroed, 0.3, 0.7), "unreadable", rule=rule)
        yield _refused(f"no index, {name}", partial(_changed, whole, v.without_index), "truncated", rule=rule)
    yield _refused("cut inside the index", lambda: v.made()[:-40], "truncated", rule=rule)
    yield _refused(
        "hevc",
        lambda: v.made(codec="libx265", sound="", extra=("-preset", "ultrafast", "-x265-params", "log-level=0")),
        "unsupported-codec",
        rule=rule,
    )
    yield _refused("mpeg-4 part 2", lambda: v.made(codec="mpeg4"), "unsupported-codec", rule=rule)
    ten = lambda: v.made(sound="", extra=("-pix_fmt", "yuv420p10le"))  # noqa: E731 - one line of a table
    yield _refused("ten bits", ten, "unsupported-codec", rule=rule)
    yield _refused("encrypted", lambda: v.with_codec(v.made(), b"encv"), "unsupported-codec", rule=rule)
    yield _refused("mov where mp4 is due", lambda: v.remuxed(v.made(), suffix=".mov"), "wrong-format", rule=rule)
    yield _refused("3gp", lambda: v.with_brand(v.made(), b"3gp5"), "wrong-format", rule=rule)
    yield _refused("mkv", lambda: v.remuxed(v.made(), suffix=".mkv"), "wrong-format", rule=rule)
    yield _refused("sound only", lambda: v.remuxed(v.made(), "-vn"), "unsupported-container", rule=rule)
    yield _refused(
        "fragmented",
        lambda: v.remuxed(v.made(), "-movflags", "frag_keyframe+empty_moov"),
        "unsupported-container",
        rule=rule,
    )
    yield _refused(
        "two pictures", lambda: v.remuxed(v.made(), "-map", "0:v", "-map", "0:v"), "unsupported-container", rule=rule
    )
    yield _refused(
        "sample table forged shorter",
        lambda: v.patched(v.made(sound=""), b"stts", 8, b"\x00\x00\x00\x05"),
        "unreadable",
        rule=rule,
    )
    yield _refused(
        "sample table runs away", lambda: v.patched(v.made(), b"stsz", 8, b"\xff\xff\xff\xff"), "unreadable", rule=rule
    )
    yield _refused(
        "chunks beyond the file",
        lambda: v.patched(v.made(sound=""), b"stco", 8, b"\x7f\xff\xff\xff"),
        "truncated",
        rule=rule,
    )
    yield _refused(
        "time runs backwards",
        lambda: v.patched(v.made(sound=""), b"stts", 12, b"\xff\xff\xff\x00"),
        "unreadable",
        rule=rule,
    )
    yield _refused(
        "a box larger than its parent",
        lambda: v.patched(v.made(), b"trak", -8, b"\x7f\xff\xff\xff"),
        "unreadable",
        rule=rule,
    )
    yield _refused("no sample table", lambda: v.renamed_box(v.made(), b"stsz", b"xxxx"), "unreadable", rule=rule)
    yield _refused("no picture parameters", lambda: v.renamed_box(v.made(), b"avcC", b"xxxx"), "unreadable", rule=rule)
    yield _refused("zip behind the end", lambda: v.made() + p.zip_archive(), "trailing-data", rule=rule)
    yield _refused("only a brand", lambda: v.made()[:32], "truncated", rule=rule)
    yield _refused("larger than allowed", v.made, "video-too-large", rule=video_rule(max_bytes=1000))
