"""What a child process may use."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Self

PROCESSOR_SECONDS = "processor_seconds"
"""An argument of any work: how much of its limit it may use."""
_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one child, for each piece of work."""

    memory: int = 1024 * _MEBIBYTE
    """What it may take on top of the warm process, bytes. By default: what decoding the largest picture allowed may."""
    processor_seconds: float = 3
    reads: int = 16
    """Ranges of the file that it may ask for."""
    read_bytes: int = 32 * _MEBIBYTE
    written_bytes: int = 0
    """Of what it makes and hands over in pieces."""
    nice: int = 0
    """How far it stands back behind others (nice(2)); one that does ends with its parent."""

    def as_text(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Self:
        return cls(**json.loads(text))
