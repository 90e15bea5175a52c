"""Listening to the sound: how loud it is on the whole and how high its peaks go, by EBU R 128 (ITU-R BS.1770)."""

from __future__ import annotations

import math

import av
import av.error
from av.audio.stream import AudioStream

from services.media.inspection.heard import SILENCE, Heard

_INTEGRATED, _PEAK = "lavfi.r128.I", "lavfi.r128.true_peak"


class SoundWatch:
    """Takes sound in its order; `end` tells what was heard."""

    def __init__(self, stream: AudioStream) -> None:
        self._graph = av.filter.Graph()
        source = self._graph.add_abuffer(template=stream)
        measure = self._graph.add("ebur128", "metadata=1:peak=true")
        self._graph.link_nodes(source, measure, self._graph.add("abuffersink")).configure()
        self._loudness = -math.inf
        self._peak = 0.0

    def hear(self, frame: av.AudioFrame) -> None:
        self._graph.push(frame)
        self._take()

    def end(self) -> Heard:
        self._graph.push(None)
        self._take()
        return Heard(max(self._loudness, SILENCE), 20 * math.log10(self._peak) if self._peak > 0 else SILENCE)

    def _take(self) -> None:
        while True:
            try:
                told = self._graph.pull().metadata
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            if _INTEGRATED in told:
                self._loudness = float(told[_INTEGRATED])
            self._peak = max(self._peak, *(float(value) for key, value in told.items() if key.startswith(_PEAK)), 0.0)
