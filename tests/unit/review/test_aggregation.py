"""Each rule of aggregation against a second implementation, and what each promises."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise, permutations
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.review.domain.aggregation import BY_ENTRY, TOGETHER, aggregate, borda, schulze, standardised
from tests.unit.review.builders import an_id

EXPERTS = [an_id(f"expert {number}") for number in range(6)]
Given = Mapping[UUID, Mapping[UUID, Fraction]]


@st.composite
def ballots(draw: st.DrawFn, most: int = 7, top: int = 100) -> Given:
    """Entries, each weighed by two to all of the experts."""
    found: dict[UUID, dict[UUID, Fraction]] = {}
    for number in range(draw(st.integers(1, most))):
        experts = draw(st.lists(st.sampled_from(EXPERTS), min_size=2, unique=True))
        found[an_id(f"entry {number}")] = {e: Fraction(draw(st.integers(0, top))) for e in experts}
    return found


def of_all(*rows: tuple[int, ...]) -> Given:
    """A row for each entry, a column for each expert."""
    return {
        an_id(f"entry {at}"): {EXPERTS[number]: Fraction(total) for number, total in enumerate(row)}
        for at, row in enumerate(rows)
    }


@pytest.mark.parametrize("rule", sorted({*BY_ENTRY, *TOGETHER}))
@given(some=ballots(), random=st.randoms())
@settings(max_examples=60)
def test_nothing_depends_on_an_order(rule: str, some: Given, random: Any) -> None:
    rows = [(entry, list(own.items())) for entry, own in some.items()]
    random.shuffle(rows)
    for _, own in rows:
        random.shuffle(own)
    assert aggregate(rule, {entry: dict(own) for entry, own in rows}) == aggregate(rule, some)


@pytest.mark.parametrize("rule", sorted({*BY_ENTRY, *TOGETHER}))
def test_equal_entries_stay_equal_and_the_better_one_is_ahead(rule: str) -> None:
    figures = aggregate(rule, of_all((90, 80, 70), (60, 60, 60), (90, 80, 70), (91, 81, 71)))
    first, last, same, best = (figures[an_id(f"entry {at}")] for at in range(4))
    assert first == same
    assert best > first > last
    assert aggregate(rule, {}) == {}


@given(ballots())
def test_standardised_agrees_with_numpy(some: Given) -> None:
    own: dict[UUID, list[float]] = {}
    for given_ in some.values():
        for expert, total in given_.items():
            own.setdefault(expert, []).append(float(total))
    everything = np.array([float(total) for given_ in some.values() for total in given_.values()])
    figures = standardised(some)
    for entry, given_ in some.items():
        distances = []
        for expert, total in given_.items():
            mine = np.array(own[expert])
            distances.append((float(total) - mine.mean()) / mine.std() if mine.std() > 1e-9 else 0.0)
        expected = everything.mean() + everything.std() * statistics.fmean(distances)
        assert float(figures[entry]) == pytest.approx(expected, abs=1e-6)


def test_standardised_makes_a_strict_and_a_mild_expert_alike() -> None:
    # The first two weigh the same entries on other scales; the third gives all the same, and says nothing.
    figures = standardised(of_all((50, 95, 80), (40, 90, 80), (30, 85, 80)))
    assert figures[an_id("entry 1")] == 70, "in the middle for both: the mean of all"
    up = figures[an_id("entry 0")] - figures[an_id("entry 1")]
    down = figures[an_id("entry 1")] - figures[an_id("entry 2")]
    assert abs(up - down) <= Fraction(2, 10**10)
    assert up > 0


@given(ballots(top=6))
def test_borda_agrees_with_counting_pairs(some: Given) -> None:
    for entry, figure in borda(some).items():
        shares = []
        for expert, total in some[entry].items():
            others = [own[expert] for other, own in some.items() if other != entry and expert in own]
            points = sum(Fraction(1) if o < total else Fraction(1, 2) if o == total else Fraction(0) for o in others)
            shares.append(points / len(others) if others else Fraction(1, 2))
        assert figure == 100 * sum(shares, Fraction(0)) / len(shares)


def beat_paths(some: Given) -> dict[UUID, int]:
    """The Schulze method by its definition: the strongest of all paths, each tried."""
    entries = sorted(some)

    def votes(one: UUID, other: UUID) -> int:
        return sum(1 for e, t in some[one].items() if e in some[other] and t > some[other][e])

    def strength(one: UUID, other: UUID) -> int:
        best = 0
        between = [entry for entry in entries if entry not in {one, other}]
        for length in range(len(between) + 1):
            for way in permutations(between, length):
                path = [one, *way, other]
                links = [(votes(a, b), votes(b, a)) for a, b in pairwise(path)]
                best = max(best, min(won if won > lost else 0 for won, lost in links))
        return best

    return {
        one: sum(1 for other in entries if other != one and strength(one, other) > strength(other, one))
        for one in entries
    }


@given(ballots(most=5, top=4))
@settings(max_examples=80, deadline=None)
def test_schulze_agrees_with_trying_every_path(some: Given) -> None:
    beaten = beat_paths(some)
    assert schulze(some) == {entry: Fraction(100 * number, max(1, len(some) - 1)) for entry, number in beaten.items()}


def test_schulze_elects_whom_a_majority_prefers_to_each_other() -> None:
    # Entry 0 has the best mean by one expert's enthusiasm; a majority prefers entry 1 to it, and to all others.
    some = of_all((100, 60, 60), (70, 65, 65), (10, 50, 50))
    figures = schulze(some)
    assert figures[an_id("entry 1")] == 100
    assert aggregate("mean", some)[an_id("entry 0")] > aggregate("mean", some)[an_id("entry 1")]


def test_a_thousand_entries_take_no_minute() -> None:
    """Shape only, no clock: what takes n³ steps one by one would not come back within this suite's patience."""
    some = {
        an_id(f"entry {at}"): {EXPERTS[(at + k) % 6]: Fraction((at * 7 + k * 13) % 101) for k in range(3)}
        for at in range(400)
    }
    figures = schulze(some)
    assert len(figures) == 400
    assert all(0 <= figure <= 100 for figure in figures.values())
