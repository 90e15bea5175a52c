"""Assignment: which seats are empty, who may take them, and what makes an assignment a fair one.

Fair: every entry has its k experts, none of them in conflict, and the load is as even as it can be, that is, the sum
of the squares of all experts' loads is least. Stable: who has an entry keeps it; only empty seats are filled. Since no
expert's load is limited, a seat can always be filled without moving anybody, so nothing else ever has to move.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from contracts.campaign import PanelRules
from contracts.events import Finding
from services.review.domain.assessments import Assessment
from services.review.domain.cases import Case
from services.review.domain.conflicts import Expert, Mark, conflicts_of
from services.review.domain.errors import CannotCoverError


@dataclass(frozen=True, slots=True)
class Vacancy:
    """Empty seats of one entry, and who may take them."""

    entry_id: UUID
    seats: int
    candidates: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Seat:
    """An expert for an entry."""

    entry_id: UUID
    expert_id: UUID


class Panel:
    """Everybody and everything that bears on who may have which entry."""

    def __init__(self, rules: PanelRules, experts: Iterable[Expert], marks: Iterable[Mark]) -> None:
        self.rules = rules
        self.experts = tuple(sorted(experts, key=lambda expert: expert.account_id))
        self._by_account = {expert.account_id: expert for expert in self.experts}
        self._marks: dict[UUID, list[Mark]] = {}
        for mark in marks:
            self._marks.setdefault(mark.account_id, []).append(mark)

    def in_conflict(self, expert_id: UUID, case: Case) -> bool:
        """Whether an expert must not touch this entry; an account that is not on the panel must not either."""
        expert = self._by_account.get(expert_id)
        if expert is None:
            return True
        marks = self._marks.get(expert_id, ())
        return bool(conflicts_of(expert, case.entry_id, case.unit, rules=self.rules, marks=marks))

    def may_have(self, case: Case) -> tuple[UUID, ...]:
        """Experts who weigh this category and have no conflict with this entry, in a fixed order."""
        return tuple(
            expert.account_id
            for expert in self.experts
            if not expert.disabled and expert.weighs(case.category) and not self.in_conflict(expert.account_id, case)
        )


def vacancies(
    panel: Panel,
    cases: Iterable[Case],
    live: Iterable[Assessment],
    declined: Collection[tuple[UUID, UUID]] = (),
) -> tuple[Vacancy, ...]:
    """The seats that are empty; nobody is asked twice who abstained from an entry (`declined`: entry, expert).

    Raises CannotCoverError, naming every entry that has too few experts for its seats.
    """
    taken: dict[UUID, set[UUID]] = {}
    for assessment in live:
        taken.setdefault(assessment.entry_id, set()).add(assessment.expert_id)
    found: list[Vacancy] = []
    uncovered: list[Finding] = []
    for case in sorted(cases, key=lambda c: c.entry_id):
        holders = taken.get(case.entry_id, set())
        seats = panel.rules.experts_per_entry - len(holders)
        if seats <= 0:
            continue
        out = holders | {expert for entry, expert in declined if entry == case.entry_id}
        candidates = tuple(expert for expert in panel.may_have(case) if expert not in out)
        if len(candidates) < seats:
            uncovered.append(_uncovered(case, panel, holders, candidates))
        found.append(Vacancy(case.entry_id, seats, candidates))
    if uncovered:
        raise CannotCoverError(findings=uncovered, count=len(uncovered), needed=panel.rules.experts_per_entry)
    return tuple(found)


def _uncovered(case: Case, panel: Panel, holders: Collection[UUID], candidates: Sequence[UUID]) -> Finding:
    needed, there = panel.rules.experts_per_entry, len(holders) + len(candidates)
    able = [expert for expert in panel.experts if not expert.disabled and expert.weighs(case.category)]
    return Finding(
        slug="too-few-experts",
        zh=f"《{case.title}》（{case.unit.name}，{case.receipt_number}）需要 {needed} 位专家，"
        f"除应回避者外只有 {there} 位；本类别共有 {len(able)} 位专家。请增补专家。",
        en=f"{case.title} ({case.unit.name}, {case.receipt_number}) needs {needed} experts; without those in conflict "
        f"there are {there} of the category's {len(able)}. Add experts.",
        place=f"entry:{case.entry_id}",
        figures={"needed": needed, "available": there, "in_category": len(able)},
    )


def loads(experts: Iterable[Expert], live: Iterable[Assessment]) -> dict[UUID, int]:
    """How many entries each expert has."""
    counted = {expert.account_id: 0 for expert in experts}
    for assessment in live:
        if assessment.expert_id in counted:
            counted[assessment.expert_id] += 1
    return counted


def unevenness(before: Mapping[UUID, int], seats: Iterable[Seat]) -> int:
    """What a fair assignment makes least: the sum of the squares of the loads."""
    after = dict(before)
    for seat in seats:
        after[seat.expert_id] += 1
    return sum(load * load for load in after.values())
