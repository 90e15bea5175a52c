"""What the validator found, as flaws with a sentence in each language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from contracts.campaign.definition import CampaignDefinition
from contracts.campaign.documents import document_flaws
from contracts.campaign.rules import Flaw, Place, cross_references

_SHOWN = 60

_TEXT = ("这里应为文字（数字或特殊词请加引号），不能是 {given}。", "Text is needed here (quote numbers), not {given}.")
_WHOLE = ("这里应为整数，不能是 {given}。", "A whole number is needed here, not {given}.")
_NUMBER = ("这里应为数字，不能是 {given}。", "A number is needed here, not {given}.")
_YES_NO = ("这里应为 true 或 false，不能是 {given}。", "Write true or false here, not {given}.")
_INSTANT = (
    "时间的写法不对：{given}。应如 2017-08-31T24:00:00+08:00。",
    "No date and time: {given}. Write it like 2017-08-31T24:00:00+08:00.",
)
_DAY = ("日期的写法不对：{given}。应如 2017-08-31。", "No date: {given}. Write it like 2017-08-31.")
_DURATION = (
    "时长的写法不对：{given}。应如 -P3D（提前三天）、-PT2H（提前两小时）。",
    "No duration: {given}. Write it like -P3D (three days before) or -PT2H (two hours before).",
)
_PART = ("这里应为一组“键: 值”，不能是 {given}。", "A mapping of keys to values is needed here, not {given}.")
_LIST = ("这里应为列表（每项以“- ”开头），不能是 {given}。", "A list is needed here, not {given}.")

_SENTENCES: Mapping[str, tuple[str, str]] = {
    "missing": ("缺少必填项 {name!r}。", "The key {name!r} is missing; it is required."),
    "extra_forbidden": (
        "没有 {name!r} 这一项，请检查拼写。",
        "There is no key {name!r} here; check the spelling.",
    ),
    "string_type": _TEXT,
    "string_unicode": (
        "文字中有不完整的字符（半个代理对），请重新输入。",
        "The text holds half a character (a lone surrogate); type it anew.",
    ),
    "string_too_short": ("{name!r} 不能为空。", "{name!r} must not be empty."),
    "string_pattern_mismatch": (
        "{given} 不符合命名规则（只用小写字母、数字和连接符，以字母或数字开头，不超过规定长度）：{pattern}。",
        "{given} is no name of this kind; it must match {pattern}.",
    ),
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "int_parsing_size": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": _NUMBER,
    "bool_type": _YES_NO,
    "bool_parsing": _YES_NO,
    "greater_than_equal": ("{name!r} 至少为 {ge}，现为 {given}。", "{name!r} must be at least {ge}, not {given}."),
    "greater_than": ("{name!r} 必须大于 {gt}，现为 {given}。", "{name!r} must be more than {gt}, not {given}."),
    "literal_error": ("{given} 不在可选范围内，可用：{expected}。", "{given} is not allowed here; choose {expected}."),
    "datetime_parsing": _INSTANT,
    "datetime_from_date_parsing": _INSTANT,
    "datetime_object_invalid": _INSTANT,
    "datetime_type": _INSTANT,
    "timezone_aware": (
        "时间 {given} 没有写时区，请加上，如 +08:00。",
        "The time {given} has no zone; add one, such as +08:00.",
    ),
    "date_type": _DAY,
    "date_parsing": _DAY,
    "date_from_datetime_parsing": _DAY,
    "date_from_datetime_inexact": _DAY,
    "time_delta_type": _DURATION,
    "time_delta_parsing": _DURATION,
    "model_type": _PART,
    "model_attributes_type": _PART,
    "dict_type": _PART,
    "tuple_type": _LIST,
    "too_short": ("{name!r} 至少要有 {min_length} 项。", "{name!r} needs at least {min_length} item(s)."),
    "too_long": ("{name!r} 最多只能有 {max_length} 项。", "{name!r} may have at most {max_length} item(s)."),
}


def examine(data: object) -> tuple[CampaignDefinition | None, tuple[Flaw, ...]]:
    """The definition in plain data (as from YAML or JSON), or every flaw that keeps it from being one."""
    try:
        return CampaignDefinition.model_validate(data), ()
    except ValidationError as error:
        found = {(flaw.path, flaw.slug): flaw for flaw in explain(error)}
    if isinstance(data, Mapping):
        # The validator looks across parts only once each of them is sound; whoever mends a file wants all at once.
        across = (*cross_references(data), *document_flaws(data))
        found |= {(flaw.path, flaw.slug): flaw for flaw in across}
    return None, tuple(found.values())


def explain(error: ValidationError) -> tuple[Flaw, ...]:
    """Each error of a validation as a flaw; `path` leads from the whole to the place."""
    details = error.errors(include_url=False)
    places = [detail["loc"] for detail in details]
    return tuple(_flaw(detail) for detail in details if not _miscounted(detail, places))


def _miscounted(detail: ErrorDetails, places: list[Place]) -> bool:
    """Broken members are not counted, so a list of them looks too short as well."""
    own = detail["loc"]
    return detail["type"] == "too_short" and any(place != own and place[: len(own)] == own for place in places)


def _flaw(detail: ErrorDetails) -> Flaw:
    context: dict[str, Any] = detail.get("ctx", {})
    if detail["type"] == "definition_flaw":
        return Flaw(detail["loc"], context["slug"], context["zh"], context["en"])
    zh, en = _SENTENCES.get(detail["type"], ("这里的值 {given} 不合要求：{message}。", "{message}: {given}."))
    words = {
        **context,
        "name": str(detail["loc"][-1]) if detail["loc"] else "",
        "given": _shown(detail["input"]),
        "message": detail["msg"],
    }
    return Flaw(detail["loc"], detail["type"].replace("_", "-"), zh.format_map(words), en.format_map(words))


def _shown(value: object) -> str:
    """A value as it is quoted in a sentence: short, whatever was given."""
    if isinstance(value, Mapping):
        return "一组键值 (a mapping)"
    if isinstance(value, list | tuple):
        return "列表 (a list)"
    text = repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
