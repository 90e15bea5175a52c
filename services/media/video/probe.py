"""Whether a video's pictures are really there: a few of them are decoded, within what may be read of the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from contracts.events import Finding
from services.media import findings as say
from services.media.formats.isobmff import Samples, Track
from services.media.source import Ranges
from services.media.video.coding import Coding, read_coding

_MOST_REQUESTS = 5
"""For a sound file; with the copy that is judged, six."""
_SHARE = 0.0024
_FREE_BYTES = 240_000
"""What may be read for a verdict: this much of any file; of larger ones, _SHARE of their bytes."""
MOST_PIXELS = 8192 * 4608
"""Of a picture. Telephones go up to 7680 × 4320."""
_MOST_SAMPLE_BYTES = 8 * 1024 * 1024
_GLIMPSE_BYTES = 1024
"""Of a picture that is too large to be read."""
_LAST_SHARE = 4
"""Of a third without a picture that decodes by itself, the last quarter is looked at."""
_MOST_UNIT_TYPE = 23


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture that was decoded. `aspect` is that of one pixel, width : height, 0 : 1 where nobody says."""

    width: int
    height: int
    aspect: tuple[int, int] = (0, 1)


def probe(ranges: Ranges, track: Track, coding: Coding) -> tuple[Seen | None, list[Finding]]:
    """Decode pictures at the beginning, in the middle and near the end.

    Returns the first one and what is wrong. Of each third, the smallest picture that decodes by itself is taken:
    whether its bytes are there can be seen from any. Where a third has none, one near its end that builds on others has
    at least to look like coded pictures do; so has the beginning of one that is too large to be read.
    """
    first = None
    for sample, length, by_itself in _chosen(ranges, track):
        assert track.samples is not None  # noqa: S101 - they were chosen from them
        size = track.samples.size(sample)
        data = ranges.read(track.samples.position(sample), length)
        second = sample / track.samples.count * track.seconds
        if not by_itself or length < size:
            problem = not_coded(coding, data, cut=length < size)
            if problem:
                return first, [_undecodable(second, problem)]
            continue
        shown = decode(coding, data)
        if isinstance(shown, str):
            return first, [_undecodable(second, shown)]
        picture, aspect = shown
        seen = Seen(picture.width, picture.height, aspect)
        if first is not None and (first.width, first.height) != (seen.width, seen.height):
            return first, [_changing(second)]
        first = first or seen
    return first, []


def _undecodable(second: float, detail: str) -> Finding:
    return say.unreadable(
        f"约第 {second:.0f} 秒处的画面无法解码，视频数据缺失或已损坏",
        f"the picture at about {second:.0f} s cannot be decoded; the video's data are missing or damaged",
        second=round(second),
        detail=detail,
    )


def _changing(second: float) -> Finding:
    return say.unsupported_container(
        f"视频由画面尺寸不同的几段拼成（约第 {second:.0f} 秒处改变）",
        f"The video is joined from parts whose pictures differ in size (it changes before about {second:.0f} s)",
        "several-sizes",
    )


def _chosen(ranges: Ranges, track: Track) -> Iterator[tuple[int, int, bool]]:
    """Samples to look at, how much of each may be read, and whether it decodes by itself."""
    samples = track.samples
    if samples is None:
        return
    sync = _sync(samples)
    allowed = max(_FREE_BYTES, int(ranges.size * _SHARE))
    for third in (0, 2, 1):
        begin, end = samples.count * third // 3, samples.count * (third + 1) // 3
        candidates = sync[(sync >= begin) & (sync < end)] if third else sync[sync < max(end, int(sync[0]) + 1)]
        by_itself = bool(len(candidates))
        if not by_itself:
            candidates = np.arange(end - (end - begin + _LAST_SHARE - 1) // _LAST_SHARE, end)
            candidates = candidates[_sizes(samples, candidates) > 0]  # a picture that was dropped takes no bytes
        if not len(candidates):
            continue
        sizes = _sizes(samples, candidates)
        sample, size = int(candidates[int(sizes.argmin())]), int(sizes.min())
        if size <= _MOST_SAMPLE_BYTES and (third == 0 or ranges.bytes + size <= allowed):
            length = size
        else:
            length = min(size, _GLIMPSE_BYTES)
        if third == 0 or ranges.requests < _MOST_REQUESTS:
            yield sample, length, by_itself


def _sync(samples: Samples) -> NDArray[np.int64]:
    """Numbers of the samples that decode by themselves; there are such in every sound track."""
    return samples.sync if samples.sync is not None and len(samples.sync) else np.arange(samples.count)


def _sizes(samples: Samples, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    return samples.sizes[numbers] if len(samples.sizes) else np.full(len(numbers), samples.uniform)


def decode(coding: Coding, data: bytes) -> tuple[av.VideoFrame, tuple[int, int]] | str:
    """The picture in one sample that decodes by itself and its pixels' aspect, or what the decoder complains of."""
    context = av.CodecContext.create(coding.decoder, "r")
    assert isinstance(context, av.VideoCodecContext)  # noqa: S101 - all decoders of ours are of pictures
    context.extradata = coding.config or None
    context.thread_count = 1
    context.options = {"err_detect": "explode", "max_pixels": str(MOST_PIXELS)}
    try:
        frames = [*context.decode(av.Packet(data)), *context.decode(None)]
        aspect = context.sample_aspect_ratio
    except (av.error.FFmpegError, ValueError) as error:
        return str(error)
    if not frames:
        return "no picture in it"
    return frames[0], (aspect.numerator, aspect.denominator) if aspect is not None else (0, 1)


def not_coded(coding: Coding, data: bytes, *, cut: bool = False) -> str:
    """What keeps a sample from being what its coding makes; nothing if it may be. `cut`: only its beginning is given.

    H.264 and HEVC: units with their lengths before them (NAL; H.264, 7.3.1). Others: anything but zeros.
    """
    if not coding.unit_header:
        return "" if data.strip(b"\x00") else "nothing but zeros"
    width = coding.length_bytes
    at = 0
    while at < len(data):
        length = int.from_bytes(data[at : at + width])
        begin = at + width
        if at and not data[at:].strip(b"\x00"):
            break  # padding behind the last unit
        if cut and begin >= len(data):
            break
        if not length or (begin + length > len(data) and not cut):
            return f"a unit of {length} bytes at byte {at} of {len(data)}"
        if coding.unit_header == 1:
            unsound = data[begin] & 0x80 or not 1 <= data[begin] & 0x1F <= _MOST_UNIT_TYPE
        else:
            unsound = data[begin] & 0x80 or not data[begin + 1 : begin + 2] or not data[begin + 1] & 7
        if unsound:
            return f"a unit that begins with {data[begin]:#04x} at byte {at}"
        at = begin + length
    return "" if data else "no unit in it"


def poster(ranges: Ranges, track: Track) -> av.VideoFrame | None:
    """A picture to show for the video: of its first third the one with the most in it, which is not a black one."""
    samples = track.samples
    coding = read_coding(track.entries[0])[0] if track.entries else None
    if samples is None or not samples.count or coding is None:
        return None
    sync = _sync(samples)
    candidates = sync[sync <= samples.count // 3]
    sizes = _sizes(samples, candidates)
    if not len(sizes) or int(sizes.max()) > _MOST_SAMPLE_BYTES:
        return None
    sample = int(candidates[int(sizes.argmax())])
    shown = decode(coding, ranges.read(samples.position(sample), samples.size(sample)))
    return None if isinstance(shown, str) else shown[0]
