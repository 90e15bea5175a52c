"""When two materials are the same file, or show nearly the same picture; and how like ones are found among many. Pure.

A hash of 64 bits is cut into bands. Two hashes that differ in few bits differ in at most one bit in some band, so who
asks for every value of each band that is at most one bit away from his own meets nearly all of them (docs/adr).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from contracts.events import MaterialPlace

BANDS, BAND_BITS = 4, 16
MOST_DISTANCE = 14
"""Bits of 64 in which the hashes of like pictures differ at most; those of others by 32, give or take 4."""
LEAST_CORRELATION = 0.92
"""Of the thumbnails of like pictures; that of others hardly ever reaches it."""
MOST_OF_A_BAND = 256
"""Pictures that are looked at for one value of a band: whoever fills one with thousands slows nobody down."""
MOST_COMPARED = 32
MOST_TOLD = 20
"""Places that are told of for one material; that there are more is told, too."""
THUMBNAIL_BYTES = 32 * 32
FOUND_BY = 2
"""How many of a picture's hashes it is found by; it seeks by all of them."""

Likeness = Literal["same-file", "near"]

_BAND = (1 << BAND_BITS) - 1
_SIGN = 1 << 63


@dataclass(frozen=True, slots=True)
class Looks:
    """What a picture looks like: `hashes` of its windows, and what two pictures are compared by.

    `mirrored`: the bits that turn round in a mirror. Of one that is not `telling` nothing can be said but its file.
    """

    hashes: tuple[int, ...]
    mirrored: int
    thumbnail: bytes
    telling: bool

    def kept(self) -> Iterator[tuple[int, int]]:
        """(key of the band, hash): by which it is found, signed as a database counts."""
        for whole in self.hashes[:FOUND_BY]:
            for key in _keys(whole):
                yield key, signed(whole)

    def sought(self) -> Iterator[tuple[int, int, bool]]:
        """(key of the band, hash, whether it is the mirror image's): by which it seeks."""
        wanted = [(whole, False) for whole in self.hashes]
        wanted += [(whole ^ self.mirrored, True) for whole in self.hashes[:FOUND_BY]]
        for whole, mirrored in wanted:
            for key in _keys(whole):
                yield key, signed(whole), mirrored
                for bit in range(BAND_BITS):
                    yield key ^ (1 << bit), signed(whole), mirrored


@dataclass(frozen=True, slots=True)
class Candidate:
    """A picture with a hash not far from the one sought."""

    sha256: str
    distance: int
    mirrored: bool
    thumbnail: bytes


@dataclass(frozen=True, slots=True)
class Near:
    """A picture that shows nearly the same."""

    sha256: str
    distance: int
    mirrored: bool
    correlation: float


@dataclass(frozen=True, slots=True)
class Resemblance:
    """Another material like the one in question."""

    other: MaterialPlace
    likeness: Likeness
    near: Near | None = None


@dataclass(frozen=True, slots=True)
class Resemblances:
    """What was found of one material; `more`: there may be others, which were not looked for."""

    found: tuple[Resemblance, ...] = ()
    more: bool = False


def near_ones(candidates: Sequence[Candidate], correlations: Sequence[float]) -> list[Near]:
    """Those that stand up to a comparison, the most alike first."""
    near = [
        Near(one.sha256, one.distance, one.mirrored, round(correlation, 3))
        for one, correlation in zip(candidates, correlations, strict=True)
        if correlation >= LEAST_CORRELATION
    ]
    return sorted(near, key=lambda one: (-one.correlation, one.sha256))


def pair_of(one: UUID, other: UUID) -> tuple[UUID, UUID]:
    """The two in the one order in which a pair is written down."""
    return (one, other) if one < other else (other, one)


def signed(whole: int) -> int:
    """64 bits as a database's integer."""
    return whole - (1 << 64) if whole & _SIGN else whole


def _keys(whole: int) -> Iterator[int]:
    for band in range(BANDS):
        yield (band << BAND_BITS) | (whole >> (band * BAND_BITS)) & _BAND
