"""What the child beside the pool can do: watch a video through and make the copy that plays, in one go."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass, field
from typing import Any

import av
import av.error
import av.subtitles.stream
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from services.media.formats import FormatError
from services.media.formats.isobmff import Track, read_movie
from services.media.formats.sniff import HEAD_BYTES, sniff
from services.media.inspection import making
from services.media.inspection.files import BLOCK_BYTES, FileToRead, FileToWrite, Pieces
from services.media.inspection.pictures import HEIGHT, WIDTH, PictureWatch
from services.media.inspection.remedy import Remedy, remedy_for
from services.media.inspection.say import warnings_of
from services.media.inspection.sound import SoundWatch
from services.media.pool.child import ParentSource, Work
from services.media.pool.wire import Answer
from services.media.source import Ranges
from services.media.video.coding import read_coding
from services.media.video.judge import pictures_of
from services.media.video.layout import walk
from services.media.video.probe import MOST_PIXELS

_MOST_DAMAGES = 100
_APART = 1.0
"""Seconds between two places that are told apart."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What the judge's own parser says of the file."""

    container: str
    index_first: bool
    track: Track
    plays: bool


def _subject(source: Pieces) -> Subject:
    """Raises FormatError."""
    ranges = Ranges(source)  # type: ignore[arg-type]  # it never reads anything whole
    kind = sniff(ranges.read(0, HEAD_BYTES))
    layout = walk(ranges)
    if layout.index is None:
        raise FormatError("there is no index")
    tracks = pictures_of(read_movie(layout.index))
    if not tracks or not tracks[0].entries:
        raise FormatError("there are no pictures")
    coding, _ = read_coding(tracks[0].entries[0])
    return Subject(kind.name, layout.index_first, tracks[0], plays=coding is not None and coding.plays)


@dataclass(slots=True)
class _Damages:
    """Seconds at which something does not decode."""

    at: list[float] = field(default_factory=list)

    def note(self, packet: Packet[Stream]) -> None:
        stamp = packet.pts if packet.pts is not None else packet.dts
        if stamp is None or len(self.at) >= _MOST_DAMAGES:
            return
        second = max(0.0, float(stamp * packet.time_base))
        if not self.at or second >= self.at[-1] + _APART:
            self.at.append(second)


def inspect(source: Pieces) -> dict[str, Any]:
    """Watch a video through; the copy, where one is needed, is written meanwhile."""
    subject = _subject(source)
    with av.open(FileToRead(source), "r", format="mov", buffer_size=BLOCK_BYTES, metadata_errors="ignore") as given:
        pictures, sound = _streams(given)
        remedy = remedy_for(
            container=subject.container,
            index_first=subject.index_first,
            pictures_play=subject.plays,
            sound=sound.codec_context.name if sound is not None else None,
        )
        watch = PictureWatch()
        ear = SoundWatch(sound) if sound is not None else None
        damages = _Damages()
        copy = _Copy(source, remedy, subject, pictures, sound) if remedy is not Remedy.NONE else None
        end = 0.0
        for packet in given.demux([stream for stream in (pictures, sound) if stream is not None]):
            own = packet.stream is pictures or packet.stream_index == pictures.index
            if copy is not None and packet.size:
                copy.packet(packet, own=own)
            for frame in _decoded(packet, damages):
                if isinstance(frame, av.VideoFrame) and frame.pts is not None and frame.time_base is not None:
                    second = float(frame.pts * frame.time_base)
                    end = max(end, second)
                    if watch.wants(second):
                        watch.see(second, _small(frame))
                elif isinstance(frame, av.AudioFrame) and ear is not None:
                    ear.hear(frame)
                if copy is not None:
                    copy.frame(frame, own=own)
        size = copy.end() if copy is not None else None
        heard = ear.end() if ear is not None else None
    seconds = max(end, subject.track.seconds)
    found = warnings_of(watch.end(seconds), heard, sound=sound is not None, damaged=damages.at)
    return {
        "remedy": remedy.value,
        "size": size,
        "warnings": [finding.model_dump(mode="json") for finding in found],
    }


