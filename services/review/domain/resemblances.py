"""Files that are the same, or show nearly the same picture: a fact to look at, which decides nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from contracts.campaign import Text
from contracts.events import MaterialPlace, MaterialResembledV1
from services.review.domain.cases import Case, CaseState

Likeness = Literal["same-file", "near"]


@dataclass(frozen=True, slots=True)
class Resemblance:
    """What media found, as seen from one of the two materials. `more`: it resembles others that were not told of."""

    material: MaterialPlace
    other: MaterialPlace
    likeness: Likeness
    found_at: datetime
    mirrored: bool = False
    distance: int | None = None
    correlation: float | None = None
    more: bool = False


def both_ways(event: MaterialResembledV1) -> tuple[Resemblance, Resemblance]:
    """Seen from either side."""
    one = Resemblance(
        event.material,
        event.other,
        event.likeness,
        event.found_at,
        event.mirrored,
        event.distance,
        event.correlation,
        event.more,
    )
    return one, replace(one, material=event.other, other=event.material, more=False)


def handed_on(known: Resemblance, heir: MaterialPlace) -> Iterator[Resemblance]:
    """The same of another material that is the same file: the one of an entry that was begun again, say."""
    if heir.material_id not in {known.material.material_id, known.other.material_id}:
        yield replace(known, material=heir)
        yield replace(known, material=known.other, other=heir, more=False)


def sentence(name: str, other_name: str, other: Case, campaign: Text, known: Resemblance) -> tuple[str, str]:
    """What it says to people, in Chinese and in English. `name`: of the file in question; `campaign`: the other's."""
    back_zh, back_en = ("（已撤回）", " (withdrawn)") if other.state is CaseState.WITHDRAWN else ("", "")
    there_zh = f"“{campaign.zh}”中{other.unit.name}《{other.title}》{back_zh}的 {other_name}"
    there_en = f"{other_name} of “{other.title}”{back_en} by {other.unit.name} in {campaign.en}"
    how_zh, how_en = {
        ("same-file", False): ("是同一个文件", "is the same file as"),
        ("near", False): ("画面相近", "shows nearly the same picture as"),
        ("near", True): ("画面左右相反、其余相近", "shows nearly the mirror image of"),
    }[known.likeness, known.mirrored and known.likeness == "near"]
    more_zh, more_en = ("；还有更多相近的，未一一列出", "; there are more, not listed") if known.more else ("", "")
    return f"{name} 与{there_zh} {how_zh}{more_zh}。", f"{name} {how_en} {there_en}{more_en}."
