"""The progress of a campaign as a table for spreadsheets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from contracts.campaign import CampaignDefinition
from infra.web.sheets import Cell
from services.intake.domain.entries import State
from services.intake.domain.progress import SENT, STANDING_WORDS, UnitProgress, UnitStanding
from services.intake.domain.sums import Sum


def header(definition: CampaignDefinition) -> list[str]:
    """The names of the columns."""
    categories = [f"{category.title.zh}：已提交" for category in definition.categories]
    names = ["单位代码", "单位名称", "地区", "进度", "草稿", "已提交", "退回修改", "已撤回", *categories]
    return [*names, "最近变动", "延期至", "延期原因", "上级单位"]


def rows(definition: CampaignDefinition, units: Iterable[UnitProgress]) -> Iterable[Sequence[Cell]]:
    """One row for each unit, in the order given; times in the campaign's zone."""
    zone = definition.zone
    for unit in units:
        counts, extension = unit.counts, unit.extension
        yield [
            unit.unit.code,
            unit.unit.name,
            unit.unit.region,
            "、".join(STANDING_WORDS[standing][0] for standing in UnitStanding if standing in unit.standings),
            counts[State.DRAFT],
            unit.sent,
            counts[State.RETURNED],
            counts[State.WITHDRAWN],
            *(
                sum(count for state, count in unit.in_category(category.key).items() if state in SENT)
                for category in definition.categories
            ),
            _local(unit.changed_at, zone),
            _local(extension.cutoff, zone) if extension else "",
            extension.reason if extension else "",
            " › ".join(one.name for one in reversed(unit.above)),
        ]


def header_of_sums(definition: CampaignDefinition) -> list[str]:
    """The names of the columns where units are taken together."""
    categories = [f"{category.title.zh}：已提交" for category in definition.categories]
    return ["代码", "汇总范围", "上级单位", "单位数", "未开始", "草稿", "已提交", "退回修改", "已撤回", *categories]


def rows_of_sums(sums: Iterable[Sum]) -> Iterable[Sequence[Cell]]:
    """One row for each committee library and each unit above others; the last is of all."""
    for one in sums:
        yield [
            one.head.code if one.head else "",
            one.name[0],
            " › ".join(unit.name for unit in reversed(one.above)),
            one.units,
            one.not_begun,
            one.counts[State.DRAFT],
            one.sent,
            one.counts[State.RETURNED],
            one.counts[State.WITHDRAWN],
            *(numbers.sent for numbers in one.categories),
        ]


def _local(at: datetime | None, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}" if at else ""
