"""Watching pictures go by: stretches that are black, stretches in which nothing moves. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
"""A picture made small and grey; full range."""

WIDTH, HEIGHT = 160, 90
LOOKS_PER_SECOND = 5
_BLACK_BELOW = 24
_BLACK_SHARE = 0.98
LEAST_BLACK_SECONDS = 2.0
"""A fade is no fault."""
_SAME_BELOW = 0.6
"""Mean difference of two small pictures, of 255, that coding alone makes of one picture."""
LEAST_STILL_SECONDS = 30.0
"""A slide with text stands for as long as it takes to read it."""
_THROUGHOUT_SHARE = 0.95
_LEAST_THROUGHOUT_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """From when to when, in seconds."""

    begin: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.begin


@dataclass(frozen=True, slots=True)
class Watched:
    """What was seen."""

    seconds: float
    black: tuple[Stretch, ...]
    still: tuple[Stretch, ...]

    @property
    def all_black(self) -> bool:
        return self._throughout(sum(stretch.seconds for stretch in self.black))

    @property
    def all_still(self) -> bool:
        """Whether it is one picture; a show of slides is not."""
        return self._throughout(max((stretch.seconds for stretch in self.still), default=0.0))

    def _throughout(self, covered: float) -> bool:
        return self.seconds >= _LEAST_THROUGHOUT_SECONDS and covered >= _THROUGHOUT_SHARE * self.seconds


@dataclass(slots=True)
class PictureWatch:
    """Takes pictures in their order; `end` tells what was seen."""

    _black_since: float | None = None
    _still_since: float = 0.0
    _reference: Grey | None = None
    _due: float = 0.0
    _black: list[Stretch] = field(default_factory=list)
    _still: list[Stretch] = field(default_factory=list)

    def wants(self, second: float) -> bool:
        """Whether the picture of this second is to be looked at: a few in each second are enough."""
        return second >= self._due

    def see(self, second: float, picture: Grey) -> None:
        self._due = second + 1 / LOOKS_PER_SECOND - 0.001
        black = float((picture < _BLACK_BELOW).mean()) >= _BLACK_SHARE
        if black and self._black_since is None:
            self._black_since = second
        elif not black:
            self._black_ends(second)
        reference = self._reference
        if reference is None or black or float(np.abs(picture.astype(np.int16) - reference).mean()) > _SAME_BELOW:
            self._still_ends(second)
            self._still_since = second
            self._reference = None if black else picture

    def end(self, seconds: float) -> Watched:
        """The video ends at this second."""
        self._black_ends(seconds)
        self._still_ends(seconds)
        still = tuple(self._still)
        watched = Watched(seconds, tuple(self._black), still)
        if watched.all_still:
            return watched
        return Watched(seconds, watched.black, tuple(s for s in still if s.seconds >= LEAST_STILL_SECONDS))

    def _black_ends(self, second: float) -> None:
        if self._black_since is not None and second - self._black_since >= LEAST_BLACK_SECONDS:
            self._black.append(Stretch(self._black_since, second))
        self._black_since = None

    def _still_ends(self, second: float) -> None:
        if self._reference is not None and second - self._still_since >= LEAST_BLACK_SECONDS:
            self._still.append(Stretch(self._still_since, second))
