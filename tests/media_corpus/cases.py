"""The table: every case by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from tests.media_corpus import document_cases, jpeg_cases, png_cases, telephone_cases, video_cases
from tests.media_corpus import photos as p
from tests.media_corpus import videos as v
from tests.media_corpus.case import TWO_MEBIBYTES, Case, photo_rule, refused, video_rule


def cases() -> Iterator[Case]:
    yield from _sound_photos()
    yield from _other_formats()
    yield from _broken_photos()
    yield from _sound_videos()
    yield from _broken_videos()
    yield from jpeg_cases.cases()
    yield from png_cases.cases()
    yield from video_cases.cases()
    yield from telephone_cases.cases()
    yield from document_cases.cases()


def _oriented(orientation: int, order: str) -> bytes:
    return p.with_orientation(p.jpeg(), orientation, order)


def _changed(whole: Callable[[], bytes], change: Callable[..., bytes], *arguments: float) -> bytes:
    return change(whole(), *arguments)


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
    yield refused("png named jpg", p.png, wrong)
    yield refused("gif", lambda: p.saved_as("GIF"), wrong)
    yield refused("webp", lambda: p.saved_as("WEBP"), wrong)
    yield refused("bmp", lambda: p.saved_as("BMP"), wrong)
    yield refused("tiff", lambda: p.saved_as("TIFF"), wrong)
    yield refused("avif", lambda: p.saved_as("AVIF"), wrong)
    yield refused("heic header", lambda: b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(900), wrong)
    yield refused("pdf", lambda: p.saved_as("PDF"), wrong)
    yield refused("zip", p.zip_archive, wrong)
    yield refused("html", lambda: b"<!DOCTYPE html><script>alert(1)</script>", wrong)
    yield refused("text", lambda: "照片稍后补交。".encode() * 50, wrong)
    yield refused("text in gb18030", lambda: "照片稍后补交。".encode("gb18030") * 50, wrong)
    yield refused("noise", lambda: bytes(range(1, 256)) * 9, wrong)
    yield refused("one byte", lambda: b"\xff", wrong)
    yield refused("empty", lambda: b"", "empty-file")
    yield refused("empty video", lambda: b"", "empty-file", rule=video_rule())
    yield refused("a photo where a video is due", p.jpeg, wrong, rule=video_rule())
    yield refused("a video where a photo is due", v.made, wrong)
    yield refused("large and wrong", lambda: p.png() + bytes(TWO_MEBIBYTES), "photo-too-large", wrong)


def _broken_photos() -> Iterator[Case]:
    large = lambda: p.padded_to(p.jpeg(), TWO_MEBIBYTES + 1)  # noqa: E731 - one line of a table
    yield refused("2 MiB and a byte", large, "photo-too-large")
    yield refused(
        "large and half", lambda: p.half(p.padded_to(p.jpeg(), 2 * TWO_MEBIBYTES + 9)), "photo-too-large", "unreadable"
    )
    for name, data in (("baseline", p.jpeg()), ("progressive", p.jpeg(progressive=True))):
        yield refused(f"half of {name}", partial(p.half, data), "truncated")
        yield refused(f"half of {name}, closed", partial(p.closed_half, data), "unreadable")
        yield refused(f"{name} without its end marker", partial(p.without_end, data), "truncated")
        yield refused(f"zeroed {name}", partial(p.zeroed_scan, data, 0.0), "unreadable")
    yield refused("half zeroed", lambda: p.zeroed_scan(p.jpeg()), "unreadable")
    yield refused("only a header", lambda: p.jpeg()[: p.scan_start(p.jpeg())], "truncated")
    yield refused("only SOI", lambda: p.SOI + b"\xff", "unreadable")
    yield refused(
        "no frame",
        lambda: p.SOI + b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + p.EOI,
        "unreadable",
    )
    yield refused("frame claims more lines", lambda: p.with_frame_size(p.jpeg(), 960, 1440), "unreadable")
    yield refused("frame claims fewer lines", lambda: p.with_frame_size(p.jpeg(), 960, 360), "unreadable")
    yield refused("frame of nothing", lambda: p.with_frame_size(p.jpeg(), 0, 720), "unreadable")
    yield refused("scan bomb", lambda: p.scan_bomb(400), "too-many-scans")
    yield refused("scan bomb of small pixels", lambda: p.scan_bomb(101, 64, 64), "too-many-scans")
    yield refused("pixel bomb", lambda: p.huge_frame(65500, 65500), "too-many-pixels")
    yield refused("just too many pixels", lambda: p.huge_frame(8000, 5001), "too-many-pixels")
    yield refused("zip behind the end", lambda: p.jpeg() + p.zip_archive(), "trailing-data")
    yield refused("php behind the end", lambda: p.jpeg() + b"<?PHP system($_GET[0]); ?>", "trailing-data")
    yield refused("page behind the end", lambda: p.jpeg() + b"\n<html><script>alert(1)</script>", "trailing-data")
    yield refused("pdf behind the end", lambda: p.jpeg() + p.saved_as("PDF"), "trailing-data")
    yield refused(
        "zip behind a png", lambda: p.png() + p.zip_archive(), "trailing-data", rule=photo_rule(formats=("PNG",))
    )
    yield refused("half a png", lambda: p.half(p.png()), "truncated", rule=photo_rule(formats=("PNG",)))
    damaged = lambda: p.png()[:2000] + b"\x00\x01\x02\x03" + p.png()[2004:]  # noqa: E731 - one line of a table
    yield refused("a damaged png", damaged, "unreadable", rule=photo_rule(formats=("PNG",)))
    yield refused("noise with a jpeg's beginning", lambda: b"\xff\xd8\xff" + bytes(range(256)) * 9, "unreadable")
    yield refused("another pixel size", p.jpeg, "wrong-pixel-size", rule=photo_rule(pixel_sizes=((720, 960),)))
    arithmetic = lambda: p.jpeg().replace(b"\xff\xc0", b"\xff\xc9", 1)  # noqa: E731 - one line of a table
    yield refused("arithmetic coding", arithmetic, "unsupported-codec")
    yield refused(
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
    yield refused("three minutes and a second", lambda: v.made(seconds=181, fps=1), "too-long", rule=rule)
    long = lambda: v.with_header_duration(v.made(seconds=181, fps=1), 60)  # noqa: E731 - one line of a table
    yield refused("too long, though its headers claim a minute", long, "too-long", rule=rule)
    sound = lambda: v.remuxed(v.made(seconds=181, fps=1), "-map", "0:a", "-map", "0:v", "-t", "181")  # noqa: E731
    yield refused("too long, sound first", sound, "too-long", rule=rule)
    yield refused("1440×1080", lambda: v.made(1440, 1080, 2), "wrong-pixel-size", rule=rule)
    stretched = lambda: v.made(1440, 1080, 2, extra=("-vf", "setsar=4/3"))  # noqa: E731 - one line of a table
    yield refused("1440×1080 stretched to 1920", stretched, "wrong-pixel-size", rule=rule)
    yield refused(
        "640×480 that claims 1280×720",
        lambda: v.with_header_size(v.made(640, 480, 2), 1280, 720),
        "wrong-pixel-size",
        rule=rule,
    )
    yield refused("upright", lambda: v.rotated(v.made(sound=""), 90), "wrong-pixel-size", rule=rule)
    yield refused(
        "too long and too small",
        lambda: v.made(320, 240, seconds=182, fps=1),
        "too-long",
        "wrong-pixel-size",
        rule=rule,
    )
    for name, whole in (("index last", v.made), ("index first", lambda: v.index_first(v.made()))):
        yield refused(f"cut at 60 %, {name}", partial(_changed, whole, v.cut, 0.6), "truncated", rule=rule)
        yield refused(f"all zeroed, {name}", partial(_changed, whole, v.zeroed), "unreadable", rule=rule)
        yield refused(f"second half zeroed, {name}", partial(_changed, whole, v.zeroed, 0.5), "unreadable", rule=rule)
        yield refused(f"middle zeroed, {name}", partial(_changed, whole, v.zeroed, 0.3, 0.7), "unreadable", rule=rule)
        yield refused(f"no index, {name}", partial(_changed, whole, v.without_index), "truncated", rule=rule)
    yield refused("cut inside the index", lambda: v.made()[:-40], "truncated", rule=rule)
    yield refused("encrypted", lambda: v.with_codec(v.made(), b"encv"), "unsupported-codec", rule=rule)
    yield refused("mov where mp4 is due", lambda: v.remuxed(v.made(), suffix=".mov"), "wrong-format", rule=rule)
    yield refused("3gp", lambda: v.with_brand(v.made(), b"3gp5"), "wrong-format", rule=rule)
    yield refused("mkv", lambda: v.remuxed(v.made(), suffix=".mkv"), "wrong-format", rule=rule)
    yield refused("sound only", lambda: v.remuxed(v.made(), "-vn"), "unsupported-container", rule=rule)
    yield refused(
        "fragmented",
        lambda: v.remuxed(v.made(), "-movflags", "frag_keyframe+empty_moov"),
        "unsupported-container",
        rule=rule,
    )
    yield refused(
        "two pictures", lambda: v.remuxed(v.made(), "-map", "0:v", "-map", "0:v"), "unsupported-container", rule=rule
    )
    yield refused(
        "sample table forged shorter",
        lambda: v.patched(v.made(sound=""), b"stts", 8, b"\x00\x00\x00\x05"),
        "unreadable",
        rule=rule,
    )
    yield refused(
        "sample table runs away", lambda: v.patched(v.made(), b"stsz", 8, b"\xff\xff\xff\xff"), "unreadable", rule=rule
    )
    yield refused(
        "chunks beyond the file",
        lambda: v.patched(v.made(sound=""), b"stco", 8, b"\x7f\xff\xff\xff"),
        "truncated",
        rule=rule,
    )
    yield refused(
        "time runs backwards",
        lambda: v.patched(v.made(sound=""), b"stts", 12, b"\xff\xff\xff\x00"),
        "unreadable",
        rule=rule,
    )
    yield refused(
        "a box larger than its parent",
        lambda: v.patched(v.made(), b"trak", -8, b"\x7f\xff\xff\xff"),
        "unreadable",
        rule=rule,
    )
    yield refused("no sample table", lambda: v.renamed_box(v.made(), b"stsz", b"xxxx"), "unreadable", rule=rule)
    yield refused("no picture parameters", lambda: v.renamed_box(v.made(), b"avcC", b"xxxx"), "unreadable", rule=rule)
    yield refused("zip behind a video", lambda: v.made() + p.zip_archive(), "trailing-data", rule=rule)
    yield refused("only a brand", lambda: v.made()[:32], "truncated", rule=rule)
    yield refused("larger than allowed", v.made, "video-too-large", rule=video_rule(max_bytes=1000))
