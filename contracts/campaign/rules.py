"""What must hold between the parts of a campaign definition, whatever the campaign.

The rules read plain data (as from YAML or JSON) and pass over what is malformed, so that a definition with a misspelt
key somewhere is still told about every broken reference in one go. The models apply them to each definition.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import InitErrorDetails

from contracts.campaign.parts import bilingual

Place = tuple[str | int, ...]
"""The way from the whole to one of its parts: keys of mappings, indexes of lists."""
_CONTROL = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f]")

CLAIMS = "claims"

"""Under this key an entry keeps, among its texts, the conditions that its unit claims: their keys, one space apart."""

FORMATS = {"photo": ("JPEG", "PNG"), "video": ("MP4", "MOV"), "document": ("PDF", "JPEG")}
"""The formats, by content, that a material of each kind may be asked for."""

STANDARD_KINDS = (
    {"key": "unit", "title": {"zh": "推荐单位", "en": "Recommending unit"}},
    {"key": "branch", "title": {"zh": "分会", "en": "Branch"}},
    {"key": "member", "title": {"zh": "成员馆", "en": "Member library"}},
    {"key": "committee", "title": {"zh": "委员馆", "en": "Committee library"}},
    {"key": "working-group", "title": {"zh": "工作组", "en": "Working group"}},
    {"key": "office", "title": {"zh": "联盟办", "en": "Alliance office"}},
)
"""The kinds of unit that a definition may use without defining its own."""


def claims_of(fields: Mapping[str, str]) -> frozenset[str]:
    """The conditions that the unit says are met, by their keys."""
    return frozenset(fields.get(CLAIMS, "").split())


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something wrong at one place of a definition: a stable slug and a sentence in each language."""

    path: Place
    slug: str
    zh: str
    en: str


def refuse(title: str, flaws: Iterable[Flaw], data: object) -> None:
    """Raise one ValidationError that holds every flaw at its own place; nothing if there is none."""
    found = [
        InitErrorDetails(
            type=bilingual(flaw.slug, flaw.zh, flaw.en),
            loc=flaw.path,
            input=data,
        )
        for flaw in flaws
    ]
    if found:
        raise ValidationError.from_exception_data(title, found)


def cross_references(data: Mapping[str, Any]) -> Iterator[Flaw]:
    """Every broken reference and every repeated key in a definition given as plain data."""
    yield from _control_characters(data, ())
    yield from _repeated(data, "units", "code")
    for part in ("unit_kinds", "categories", "opinions", "reminders"):
        yield from _repeated(data, part, "key")
    yield from _repeated(_mapping(data.get("panel")), "criteria", "key", within=("panel",))
    yield from _repeated(_mapping(data.get("calendar")), "stages", "key", within=("calendar",))
    yield from _units(data)
    for index, category in _items(data, "categories"):
        yield from _category(data, category, ("categories", index))


