"""Recusal (回避): which entries an expert must not touch, and must not learn anything about.

Experts may not score entries of their own province (`own_region`) or of their own organisation (`own_organisation`);
nor entries they recused themselves from (declared); nor what the secretariat has pinned. The campaign's definition says
which of the first two hold (`panel.recuse`); the last two always do. A conflict is hard: nothing outweighs it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from uuid import UUID

from contracts.campaign import PanelRules
from contracts.events import UnitRef


class ConflictKind(StrEnum):
    """Why an expert must not touch an entry."""

    OWN_REGION = "own-region"
    OWN_ORGANISATION = "own-organisation"
    DECLARED = "declared"
    PINNED = "pinned"


@dataclass(frozen=True, slots=True)
class Expert:
    """A member of a campaign's panel."""

    campaign_id: str
    account_id: UUID
    name: str
    organisation: str
    region: str
    categories: tuple[str, ...] = ()
    """Categories the expert weighs; all if empty."""
    disabled: bool = False
    """The account was disabled: no new work goes to it."""

    def weighs(self, category: str) -> bool:
        return not self.categories or category in self.categories


@dataclass(frozen=True, slots=True)
class Mark:
    """A conflict that somebody declared or pinned: on one entry, or on everything of a unit."""

    account_id: UUID
    kind: ConflictKind
    entry_id: UUID | None = None
    unit_code: str | None = None
    reason: str = ""

    def is_about(self, entry_id: UUID, unit_code: str) -> bool:
        return self.entry_id == entry_id or (self.unit_code is not None and self.unit_code == unit_code)


def conflicts_of(
    expert: Expert, entry_id: UUID, unit: UnitRef, *, rules: PanelRules, marks: Iterable[Mark]
) -> tuple[ConflictKind, ...]:
    """Every reason why this expert must not touch this entry; empty if there is none. `marks` may be anybody's."""
    found: list[ConflictKind] = []
    if "own-region" in rules.recuse and own_region(expert, unit):
        found.append(ConflictKind.OWN_REGION)
    if "own-organisation" in rules.recuse and own_organisation(expert, unit):
        found.append(ConflictKind.OWN_ORGANISATION)
    found.extend(
        mark.kind for mark in marks if mark.account_id == expert.account_id and mark.is_about(entry_id, unit.code)
    )
    return tuple(dict.fromkeys(found))


def own_region(expert: Expert, unit: UnitRef) -> bool:
    """Experts may not score entries of their own province (or city): 专家回避本省（市）的材料。

    陕西, 陕西省 and 陕西省西安市 are the same province; two different cities of one province are not the same region.
    """
    province, rest = _place(expert.region)
    other_province, other_rest = _place(unit.region)
    if province or other_province:
        return province == other_province and (rest == other_rest or not rest or not other_rest)
    return bool(rest) and rest == other_rest


def own_organisation(expert: Expert, unit: UnitRef) -> bool:
    """Experts may not score entries of the organisation they work for: 专家回避本单位的材料。

    国家图书馆 is the same as 国家图书馆（国家古籍保护中心） and as a department named with it, 国家图书馆参考部.
    """
    own, name = _organisation(expert.organisation), _organisation(unit.name)
    if not own:
        return False
    if own in {name, _organisation(unit.code)}:
        return True
    shorter, longer = sorted((own, name), key=len)
    return len(shorter) >= _TELLING and longer.startswith(shorter) and _is_chinese(longer[len(shorter)])


_TELLING = 4
"""A name shorter than this is not taken for the beginning of another."""

_PROVINCE = re.compile(
    "北京|天津|河北|山西|内蒙古|辽宁|吉林|黑龙江|上海|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|广西|海南|重庆|"
    "四川|贵州|云南|西藏|陕西|甘肃|青海|宁夏|新疆|香港|澳门|台湾"
)
_RANK = re.compile("^(壮族自治区|回族自治区|维吾尔自治区|自治区|特别行政区|省|市)")
_BRACKETED = re.compile(r"[(\[【〔][^)\]】〕]*[)\]】〕]")


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


@lru_cache(maxsize=4096)
def _place(region: str) -> tuple[str, str]:
    """(province, the rest), both without 省, 市, 自治区; a place outside the list has no province."""
    text = _plain(region)
    province = _PROVINCE.match(text)
    if province is None:
        return "", text.removesuffix("市")
    return province[0], _RANK.sub("", text[province.end() :]).removesuffix("市")


@lru_cache(maxsize=4096)
def _organisation(name: str) -> str:
    return _BRACKETED.sub("", _plain(name))


def _is_chinese(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"
