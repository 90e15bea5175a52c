"""From experts' totals to one figure for each entry, by the rule that the campaign's definition names.

All of it is exact arithmetic on fractions, so that equal entries stay equal and nothing depends on an order. Only
`standardised` needs roots; it is worked out to twenty decimals and rounded to ten, which makes and breaks no tie.

Every figure is out of 100. A rule that compares experts' own orders looks at the entries of one category together.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from uuid import UUID

import numpy as np

OUT_OF = 100
Ballots = Mapping[UUID, Mapping[UUID, Fraction]]
"""Entry → expert → total, of entries that are completely scored."""

_TRIMMABLE = 3
_ROOT = 10**20
_ROUNDED = 10**10


def mean(totals: Sequence[Fraction]) -> Fraction:
    """The arithmetic mean. Worked out on a common denominator: adding fractions one by one takes far longer."""
    common = math.lcm(*(total.denominator for total in totals))
    return Fraction(sum(total.numerator * (common // total.denominator) for total in totals), common * len(totals))


def trimmed_mean(totals: Sequence[Fraction]) -> Fraction:
    """The mean without one highest and one lowest total (去掉一个最高分和一个最低分); of fewer than three, the mean."""
    return mean(sorted(totals)[1:-1] if len(totals) >= _TRIMMABLE else totals)


BY_ENTRY: Mapping[str, Callable[[Sequence[Fraction]], Fraction]] = {"mean": mean, "trimmed-mean": trimmed_mean}
"""Rules by which an entry's figure is its own experts' alone: known as soon as its last score is in."""


def standardised(ballots: Ballots) -> dict[UUID, Fraction]:
    """Each expert's totals by their distance from his own mean, in his own standard deviations; the mean of those.

    Mapped back to the mean and the deviation of all totals, so that it reads as a score; it may lie a little outside of
    0 to 100. An expert who gave the same to all says nothing about any. Deviations are those of the population.
    """
    by_expert = _by_expert(ballots)
    own = {expert: _spread([total for _, total in given]) for expert, given in by_expert.items()}
    middle, spread = _spread([total for given in ballots.values() for total in given.values()])
    figures = {}
    for entry, given in ballots.items():
        distances = [_distance(total, *own[expert]) for expert, total in given.items()]
        figures[entry] = _rounded(middle + spread * mean(distances))
    return figures


def _spread(totals: Sequence[Fraction]) -> tuple[Fraction, Fraction]:
    """The mean, and the standard deviation to twenty decimals."""
    middle = mean(totals)
    variance = mean([(total - middle) ** 2 for total in totals])
    return middle, Fraction(math.isqrt(variance.numerator * _ROOT**2 // variance.denominator), _ROOT)


def _distance(total: Fraction, middle: Fraction, spread: Fraction) -> Fraction:
    return (total - middle) / spread if spread else Fraction(0)


def _rounded(figure: Fraction) -> Fraction:
    return Fraction(math.floor(figure * _ROUNDED + Fraction(1, 2)), _ROUNDED)


def borda(ballots: Ballots) -> dict[UUID, Fraction]:
    """Each expert's own order: for each entry, the share of his others that he placed below it; equals count half.

    The mean of its experts' shares. Experts who weigh few entries and those who weigh many count alike; who weighs one
    entry alone places it in the middle.
    """
    shares: dict[UUID, list[Fraction]] = defaultdict(list)
    for given in _by_expert(ballots).values():
        for entry, total in given:
            others = len(given) - 1
            below = sum(1 for _, other in given if other < total)
            equal = sum(1 for _, other in given if other == total) - 1
            shares[entry].append(Fraction(2 * below + equal, 2 * others) if others else Fraction(1, 2))
    return {entry: OUT_OF * mean(shares[entry]) for entry in ballots}


def schulze(ballots: Ballots) -> dict[UUID, Fraction]:
    """How many of the others an entry beats by the Schulze method (beat paths, winning votes), as a share of 100.

    Who weighed both entries votes for the one that he gave more. An entry that beats another beats all that the other
    beats, so this share puts entries in the method's own order.
    """
    entries = sorted(ballots)
    place = {entry: at for at, entry in enumerate(entries)}
    votes = np.zeros((len(entries), len(entries)), dtype=np.int64)
    for given in _by_expert(ballots).values():
        at = np.array([place[entry] for entry, _ in given])
        levels = {total: level for level, total in enumerate(sorted({total for _, total in given}))}
        level = np.array([levels[total] for _, total in given])
        votes[np.ix_(at, at)] += level[:, None] > level[None, :]
    strongest = np.where(votes > votes.T, votes, 0)
    for through in range(len(entries)):
        by_way = np.minimum(strongest[:, through, None], strongest[None, through, :])
        np.maximum(strongest, by_way, out=strongest)
    np.fill_diagonal(strongest, 0)
    beaten = (strongest > strongest.T).sum(axis=1)
    others = max(1, len(entries) - 1)
    return {entry: Fraction(OUT_OF * int(beaten[place[entry]]), others) for entry in entries}


TOGETHER: Mapping[str, Callable[[Ballots], dict[UUID, Fraction]]] = {
    "standardised": standardised,
    "borda": borda,
    "schulze": schulze,
}
"""Rules that look at all entries of a category together: a figure is known when they all are."""


def aggregate(rule: str, ballots: Ballots) -> Mapping[UUID, Fraction]:
    """The figure of each entry."""
    if rule in BY_ENTRY:
        return {entry: BY_ENTRY[rule](tuple(given.values())) for entry, given in ballots.items()}
    return TOGETHER[rule](ballots) if ballots else {}


def _by_expert(ballots: Ballots) -> Mapping[UUID, Sequence[tuple[UUID, Fraction]]]:
    """Each expert's totals with their entries."""
    found: dict[UUID, list[tuple[UUID, Fraction]]] = defaultdict(list)
    for entry, given in ballots.items():
        for expert, total in given.items():
            found[expert].append((entry, total))
    return found
