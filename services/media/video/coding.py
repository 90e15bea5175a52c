"""How the tracks of a video are coded."""

from __future__ import annotations

import io
from dataclasses import dataclass

import pymediainfo

from contracts.events import Finding
from services.media import findings as say
from services.media.formats import FormatError
from services.media.formats.h264 import read_sps
from services.media.formats.hevc import read_hevc_sps
from services.media.formats.isobmff import Entry, esds_of, hevc_sps_of, sps_of
from services.media.source import Ranges

_PIECE_BYTES = 16 * 1024
_MOST_READ_BYTES = 8 * 1024 * 1024
_PLAYED = frozenset({"Baseline", "Main", "High"})
_H264 = frozenset({"avc1", "avc2", "avc3", "avc4"})
_HEVC = frozenset({"hvc1", "hev1", "dvh1", "dvhe"})
_DOLBY = frozenset({"dvh1", "dvhe"})
_DOLBY_ALONE = 5
_MPEG4_VISUAL = 0x20
_TEN = 10
_PRORES = {
    "apco": "ProRes Proxy",
    "apcs": "ProRes LT",
    "apcn": "ProRes 422",
    "apch": "ProRes 422 HQ",
    "ap4h": "ProRes 4444",
    "ap4x": "ProRes 4444 XQ",
}
_OTHERS = {
    "av01": ("AV1", "libdav1d"),
    "vp08": ("VP8", "vp8"),
    "vp09": ("VP9", "vp9"),
    "jpeg": ("Motion JPEG", "mjpeg"),
    "mjpa": ("Motion JPEG", "mjpeg"),
    **{codec: (name, "prores") for codec, name in _PRORES.items()},
}
"""Name and decoder of codings whose samples say themselves all that a decoder has to know."""
_NAMES = {
    "s263": "H.263",
    "h263": "H.263",
    "mjpb": "Motion JPEG B",
    "vvc1": "VVC (H.266)",
    "vvi1": "VVC (H.266)",
    "AVdn": "DNxHD",
    "AVdh": "DNxHR",
    "CFHD": "CineForm",
    "aprn": "ProRes RAW",
    "aprh": "ProRes RAW",
    "SVQ3": "Sorenson Video 3",
    "rle ": "QuickTime Animation",
}
_PROTECTED = frozenset({"encv", "drmi"})


def sound_coding(ranges: Ranges) -> str:
    """What MediaInfo calls the coding of the sound, `?` if it cannot tell.

    It sees the ranges that are known already, else zeros, so it costs no request. It is asked last and only about files
    that break no rule: this library has been seen to loop for ever on damaged indexes.
    """
    info = pymediainfo.MediaInfo.parse(_KnownBytes(ranges), parse_speed=-1, buffer_size=_PIECE_BYTES)
    return next((str(track.format) for track in info.audio_tracks if track.format), "?")


class _KnownBytes(io.RawIOBase):
    """A seekable file of the ranges that have been read; the rest of it is zero, and costs no request."""

    def __init__(self, ranges: Ranges) -> None:
        self._ranges = ranges
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._ranges.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1) -> bytes:
        data = self._ranges.known(self._at, min(size, _MOST_READ_BYTES) if size >= 0 else _PIECE_BYTES)
        self._at += len(data)
        return data


@dataclass(frozen=True, slots=True)
class Coding:
    """How the pictures of a track are coded, as far as we can decode them."""

    name: str
    decoder: str
    """As FFmpeg calls it."""
    config: bytes = b""
    """What the decoder has to know beforehand."""
    size: tuple[int, int] | None = None
    """(width, height) by the sequence parameter set; None where only a decoded picture tells."""
    aspect: tuple[int, int] | None = None
    """Of one pixel, width : height, where the set says so."""
    unit_header: int = 0
    """Bytes of the header of each unit (NAL) where samples are made of such: 1 in H.264, 2 in HEVC."""
    length_bytes: int = 4
    """Of the length before each unit."""
    plays: bool = False
    """Whether every browser plays it."""


def read_coding(entry: Entry) -> tuple[Coding | None, Finding | None]:
    """How the pictures are coded, or why that is no use. Raises FormatError."""
    try:
        return _coding(entry)
    except IndexError as error:
        raise FormatError("the decoder configuration ends too early") from error


def _coding(entry: Entry) -> tuple[Coding | None, Finding | None]:
    if entry.codec in _PROTECTED:
        return None, say.unsupported_codec("DRM", protected=True)
    if entry.codec in _H264:
        return _h264(entry)
    if entry.codec in _HEVC:
        return _hevc(entry)
    decoder: str | None = None
    name = _NAMES.get(entry.codec, entry.codec)
    config = entry.config
    if entry.codec in _OTHERS:
        name, decoder = _OTHERS[entry.codec]
    elif entry.codec == "mp4v":
        kind, config = esds_of(entry.config)
        name, decoder = ("MPEG-4 Part 2", "mpeg4") if kind == _MPEG4_VISUAL else (f"mp4v {kind:#04x}", None)
    return (Coding(name, decoder, config), None) if decoder else (None, say.unsupported_codec(name))


def _h264(entry: Entry) -> tuple[Coding | None, Finding | None]:
    sets = {read_sps(unit) for unit in sps_of(entry.config)}
    if len(sets) != 1:
        return None, _parameters(len(sets))
    sps = sets.pop()
    name = _deep(f"H.264 {sps.profile}", sps.bits, sps.chroma)
    size = (sps.width, sps.height)
    usual = sps.profile in _PLAYED and sps.bits == 8 and sps.chroma in {"4:2:0", "4:0:0"}  # noqa: PLR2004 - as usual
    return Coding(
        name,
        "h264",
        entry.config,
        size,
        sps.aspect,
        unit_header=1,
        length_bytes=(entry.config[4] & 3) + 1,
        plays=usual and entry.codec == "avc1",
    ), None


def _hevc(entry: Entry) -> tuple[Coding | None, Finding | None]:
    if entry.codec in _DOLBY and entry.dolby_profile == _DOLBY_ALONE:
        # Its colours are of no known kind without what only Dolby's decoders know.
        return None, say.unsupported_codec("Dolby Vision Profile 5")
    sets = {read_hevc_sps(unit) for unit in hevc_sps_of(entry.config)}
    if len({(sps.width, sps.height) for sps in sets}) > 1:
        return None, _parameters(len(sets))
    sps = next(iter(sets), None)
    name = f"HEVC {sps.profile}" if sps else "HEVC"
    if sps is not None:
        name = _deep(name, 8 if sps.profile == "Main 10" and sps.bits == _TEN else sps.bits, sps.chroma)
    if entry.dolby_profile is not None:
        name = f"{name}, Dolby Vision {entry.dolby_profile}"
    size = (sps.width, sps.height) if sps else None
    length_bytes = (entry.config[21] & 3) + 1
    return Coding(name, "hevc", entry.config, size, unit_header=2, length_bytes=length_bytes), None


def _deep(name: str, bits: int, chroma: str) -> str:
    """With what is not as usual."""
    depth = f", {bits} bit" if bits != 8 else ""  # noqa: PLR2004 - as nearly all are
    return name + depth + (f", {chroma}" if chroma not in {"4:2:0", "4:0:0"} and chroma not in name else "")


def _parameters(count: int) -> Finding:
    return say.unreadable(
        "视频没有或有几组互相矛盾的画面参数",
        "the video has no picture parameters, or several that disagree",
        given=count,
    )