def _control_characters(value: object, path: Place) -> Iterator[Flaw]:
    """Databases and XML refuse them, so they would fail later and elsewhere."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _control_characters(part, (*path, str(key)))
    elif isinstance(value, list | tuple):
        for index, part in enumerate(value):
            yield from _control_characters(part, (*path, index))
    elif isinstance(value, str) and (match := _CONTROL.search(value)):
        code = f"U+{ord(match[0]):04X}"
        yield Flaw(
            path,
            "control-character",
            f"文字中含有不可见的控制字符 {code}，请删去后重新输入。",
            f"The text holds the control character {code}; remove it.",
        )


def _units(data: Mapping[str, Any]) -> Iterator[Flaw]:
    parent_of = {
        unit["code"]: unit.get("parent") for _, unit in _items(data, "units") if isinstance(unit.get("code"), str)
    }
    for index, unit in _items(data, "units"):
        parent = unit.get("parent")
        if isinstance(parent, str) and parent not in parent_of:
            yield Flaw(
                ("units", index, "parent"),
                "unknown-parent",
                f"上级单位 {parent!r} 不在 units 中，请改为已列出的单位代码或先列出该单位。",
                f"The parent {parent!r} is not among the units; give the code of a listed unit, or list it first.",
            )
        elif _is_its_own_ancestor(unit.get("code"), parent_of):
            yield Flaw(
                ("units", index, "parent"),
                "parent-cycle",
                f"单位 {unit.get('code')!r} 的上级关系绕回了自身，请改正 parent。",
                f"Following the parents of {unit.get('code')!r} leads back to it; mend the parent.",
            )
        yield from _known_kinds(data, (unit.get("kind"),), ("units", index, "kind"))


def _category(data: Mapping[str, Any], category: Mapping[str, Any], path: Place) -> Iterator[Flaw]:
    for part in ("fields", "materials"):
        yield from _repeated(category, part, "key", within=path)
    yield from _repeated_conditions(category, path)
    for part in ("recommenders", "quota_kinds"):
        yield from _known_kinds(data, _list(category.get(part)), (*path, part))
    for index, rule in _items(category, "conditions"):
        yield from _known_kinds(data, _list(rule.get("unit_kinds")), (*path, "conditions", index, "unit_kinds"))
    yield from _title_field(category, path)
    yield from _subject_and_posts(category, path)
    yield from _opinion_chain(data, category, path)


def _title_field(category: Mapping[str, Any], path: Place) -> Iterator[Flaw]:
    key = category.get("title_field")
    if not isinstance(key, str):
        return
    field = _field(category, key)
    if field is None:
        yield _unknown_field(key, category, (*path, "title_field"))
    elif field.get("private") is True:
        yield Flaw(
            (*path, "title_field"),
            "private-title-field",
            f"title_field 指向的 {key!r} 是保密字段，不能作为名单中的名称；请改用可以公开的字段。",
            f"The title_field {key!r} is private and may not name an entry in lists; choose a field that may be seen.",
        )
    elif field.get("required") is False:
        yield Flaw(
            (*path, "title_field"),
            "optional-title-field",
            f"title_field 指向的 {key!r} 不是必填项，申报材料可能没有名称；请将该字段设为必填。",
            f"The title_field {key!r} is optional, so an entry could have no name; make that field required.",
        )


def _subject_and_posts(category: Mapping[str, Any], path: Place) -> Iterator[Flaw]:
    subject, post = category.get("subject_field"), category.get("post_field")
    if isinstance(subject, str) and _field(category, subject) is None:
        yield _unknown_field(subject, category, (*path, "subject_field"))
    if category.get("never_itself") is True and subject is None:
        yield Flaw(
            (*path, "never_itself"),
            "never-itself-without-subject",
            "设置了 never_itself，但没有用 subject_field 指明填写被推荐单位的字段；请补充。",
            "never_itself is set, but subject_field does not say which field names the library recommended; add it.",
        )
    field = _field(category, post) if isinstance(post, str) else None
    if isinstance(post, str) and field is None:
        yield _unknown_field(post, category, (*path, "post_field"))
    options = _list(field.get("options")) if field is not None else []
    for part in ("quota_exempt_posts", "warn_posts"):
        for index, name in enumerate(_list(category.get(part))):
            if name not in options:
                yield Flaw(
                    (*path, part, index),
                    "unknown-post",
                    f"{name!r} 不是 post_field 所指字段的选项（选项：{_listed(options)}），无法据此判断。",
                    f"{name!r} is not an option of the field that post_field names (options: {_listed(options)}).",
                )
    yield from _justification(category, path)


def _justification(category: Mapping[str, Any], path: Place) -> Iterator[Flaw]:
    key = category.get("justification_field")
    if not isinstance(key, str):
        return
    field = _field(category, key)
    if field is None:
        yield _unknown_field(key, category, (*path, "justification_field"))
    elif field.get("required") is not False:
        yield Flaw(
            (*path, "justification_field"),
            "required-justification",
            f"justification_field 指向的 {key!r} 应设 required: false，平台只在推荐 warn_posts 所列身份时要求填写。",
            f"The justification_field {key!r} needs required: false; it is asked for only where warn_posts says so.",
        )


def _opinion_chain(data: Mapping[str, Any], category: Mapping[str, Any], path: Place) -> Iterator[Flaw]:
    levels = [opinion.get("key") for _, opinion in _items(data, "opinions")]
    chain = _list(category.get("opinion_chain"))
    for index, level in enumerate(chain):
        if level not in levels:
            yield Flaw(
                (*path, "opinion_chain", index),
                "unknown-opinion",
                f"意见层级 {level!r} 未在 opinions 中定义（已定义：{_listed(levels)}）。",
                f"The opinion level {level!r} is not defined in opinions (defined: {_listed(levels)}).",
            )
        elif level in chain[:index]:
            yield Flaw(
                (*path, "opinion_chain", index),
                "repeated-opinion",
                f"意见层级 {level!r} 在 opinion_chain 中出现了不止一次，请删去重复项。",
                f"The opinion level {level!r} stands in opinion_chain more than once; take one out.",
            )


def _known_kinds(data: Mapping[str, Any], kinds: Iterable[object], path: Place) -> Iterator[Flaw]:
    known = [kind.get("key") for _, kind in _items({"unit_kinds": STANDARD_KINDS, **data}, "unit_kinds")]
    for index, kind in enumerate(kinds):
        if isinstance(kind, str) and kind not in known:
            place = path if path[-1] == "kind" else (*path, index)
            yield Flaw(
                place,
                "unknown-unit-kind",
                f"单位类型 {kind!r} 未定义（可用：{_listed(known)}）；请改正，或在 unit_kinds 中补充。",
                f"The kind of unit {kind!r} is not defined (defined: {_listed(known)}); mend it or define it.",
            )


def _repeated(data: Mapping[str, Any], part: str, name: str, *, within: Place = ()) -> Iterator[Flaw]:
    seen: Counter[object] = Counter()
    for index, item in _items(data, part):
        value = item.get(name)
        if not isinstance(value, str):
            continue
        seen[value] += 1
        if seen[value] > 1:
            yield _repetition(value, (*within, part, index, name), (*within, part))


def _repeated_conditions(category: Mapping[str, Any], path: Place) -> Iterator[Flaw]:
    """Ticked conditions travel as one list of keys, so a key is unique across a category's rules."""
    seen: Counter[object] = Counter()
    for rule_index, rule in _items(category, "conditions"):
        for index, condition in _items(rule, "conditions"):
            value = condition.get("key")
            if not isinstance(value, str):
                continue
            seen[value] += 1
            if seen[value] > 1:
                place = (*path, "conditions", rule_index, "conditions", index, "key")
                yield _repetition(value, place, (*path, "conditions"))


