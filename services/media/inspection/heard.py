"""How loud the sound of a video is. Pure."""

from __future__ import annotations

from dataclasses import dataclass

SILENCE = -70.0
"""LUFS; what is quieter the measure itself leaves out."""


@dataclass(frozen=True, slots=True)
class Heard:
    """`loudness`: LUFS, integrated. `peak`: dB above full scale, true peak, of the loudest channel."""

    loudness: float
    peak: float

    @property
    def silent(self) -> bool:
        return self.loudness <= SILENCE

    @property
    def figures(self) -> dict[str, float | str]:
        return {"loudness": round(self.loudness, 1), "peak": round(self.peak, 1), "unit": "LUFS, dBTP"}
