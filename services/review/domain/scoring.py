"""Scores, totals and the ranking. Arithmetic is exact: a tie is a tie, and no total depends on order.

A total is out of 100: each criterion counts by its weight, each score by the share of its maximum.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from uuid import UUID

from contracts.campaign import Criterion, PanelRules
from contracts.events import Finding
from services.review.domain.aggregation import OUT_OF, aggregate
from services.review.domain.errors import ScoresInvalidError


class Rubric:
    """The criteria of a panel, their weights and maxima, as exact whole-number coefficients."""

    def __init__(self, criteria: Sequence[Criterion]) -> None:
        self.criteria = tuple(criteria)
        # A weight of 0.1 means one tenth, not the nearest binary number.
        weights = [Fraction(repr(criterion.weight)) for criterion in criteria]
        exact = [
            OUT_OF * weight / (sum(weights) * criterion.max_score)
            for weight, criterion in zip(weights, criteria, strict=True)
        ]
        self._divisor = math.lcm(*(share.denominator for share in exact))
        self._factors = {
            criterion.key: int(share * self._divisor) for criterion, share in zip(criteria, exact, strict=True)
        }

    def check(self, scores: Mapping[str, object]) -> dict[str, int]:
        """Scores as whole numbers, one for each criterion, in the rubric's order.

        Raises ScoresInvalidError with a finding for each criterion that is missing, unknown, or out of its range.
        """
        findings: list[Finding] = []
        checked: dict[str, int] = {}
        for criterion in self.criteria:
            given = scores.get(criterion.key)
            if type(given) is int and 0 <= given <= criterion.max_score:  # True is an int, too, but not a score
                checked[criterion.key] = given
            else:
                findings.append(_bad_score(criterion, given))
        allowed = [criterion.key for criterion in self.criteria]
        findings.extend(
            Finding(
                slug="criterion-unknown",
                zh=f"没有“{key}”这一评分项，评分项为：{'、'.join(allowed)}。",
                en=f"There is no criterion {key!r}; the criteria are {', '.join(allowed)}.",
                place=f"scores.{key}",
                figures={"allowed": allowed},
            )
            for key in sorted(set(scores).difference(allowed))
        )
        if findings:
            raise ScoresInvalidError(findings=findings)
        return checked

    def check_begun(self, scores: Mapping[str, object]) -> dict[str, int]:
        """The same while it is worked on: a criterion may be missing or empty (None); what is given must fit."""
        given = {key: score for key, score in scores.items() if score is not None}
        zero = {criterion.key: 0 for criterion in self.criteria}
        checked = self.check(zero | given)
        return {key: score for key, score in checked.items() if key in given}

    def total(self, scores: Mapping[str, int]) -> Fraction:
        """One expert's weighted total, out of 100."""
        return Fraction(sum(factor * scores[key] for key, factor in self._factors.items()), self._divisor)


def _bad_score(criterion: Criterion, given: object) -> Finding:
    most = criterion.max_score
    if given is None:
        slug, said_zh, said_en = "score-missing", "未打分", "has no score"
    elif type(given) is int:
        slug, said_zh, said_en = "score-out-of-range", "超出范围", "is out of range"
    else:
        slug, said_zh, said_en = "score-not-whole", "不是整数", "is not a whole number"
    return Finding(
        slug=slug,
        zh=f"“{criterion.label.zh}”{said_zh}，请填写 0 至 {most} 之间的整数。",
        en=f"{criterion.label.en} {said_en}; give a whole number from 0 to {most}.",
        place=f"scores.{criterion.key}",
        figures={"least": 0, "most": most},
    )


@dataclass(frozen=True, slots=True)
class Sheet:
    """What there is to rank one entry by: the totals that are in, and how many are asked for."""

    entry_id: UUID
    receipt_number: str
    totals: Mapping[UUID, Fraction]
    """By expert."""
    outstanding: int
    """Experts who have the entry and have not submitted."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A completely scored entry. Equal totals share a rank, and the ranks after them are left out: 1, 2, 2, 4."""

    entry_id: UUID
    rank: int
    total: Fraction
    tied: bool


@dataclass(frozen=True, slots=True)
class Incomplete:
    """An entry that lacks scores. It has no total: missing is not zero, and a part of the scores tells nothing fair."""

    entry_id: UUID
    submitted: int
    needed: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """The entries of one category."""

    ranked: tuple[Ranked, ...]
    incomplete: tuple[Incomplete, ...]


def is_complete(submitted: int, outstanding: int, needed: int) -> bool:
    """Whether all scores of an entry are in: as many as the definition asks for, and none awaited."""
    return outstanding == 0 and submitted >= needed


def rank(sheets: Iterable[Sheet], rules: PanelRules) -> Ranking:
    """Rank the entries of one category by their aggregated totals, best first. The order of `sheets` is irrelevant."""
    known: list[Sheet] = []
    incomplete: list[Sheet] = []
    for sheet in sorted(sheets, key=lambda s: (s.receipt_number, s.entry_id)):
        is_in = is_complete(len(sheet.totals), sheet.outstanding, rules.experts_per_entry)
        (known if is_in else incomplete).append(sheet)
    figures = aggregate(rules.rule, {sheet.entry_id: sheet.totals for sheet in known})
    complete = [(figures[sheet.entry_id], sheet) for sheet in known]
    complete.sort(key=lambda pair: -pair[0])
    first: dict[Fraction, int] = {}
    for position, (total, _) in enumerate(complete, start=1):
        first.setdefault(total, position)
    shared = Counter(total for total, _ in complete)
    return Ranking(
        ranked=tuple(Ranked(sheet.entry_id, first[total], total, tied=shared[total] > 1) for total, sheet in complete),
        incomplete=tuple(Incomplete(s.entry_id, len(s.totals), rules.experts_per_entry) for s in incomplete),
    )


def shown(total: Fraction) -> str:
    """A total for people: four decimals, halves rounded up. Ranks never depend on it."""
    scaled = (2 * 10_000 * total.numerator + total.denominator) // (2 * total.denominator)
    sign, size = "-" if scaled < 0 else "", abs(scaled)
    return f"{sign}{size // 10_000}.{size % 10_000:04d}"


def exact(total: Fraction) -> str:
    """A total as a fraction, e.g. `271/3`: what a second computation must meet exactly."""
    return f"{total.numerator}/{total.denominator}"