def _repetition(value: str, path: Place, part: Place) -> Flaw:
    where = ".".join(str(step) for step in part)
    return Flaw(
        path,
        "repeated-key",
        f"{value!r} 在 {where} 中出现了不止一次；每个代码只能使用一次，请改名或删去。",
        f"{value!r} stands in {where} more than once; each key may be used once, so rename or remove one.",
    )


def _unknown_field(key: str, category: Mapping[str, Any], path: Place) -> Flaw:
    known = _listed(field.get("key") for _, field in _items(category, "fields"))
    return Flaw(
        path,
        "unknown-field",
        f"{path[-1]} 指向的字段 {key!r} 不存在（本类别的字段：{known}）。",
        f"The {path[-1]} names the field {key!r}, which this category does not have (it has: {known}).",
    )


def _is_its_own_ancestor(code: object, parent_of: Mapping[str, object]) -> bool:
    above = code
    for _ in parent_of:
        above = parent_of.get(above) if isinstance(above, str) else None
        if above is None or above == code:
            break
    return above is not None and above == code


def _field(category: Mapping[str, Any], key: str) -> Mapping[str, Any] | None:
    return next((field for _, field in _items(category, "fields") if field.get("key") == key), None)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _items(data: Mapping[str, Any], part: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The well-formed members of a list of mappings, each with its index."""
    for index, item in enumerate(_list(data.get(part))):
        if isinstance(item, Mapping):
            yield index, item


def _listed(names: Iterable[object]) -> str:
    return "、".join(str(name) for name in names) or "—"
