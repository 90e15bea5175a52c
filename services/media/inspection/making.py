"""Making the copy that plays: MP4 with the index first, H.264 and AAC, upright, without metadata.

The index is written into a place that is kept free for it at the beginning, so that the file is written in one go and
never has to be read again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Protocol, cast

import av
import av.error
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from services.media.inspection.files import FileToWrite
from services.media.inspection.remedy import MOST_RATE, fitted

_TICKS = Fraction(1, 90_000)
_SAMPLE_INDEX_BYTES, _SOUND_INDEX_BYTES, _LEAST_INDEX_BYTES = 44, 24, 64 * 1024
"""What the index says of each picture and of each block of sound takes at most so much, and itself so much."""
_X264 = {"preset": "veryfast", "crf": "23", "maxrate": "6M", "bufsize": "12M", "threads": "1", "profile": "high"}
_SOUND_RATE, _SOUND_BITS = 48_000, 128_000
_BT709, _PQ, _HLG = 1, 16, 18

Matrix = tuple[int, int, int, int]
"""Of a track: how its pictures are turned, as ISO/IEC 14496-12 has it."""


def index_bytes(pictures: int, seconds: float) -> int:
    """Room for the index of so many pictures and so many seconds of sound."""
    blocks = int(seconds * _SOUND_RATE / 1024) + 64
    return pictures * _SAMPLE_INDEX_BYTES + blocks * _SOUND_INDEX_BYTES + _LEAST_INDEX_BYTES


def opened(file: FileToWrite, room: int) -> OutputContainer:
    """The copy, with so many bytes kept for its index."""
    options = {"moov_size": str(room), "fflags": "+bitexact", "movflags": "+negative_cts_offsets"}
    return av.open(file, "w", format="mp4", container_options=options)


class Part(Protocol):
    """One stream of the copy."""

    def packet(self, packet: Packet[Stream]) -> None:
        """As it was coded."""
        ...

    def frame(self, frame: av.VideoFrame | av.AudioFrame) -> None:
        """As it was decoded."""
        ...

    def end(self) -> None: ...


class Copied:
    """Packets as they are."""

    def __init__(self, out: OutputContainer, stream: VideoStream | AudioStream) -> None:
        self._out = out
        self._stream = out.add_stream_from_template(stream)
        self._stream.metadata.clear()
        self.size = (getattr(stream, "width", 0), getattr(stream, "height", 0))

    def packet(self, packet: Packet[Stream]) -> None:
        if packet.dts is not None:
            packet.stream = self._stream
            self._out.mux(packet)

    def frame(self, frame: av.VideoFrame | av.AudioFrame) -> None:
        """They are copied already."""

    def end(self) -> None:
        """Nothing is held back."""


class Pictures:
    """Pictures coded anew: upright, of square pixels, 8 bits, no larger and no more in a second than is of use."""

    def __init__(self, out: OutputContainer, stream: VideoStream, matrix: Matrix, rate: float) -> None:
        self._out = out
        self._matrix = matrix
        self._graph: av.filter.Graph | None = None
        self._shape: tuple[object, ...] = ()
        self._due = Fraction(-1)
        self._last = -1
        context = stream.codec_context
        aspect = context.sample_aspect_ratio or Fraction(1)
        width, height = (context.width * float(aspect), context.height) if aspect else (context.width, context.height)
        a, b, c, d = matrix
        self._turned = abs(b) + abs(c) > abs(a) + abs(d)
        self.size = fitted(height, width) if self._turned else fitted(width, height)
        self._thinned = rate > MOST_RATE * 1.02
        shown = Fraction(min(max(rate, 1), MOST_RATE)).limit_denominator(1001)
        self._stream = out.add_stream("libx264", rate=shown, options=dict(_X264))
        made = self._stream.codec_context
        made.width, made.height = self.size
        made.pix_fmt = "yuv420p"
        made.time_base = _TICKS
        made.gop_size = max(1, round(shown * 2))
        made.color_primaries = made.color_trc = made.colorspace = _BT709
        made.color_range = 1
        self._stream.time_base = _TICKS

    def packet(self, packet: Packet[Stream]) -> None:
        """They are coded anew."""

    def frame(self, frame: av.VideoFrame | av.AudioFrame) -> None:
        if not isinstance(frame, av.VideoFrame) or frame.pts is None or frame.time_base is None:
            return
        second = frame.pts * frame.time_base
        if self._thinned and second < self._due:
            return
        self._due = (
            max(self._due, second) + Fraction(1, MOST_RATE) if self._due >= 0 else second + Fraction(1, MOST_RATE)
        )
        ticks = int(second / _TICKS)
        if ticks <= self._last:
            return
        self._last = ticks
        for shown in self._upright(frame):
            shown.pts, shown.time_base = ticks, _TICKS
            shown.pict_type = 0
            self._out.mux(self._stream.encode(shown))

    def end(self) -> None:
        self._out.mux(self._stream.encode(None))

    def _upright(self, frame: av.VideoFrame) -> Iterator[av.VideoFrame]:
        shape = (frame.width, frame.height, frame.format.name, frame.color_trc, frame.interlaced_frame)
        if self._graph is None or shape != self._shape:
            self._graph, self._shape = self._filters(frame), shape
        self._graph.vpush(frame)
        try:
            yield self._graph.vpull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return

    def _filters(self, frame: av.VideoFrame) -> av.filter.Graph:
        graph = av.filter.Graph()
        source = graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base or _TICKS
        )
        width, height = self.size[::-1] if self._turned else self.size
        steps = [("yadif", "deint=interlaced")] if frame.interlaced_frame else []
        steps.append(("scale", self._scale(frame, width, height)))
        steps += [("format", "yuv420p"), *self._turns()]
        nodes = [source, *(graph.add(name, told) for name, told in steps), graph.add("buffersink")]
        graph.link_nodes(*nodes).configure()
        return graph

    def _scale(self, frame: av.VideoFrame, width: int, height: int) -> str:
        """To what browsers take for granted: BT.709, limited range. Wide range (HDR) is brought down to it."""
        told = f"w={width}:h={height}:flags=bicubic:out_color_matrix=bt709:out_range=tv"
        if frame.color_trc in {_PQ, _HLG}:
            told += ":out_primaries=bt709:out_transfer=bt709:intent=perceptual"
        return told

    def _turns(self) -> Iterable[tuple[str, str]]:
        a, b, c, d = self._matrix
        if self._turned:
            yield "transpose", "cclock_flip"
        across, down = (c, b) if self._turned else (a, d)
        if across < 0:
            yield "hflip", ""
        if down < 0:
            yield "vflip", ""


class Sound:
    """Sound coded anew as AAC of at most two channels; gaps are filled, so that it stays with the pictures."""

    def __init__(self, out: OutputContainer, stream: AudioStream) -> None:
        self._out = out
        self._stream = out.add_stream("aac", rate=_SOUND_RATE)
        made = self._stream.codec_context
        layout = "mono" if stream.codec_context.channels == 1 else "stereo"
        made.bit_rate = _SOUND_BITS
        made.layout = layout
        self._graph = av.filter.Graph()
        source = self._graph.add_abuffer(template=stream)
        even = self._graph.add("aresample", f"{_SOUND_RATE}:async=1")
        shape = self._graph.add("aformat", f"sample_fmts=fltp:sample_rates={_SOUND_RATE}:channel_layouts={layout}")
        self._graph.link_nodes(source, even, shape, self._graph.add("abuffersink")).configure()
        self._graph.set_audio_frame_size(1024)

    def packet(self, packet: Packet[Stream]) -> None:
        """It is coded anew."""

    def frame(self, frame: av.VideoFrame | av.AudioFrame) -> None:
        if isinstance(frame, av.AudioFrame):
            self._graph.push(frame)
            self._take()

    def end(self) -> None:
        self._graph.push(None)
        self._take()
        self._out.mux(self._stream.encode(None))

    def _take(self) -> None:
        while True:
            try:
                frame = self._graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            self._out.mux(self._stream.encode(cast("av.AudioFrame", frame)))
