"""What keeps an entry from being submitted: every reason at once, each with what was given and what is allowed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache

from contracts import words
from contracts.campaign import Category, FieldRule, MaterialRule
from contracts.counting import count_zi
from contracts.events import Finding
from services.intake.domain.entries import Entry, Material, MaterialState
from services.intake.domain.revisions import MAX_CONTENT_BYTES, content_bytes, content_bytes_at_most

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
_PHONE = re.compile(r"\+?[0-9][0-9 ()\-－—转,，;；、/]{5,40}")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def findings_of(entry: Entry, category: Category) -> tuple[Finding, ...]:
    """Every reason why this entry cannot be submitted as it stands; none means ready."""
    found = [finding for rule in category.fields for finding in _of_field(rule, entry.texts.get(rule.key, ""))]
    found += _of_materials(category, entry.materials)
    # Most entries are far from the limit, and this runs at every save.
    given = content_bytes(entry) if content_bytes_at_most(entry) > MAX_CONTENT_BYTES else 0
    if given > MAX_CONTENT_BYTES:
        found.append(
            Finding(
                slug="entry-too-large",
                zh=f"全部文字共 {words.size(given)}，最多 {words.size(MAX_CONTENT_BYTES)}，请缩减。",
                en=f"All texts together are {words.size(given)}; at most {words.size(MAX_CONTENT_BYTES)}.",
                figures={"given": given, "allowed": MAX_CONTENT_BYTES},
            )
        )
    return tuple(found)


def _of_field(rule: FieldRule, text: str) -> Iterator[Finding]:
    label = rule.label
    if not text.strip():
        if rule.required:
            yield _missing(rule.key, label.zh, label.en)
        return
    # A text has at most as many 字 as characters: most need no counting.
    if rule.max_zi is not None and len(text) > rule.max_zi:
        given = count_zi(text)
        if given > rule.max_zi:
            yield Finding(
                slug="text-too-long",
                zh=f"“{label.zh}”现有 {given} 字，最多 {rule.max_zi} 字，请删减 {given - rule.max_zi} 字。",
                en=f"“{label.en}” has {given} 字; at most {rule.max_zi}. Cut {given - rule.max_zi}.",
                place=rule.key,
                figures={"given": given, "allowed": rule.max_zi},
            )
    yield from _of_kind(rule, text.strip())


@lru_cache(maxsize=1024)
def _missing(key: str, zh: str, en: str) -> Finding:
    return Finding(slug="missing-field", zh=f"“{zh}”尚未填写，请填写。", en=f"“{en}” is empty; fill it in.", place=key)


def _of_kind(rule: FieldRule, text: str) -> Iterator[Finding]:
    zh, en = rule.label.zh, rule.label.en
    bad: tuple[str, str, str] | None = None
    if rule.kind == "line" and "\n" in text:
        bad = ("one-line-only", f"“{zh}”应写在一行内，请删除换行。", f"“{en}” takes one line; remove the line breaks.")
    elif rule.kind == "date" and not _is_date(text):
        bad = ("invalid-date", f"“{zh}”应为日期，例如 2026-08-31。", f"“{en}” takes a date such as 2026-08-31.")
    elif rule.kind == "number":
        bad = _of_number(rule, text)
    elif rule.kind == "phone" and not _PHONE.fullmatch(text):
        bad = ("invalid-phone", f"“{zh}”应为电话号码，请核对。", f"“{en}” takes a telephone number.")
    elif rule.kind == "email" and not _EMAIL.fullmatch(text):
        bad = ("invalid-email", f"“{zh}”应为电子邮箱，例如 name@example.org。", f"“{en}” takes an e-mail address.")
    elif rule.kind == "choice" and text not in rule.options:
        options_zh, options_en = "、".join(rule.options), ", ".join(rule.options)
        bad = ("not-an-option", f"“{zh}”请从以下选项中选择：{options_zh}。", f"“{en}” takes one of {options_en}.")
    if bad:
        yield Finding(slug=bad[0], zh=bad[1], en=bad[2], place=rule.key)


def _of_number(rule: FieldRule, text: str) -> tuple[str, str, str] | None:
    zh, en, measure = rule.label.zh, rule.label.en, rule.measure
    if not _NUMBER.fullmatch(text):
        return "invalid-number", f"“{zh}”应为数字，例如 120 或 3.5。", f"“{en}” takes a number such as 120 or 3.5."
    least = measure.minimum if measure else None
    most = measure.maximum if measure else None
    # Findings are read by more people than private texts are.
    given_zh, given_en = ("的数值", "out of range") if rule.private else (f"填写的是 {text}，", text)
    if least is not None and float(text) < least:
        return (
            "number-too-small",
            f"“{zh}”{given_zh}不能小于 {least:g}。",
            f"“{en}” is {given_en}; at least {least:g}.",
        )
    if most is not None and float(text) > most:
        return (
            "number-too-large",
            f"“{zh}”{given_zh}不能大于 {most:g}。",
            f"“{en}” is {given_en}; at most {most:g}.",
        )
    return None


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _of_materials(category: Category, materials: Iterable[Material]) -> Iterator[Finding]:
    held = [m for m in materials if m.state is not MaterialState.REMOVED]
    for rule in category.materials:
        usable = sum(
            1 for m in held if m.kind == rule.key and m.state in {MaterialState.UPLOADED, MaterialState.ACCEPTED}
        )
        if usable < rule.min_count:
            yield Finding(
                slug="too-few-materials",
                zh=f"{rule.label.zh}现有 {usable} 个，至少需要 {rule.min_count} 个，请补充上传。",
                en=f"There are {usable} of {rule.key}; at least {rule.min_count} are needed.",
                place=f"materials.{rule.key}",
                figures={"given": usable, "required": rule.min_count},
            )
    rules = {rule.key: rule for rule in category.materials}
    for material in held:
        yield from _of_material(material)
        if material.kind in rules:
            yield from _of_caption(rules[material.kind], material)


def _of_caption(rule: MaterialRule, material: Material) -> Iterator[Finding]:
    if len(material.caption) <= rule.max_caption_zi:  # a text has at most as many 字 as characters
        return
    given = count_zi(material.caption)
    if given > rule.max_caption_zi:
        over = given - rule.max_caption_zi
        yield Finding(
            slug="caption-too-long",
            zh=f"{material.name} 的说明现有 {given} 字，最多 {rule.max_caption_zi} 字，请删减 {over} 字。",
            en=f"The caption of {material.name} has {given} 字; at most {rule.max_caption_zi}. Cut {over}.",
            place=f"material:{material.material_id}",
            figures={"given": given, "allowed": rule.max_caption_zi},
        )


def _of_material(material: Material) -> Iterator[Finding]:
    place = f"material:{material.material_id}"
    if material.state is MaterialState.UPLOADING:
        yield Finding(
            slug="upload-unfinished",
            zh=f"{material.name} 尚未上传完成，请完成上传或删除后再提交。",
            en=f"{material.name} has not been uploaded completely; finish or remove it.",
            place=place,
        )
    elif material.state is MaterialState.REJECTED:
        reasons_zh = "".join(finding.zh for finding in material.findings)
        reasons_en = " ".join(finding.en for finding in material.findings)
        yield Finding(
            slug="material-rejected",
            zh=f"{material.name} 不符合要求，请删除后重新上传。{reasons_zh}",
            en=f"{material.name} does not fit the rules; remove it and upload another. {reasons_en}",
            place=place,
            figures={"reasons": [finding.slug for finding in material.findings]},
        )