def _streams(given: InputContainer) -> tuple[VideoStream, AudioStream | None]:
    """The pictures and the sound that players play; decoders are told what they may take."""
    shown = [s for s in given.streams.video if not s.disposition & Disposition.attached_pic]
    pictures = (shown or list(given.streams.video))[0]
    sound = next((s for s in given.streams.audio if _decodes(s)), None)
    for stream in (pictures, sound):
        if stream is not None:
            stream.codec_context.thread_count = 1
    pictures.codec_context.options = {"max_pixels": str(MOST_PIXELS)}
    return pictures, sound


def _decodes(stream: AudioStream) -> bool:
    """Whether there is a decoder for it: telephones put spatial sound of their own beside the usual one."""
    return stream.codec_context is not None and bool(stream.codec_context.sample_rate)


def _decoded(packet: Packet[Stream], damages: _Damages) -> list[Any]:
    try:
        return list(packet.decode())
    except (av.error.EOFError, av.error.BlockingIOError):
        return []
    except (av.error.InvalidDataError, av.error.PatchWelcomeError, ValueError):
        damages.note(packet)
        return []


def _small(frame: av.VideoFrame) -> Any:
    small = frame.reformat(width=WIDTH, height=HEIGHT, format="gray", interpolation="AREA")
    return small.to_ndarray()


class _Copy:
    """The copy that is being made."""

    def __init__(
        self, source: Pieces, remedy: Remedy, subject: Subject, pictures: VideoStream, sound: AudioStream | None
    ) -> None:
        track = subject.track
        count = track.samples.count if track.samples is not None else 0
        self._file = FileToWrite(source)
        self._out = making.opened(self._file, making.index_bytes(count, track.seconds))
        self._pictures: making.Copied | making.Pictures
        if remedy is Remedy.REMUX:
            self._pictures = making.Copied(self._out, pictures)
        else:
            self._pictures = making.Pictures(self._out, pictures, track.matrix, track.rate)
        self._sound: making.Part | None = None
        if sound is not None:
            plays = sound.codec_context.name == "aac"
            self._sound = making.Copied(self._out, sound) if plays else making.Sound(self._out, sound)

    def packet(self, packet: Packet[Stream], *, own: bool) -> None:
        part = self._pictures if own else self._sound
        if isinstance(part, making.Copied):
            # It is decoded afterwards, and muxing takes a packet's data away.
            copied: Packet[Stream] = Packet(bytes(packet))
            copied.pts, copied.dts, copied.time_base = packet.pts, packet.dts, packet.time_base
            copied.duration, copied.is_keyframe = packet.duration, packet.is_keyframe
            part.packet(copied)

    def frame(self, frame: av.VideoFrame | av.AudioFrame, *, own: bool) -> None:
        part = self._pictures if own else self._sound
        if part is not None:
            part.frame(frame)

    def end(self) -> tuple[int, int]:
        self._pictures.end()
        if self._sound is not None:
            self._sound.end()
        self._out.close()
        self._file.flush()
        return self._pictures.size


def _inspect(_arguments: dict[str, Any], source: ParentSource) -> Answer:
    return Answer(inspect(source))


WORK: dict[str, Work] = {"inspect": _inspect}


def warm_up() -> None:
    """Load everything that is loaded on first use: afterwards there is no file system to load it from.

    Nothing tells that as well as doing the work once, on a video of two pictures.
    """
    inspect(_Tiny())
    for codec in ("h264", "hevc"):
        with contextlib.suppress(av.error.FFmpegError):
            av.CodecContext.create(codec, "r").open()


class _Tiny:
    """A video that has to be coded anew, sound and all."""

    def __init__(self) -> None:
        made = io.BytesIO()
        with av.open(made, "w", format="mov") as out:
            pictures, sound = out.add_stream("mpeg4", rate=10), out.add_stream("pcm_s16le", rate=8000)
            pictures.width = pictures.height = 32
            pictures.pix_fmt = "yuv420p"
            sound.layout = "mono"
            for number in range(2):
                out.mux(pictures.encode(av.VideoFrame.from_ndarray(np.full((32, 32, 3), 60 * number, np.uint8))))
            heard = av.AudioFrame.from_ndarray(np.zeros((1, 1600), np.int16), format="s16", layout="mono")
            heard.sample_rate = 8000
            out.mux([*sound.encode(heard), *sound.encode(None), *pictures.encode(None)])
        self._content = made.getvalue()
        self.size = len(self._content)

    def read(self, offset: int, length: int) -> bytes:
        return self._content[offset : offset + length]

    def write(self, offset: int, piece: bytes) -> None:
        """Nobody wants it."""
