"""Videos as telephones, cameras and drones make them by default."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import partial

from contracts.campaign import MaterialRule
from tests.media_corpus import videos as v
from tests.media_corpus.case import Case, refused, video_rule

_RULE = video_rule()
_BOTH = video_rule(formats=("MP4", "MOV"))
_UPRIGHT = video_rule(pixel_sizes=((720, 1280),))
_HD: dict[str, object] = {"width": 1280, "height": 720, "format": "MP4"}
_HEVC = ("-preset", "ultrafast", "-x265-params", "log-level=0", "-tag:v", "hvc1")
_WIDE = (
    "-pix_fmt",
    "yuv420p10le",
    "-color_primaries",
    "bt2020",
    "-color_trc",
    "arib-std-b67",
    "-colorspace",
    "bt2020nc",
)


def _hevc(
    *options: str, width: int = 1280, height: int = 720, seconds: float = 1, sound: str = "", suffix: str = ".mp4"
) -> bytes:
    return v.made(width, height, seconds, codec="libx265", sound=sound, extra=(*_HEVC, *options), suffix=suffix)


def cases() -> Iterator[Case]:
    """As telephones record by default: none of these breaks a rule, and what browsers cannot play is coded anew."""
    mov: dict[str, object] = {"format": "MOV", "width": 1280, "height": 720}
    full: dict[str, object] = {"width": 1920, "height": 1080}
    upright: dict[str, object] = {"width": 720, "height": 1280, "rotation": 90}
    makers: dict[str, tuple[Callable[[], bytes], MaterialRule, dict[str, object]]] = {
        "hevc in mov, with sound": (
            partial(_hevc, sound="aac", suffix=".mov"),
            _BOTH,
            {**mov, "codec": "HEVC Main + AAC", "sound": True},
        ),
        "hevc in mp4": (_hevc, _RULE, {**_HD, "codec": "HEVC Main", "sound": False, "rotation": 0}),
        "hevc, its parameter sets in the pictures": (partial(_hevc, "-tag:v", "hev1"), _RULE, _HD),
        "hevc of ten bits": (partial(_hevc, "-pix_fmt", "yuv420p10le"), _RULE, {**_HD, "codec": "HEVC Main 10"}),
        "hevc of wide range (hlg)": (partial(_hevc, *_WIDE, suffix=".mov"), _BOTH, {"codec": "HEVC Main 10"}),
        "dolby vision 8.4": (_dolby, _BOTH, {"codec": "HEVC Main 10, Dolby Vision 8"}),
        "hevc of 4:2:2": (partial(_hevc, "-pix_fmt", "yuv422p10le"), _RULE, _HD),
        "hevc of 1080 lines, coded as 1088": (
            partial(_hevc, width=1920, height=1080),
            _RULE,
            full,
        ),
        "hevc upright": (lambda: v.rotated(_hevc(), 270), _UPRIGHT, upright),
        "hevc whose headers lie about the size": (
            lambda: v.with_header_size(_hevc(), 640, 480, codec=b"hvc1"),
            _RULE,
            _HD,
        ),
        "hevc at odd times": (
            partial(_hevc, "-vf", "select='not(mod(n,3))+lt(n,9)'", "-fps_mode", "vfr", seconds=2),
            _RULE,
            _HD,
        ),
        "slow motion": (lambda: v.made(seconds=0.5, fps=120, sound=""), _RULE, {**_HD, "frame_rate": 120.0}),
        "fifty pictures a second": (lambda: v.made(seconds=0.5, fps=50, sound=""), _RULE, {**_HD, "frame_rate": 50.0}),
        "a track of the telephone's own": (_with_own_track, _BOTH, {"format": "MOV", "sound": False}),
        "a still beside the pictures": (_with_cover, _BOTH, {**mov, "codec": "H.264 Baseline"}),
        "sound of a camera": (
            lambda: v.made(sound="pcm_s16le", suffix=".mov"),
            _BOTH,
            {**mov, "codec": "H.264 Baseline + PCM"},
        ),
    }
    for name, (make, rule, facts) in makers.items():
        yield Case(name, make, facts=facts, rule=rule)
    yield refused("hevc in mov where mp4 is due", partial(_hevc, suffix=".mov"), "wrong-format", rule=_RULE)
    yield refused("hevc upright where lying is due", lambda: v.rotated(_hevc(), 90), "wrong-pixel-size", rule=_RULE)
    yield refused("hevc that claims 1280×720", _small_hevc, "wrong-pixel-size", rule=_RULE)
    yield refused("hevc, zeroed", lambda: v.zeroed(_hevc()), "unreadable", rule=_RULE)
    yield refused("hevc, its end zeroed", lambda: v.zeroed(_hevc(), 0.7), "unreadable", rule=_RULE)
    noise = random.Random(2).randbytes(4096)
    yield refused("hevc, filled with noise", lambda: v.filled(_hevc(), noise), "unreadable", rule=_RULE)
    yield refused("hevc, cut short", lambda: v.index_first(_hevc())[:-9000], "truncated", rule=_RULE)
    yield refused("hevc without its parameters", _no_parameters, "unreadable", rule=_RULE)
    yield refused("hevc, parameters that run away", _long_parameters, "unreadable", rule=_RULE)
    yield refused("dolby vision 5", _dolby_alone, "unsupported-codec", rule=_BOTH)


def _no_parameters() -> bytes:
    return v.renamed_box(_hevc(), b"hvcC", b"xxxx")


def _long_parameters() -> bytes:
    return v.patched(_hevc(), b"hvcC", 22, b"\xff")


def _small_hevc() -> bytes:
    return v.with_header_size(_hevc(width=640, height=480), 1280, 720, codec=b"hvc1")


def _dolby(profile: int = 8) -> bytes:
    """As a telephone's recording says so; the enhancements themselves are not there, and are not needed."""
    described = v.boxed(b"dvvC", bytes((1, 0, profile << 1)) + bytes(21))
    return v.with_box_in_entry(_hevc(*_WIDE, suffix=".mov"), b"hvc1", described)


def _dolby_alone() -> bytes:
    return v.renamed_box(_dolby(5), b"hvc1", b"dvh1")


def _with_own_track() -> bytes:
    """A track of time codes renamed to what holds a telephone's movements."""
    data = v.remuxed(v.made(fps=25, sound=""), "-timecode", "00:00:00:00", suffix=".mov")
    at = data.rindex(b"hdlr\x00\x00\x00\x00mhlrtmcd")
    data = data[: at + 12] + b"meta" + data[at + 16 :]
    at = data.index(b"tmcd", data.index(b"stsd", at))
    return data[:at] + b"mebx" + data[at + 4 :]


def _with_cover() -> bytes:
    """A drone's preview in a track that players leave out."""
    options = ("-map", "0:v", "-map", "0:v", "-c:v:1", "mjpeg", "-frames:v:1", "1")
    return v.patched(v.remuxed(v.made(sound=""), *options, suffix=".mov"), b"tkhd", 0, bytes(4), which=1)
