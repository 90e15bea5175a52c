"""The ranking worked out apart from the platform, from who scored what; and how many places cut no tie."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from contracts.campaign import CampaignDefinition
from tests.demo.experts import panel_of, scores_for, total_of

WANTED_PLACES = 4


@dataclass(frozen=True, slots=True)
class Standing:
    """An entry in its category. Equal totals share a rank, and the ranks after them are left out."""

    entry_id: str
    key: str
    rank: int
    total: Fraction


def standings(
    definition: CampaignDefinition,
    categories: Mapping[str, str],
    keys: Mapping[str, str],
    scored: Iterable[tuple[int, str]],
) -> dict[str, list[Standing]]:
    """The ranking of each category. `scored`: (expert's number, entry's id); `categories`, `keys`: by entry's id."""
    panel = panel_of(definition)
    totals: dict[str, list[Fraction]] = {}
    for expert, entry_id in scored:
        totals.setdefault(entry_id, []).append(total_of(panel, scores_for(panel, expert, keys[entry_id])))
    means = {entry_id: sum(given, Fraction(0)) / len(given) for entry_id, given in totals.items()}
    found: dict[str, list[Standing]] = {}
    for category in sorted({categories[entry_id] for entry_id in means}):
        here = sorted((m, e) for e, m in means.items() if categories[e] == category)[::-1]
        found[category] = [
            Standing(entry, keys[entry], 1 + sum(other > mean for other, _ in here), mean) for mean, entry in here
        ]
    return found


def places_without_tie(rows: Sequence[Standing]) -> int:
    """About WANTED_PLACES places: more, if equal entries would stand on both sides of the last."""
    places = min(WANTED_PLACES, len(rows))
    while places < len(rows) and rows[places - 1].rank == rows[places].rank:
        places += 1
    return places
