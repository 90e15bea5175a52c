"""Whether a video's pictures are really there: a few of them are decoded, within what may be read of the file."""

from __future__ import annotations

from collections.abc import Iterator

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from contracts.events import Finding
from services.media import findings as say
from services.media.formats.isobmff import Entry, Samples, Track
from services.media.source import Ranges

_MOST_REQUESTS = 5
"""For a sound file; with the copy that is judged, six."""
_SHARE = 0.0024
_FREE_BYTES = 240_000
"""What may be read for a verdict: this much of any file; of larger ones, _SHARE of their bytes."""
_MOST_SAMPLE_BYTES = 8 * 1024 * 1024
_LAST_SHARE = 4
"""Of a third without a picture that decodes by itself, the last quarter is looked at."""
_MOST_UNIT_TYPE = 23


def probe(ranges: Ranges, track: Track) -> tuple[tuple[int, int] | None, list[Finding]]:
    """Decode pictures at the beginning, in the middle and near the end.

    Returns the first one's (width, height) and what is wrong. Of each third, the smallest picture that decodes by
    itself is taken: whether its bytes are there can be seen from any. Where a third has none, one near its end that
    builds on others has at least to look like coded pictures do.
    """
    size = None
    for sample, by_itself in _chosen(ranges, track):
        assert track.samples is not None  # noqa: S101 - they were chosen from them
        data = ranges.read(track.samples.position(sample), track.samples.size(sample))
        second = sample / track.samples.count * track.seconds
        if not by_itself:
            problem = not_coded(track.entries[0], data)
            if problem:
                return size, [_undecodable(second, problem)]
            continue
        shown = decode(track.entries[0], data)
        if isinstance(shown, str):
            return size, [_undecodable(second, shown)]
        if size not in {None, (shown.width, shown.height)}:
            return size, [_changing(second)]
        size = (shown.width, shown.height)
    return size, []


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


def _chosen(ranges: Ranges, track: Track) -> Iterator[tuple[int, bool]]:
    """Numbers of the samples to look at, within what may be read, and whether each decodes by itself."""
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
        first = third == 0
        within = ranges.bytes + size <= allowed and ranges.requests < _MOST_REQUESTS
        if size <= _MOST_SAMPLE_BYTES and (first or within):
            yield sample, by_itself


def _sync(samples: Samples) -> NDArray[np.int64]:
    """Numbers of the samples that decode by themselves; there are such in every sound track."""
    return samples.sync if samples.sync is not None and len(samples.sync) else np.arange(samples.count)


def _sizes(samples: Samples, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    return samples.sizes[numbers] if len(samples.sizes) else np.full(len(numbers), samples.uniform)


def decode(entry: Entry, data: bytes) -> av.VideoFrame | str:
    """The picture in one sample that decodes by itself, or what the decoder complains of."""
    context = av.CodecContext.create("h264", "r")
    context.extradata = entry.config
    context.thread_count = 1
    context.options = {"err_detect": "explode"}
    try:
        frames = [*context.decode(av.Packet(data)), *context.decode(None)]
    except av.error.FFmpegError as error:
        return str(error)
    return frames[0] if frames else "no picture in it"


def not_coded(entry: Entry, data: bytes) -> str:
    """What keeps a sample from being units of H.264 with their lengths before them (NAL, 7.3.1); nothing if it is."""
    width = (entry.config[4] & 3) + 1  # the configuration was read before
    at = 0
    while at < len(data):
        length = int.from_bytes(data[at : at + width])
        begin = at + width
        if at and not data[at:].strip(b"\x00"):
            break  # padding behind the last unit
        if not length or begin + length > len(data):
            return f"a unit of {length} bytes at byte {at} of {len(data)}"
        forbidden, kind = data[begin] & 0x80, data[begin] & 0x1F
        if forbidden or not 1 <= kind <= _MOST_UNIT_TYPE:
            return f"a unit of type {kind} at byte {at}"
        at = begin + length
    return "" if data else "no unit in it"


def poster(ranges: Ranges, track: Track) -> av.VideoFrame | None:
    """A picture to show for the video: of its first third the one with the most in it, which is not a black one."""
    samples = track.samples
    if samples is None or not samples.count:
        return None
    sync = _sync(samples)
    candidates = sync[sync <= samples.count // 3]
    sizes = _sizes(samples, candidates)
    if not len(sizes) or int(sizes.max()) > _MOST_SAMPLE_BYTES:
        return None
    sample = int(candidates[int(sizes.argmax())])
    shown = decode(track.entries[0], ranges.read(samples.position(sample), samples.size(sample)))
    return None if isinstance(shown, str) else shown
