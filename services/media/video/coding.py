"""How the tracks of a video are coded."""

from __future__ import annotations

import io

import pymediainfo

from contracts.events import Finding
from services.media import findings as say
from services.media.formats.h264 import Sps, read_sps
from services.media.formats.isobmff import Track, sps_of
from services.media.source import Ranges

_PIECE_BYTES = 16 * 1024
_MOST_READ_BYTES = 8 * 1024 * 1024
_H264 = frozenset({"avc1", "avc2", "avc3", "avc4"})
_CODECS = {
    "hvc1": "HEVC (H.265)",
    "hev1": "HEVC (H.265)",
    "dvh1": "Dolby Vision (HEVC)",
    "dvhe": "Dolby Vision (HEVC)",
    "av01": "AV1",
    "vp08": "VP8",
    "vp09": "VP9",
    "mp4v": "MPEG-4 Part 2",
    "s263": "H.263",
    "jpeg": "Motion JPEG",
    "mjpa": "Motion JPEG",
    "mjpb": "Motion JPEG",
    "apch": "ProRes",
    "apcn": "ProRes",
    "apcs": "ProRes",
    "apco": "ProRes",
    "ap4h": "ProRes",
    "ap4x": "ProRes",
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


def read_coding(track: Track) -> tuple[str, Sps | None, list[Finding]]:
    """How the pictures are coded, what their sequence parameter set says, and what is wrong with it."""
    entry = track.entries[0]
    if entry.codec in _PROTECTED:
        return entry.codec, None, [say.unsupported_codec("DRM", protected=True)]
    if entry.codec not in _H264:
        name = _CODECS.get(entry.codec, entry.codec)
        return name, None, [say.unsupported_codec(name)]
    sets = {read_sps(unit) for unit in sps_of(entry.config)}
    if len(sets) != 1:
        problem = say.unreadable(
            "视频没有或有几组互相矛盾的画面参数",
            "the video has no picture parameters, or several that disagree",
            given=len(sets),
        )
        return "H.264", None, [problem]
    sps = sets.pop()
    name = f"H.264 {sps.profile}"
    if sps.bits != 8 or sps.chroma not in {"4:2:0", "4:0:0"}:  # noqa: PLR2004 - what browsers play
        given = f"{name}, {sps.bits} bit, {sps.chroma}"
        return name, sps, [say.unsupported_codec(given)]
    return name, sps, []
