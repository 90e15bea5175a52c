"""Automatic checks of a revision: each passes, fails, or asks a person to look, and says on what evidence.

Nothing here decides: the secretariat does, with these before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from contracts.campaign import CampaignDefinition, Category, FieldRule, MaterialRule
from contracts.counting import count_zi
from contracts.events import Extension, MaterialRef
from services.review.domain.cases import Case, Revision
from services.review.domain.materials import Doubt, MaterialVerdict

Result = Literal["pass", "fail", "look"]


@dataclass(frozen=True, slots=True)
class Check:
    """One check, its result, and what it was concluded from."""

    key: str
    result: Result
    zh: str
    en: str
    place: str = "entry"
    figures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the checks look at besides the revision itself."""

    definition: CampaignDefinition | None
    extensions: Sequence[Extension] = ()
    verdicts: Mapping[UUID, MaterialVerdict] = field(default_factory=dict)
    doubts: Mapping[UUID, Doubt] = field(default_factory=dict)
    siblings: Sequence[Case] = ()
    """The unit's other cases of the category that are not withdrawn."""
    mend_by: datetime | None = None
    """Until when this revision could be handed in, if the one before it was returned."""


def checks_of(case: Case, revision: Revision, evidence: Evidence) -> tuple[Check, ...]:
    """Every check of a revision, in the order in which people read an entry."""
    definition = evidence.definition
    if definition is None:
        return (
            Check(
                "definition",
                "look",
                "活动章程尚未送达，暂时无法自动核对，请稍后刷新。",
                "The campaign's definition has not arrived yet, so nothing can be checked; look again shortly.",
            ),
        )
    category = definition.category(case.category)
    if category is None:
        return (
            Check(
                "category",
                "fail",
                f"本活动没有“{case.category}”这一类别。",
                f"The campaign has no category {case.category!r}.",
                figures={"given": case.category, "allowed": [c.key for c in definition.categories]},
            ),
        )
    return (
        _calendar(definition, case, revision, evidence),
        _quota(category, case, evidence.siblings),
        *_texts(category, revision.fields),
        *_materials(category, revision.materials, evidence),
    )


def _calendar(definition: CampaignDefinition, case: Case, revision: Revision, evidence: Evidence) -> Check:
    """Submitted before the cut-off that held for this unit; mended before the day named when it was returned."""
    at = revision.submitted_at
    ends = definition.calendar.ends
    extension = next((e for e in evidence.extensions if e.unit_code == case.unit.code), None)
    if extension is not None:
        ends = max(ends, extension.cutoff)
    if evidence.mend_by is not None:
        ends = max(ends, evidence.mend_by)
    figures = {"submitted_at": at.isoformat(), "ends": ends.isoformat(), "mended": evidence.mend_by is not None}
    zone = definition.zone
    when = f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"
    until = f"{ends.astimezone(zone):%Y-%m-%d %H:%M:%S}"
    if at < definition.calendar.opens:
        zh, en = f"{when} 提交，早于开放时间。", f"Submitted {when}, before opening."
        return Check("calendar", "fail", zh, en, "entry", figures)
    if at >= ends:
        return Check(
            "calendar",
            "look",
            f"{when} 提交，晚于截止时间 {until}，请核对是否准予延期。",
            f"Submitted {when}, after {until}: see whether an extension was granted.",
            "entry",
            figures,
        )
    zh, en = f"{when} 提交，在截止时间 {until} 之前。", f"Submitted {when}, before {until}."
    return Check("calendar", "pass", zh, en, "entry", figures)


def _quota(category: Category, case: Case, siblings: Sequence[Case]) -> Check:
    """At most so many entries of a unit in a category."""
    allowed = category.quota_per_unit
    given = 1 + len(siblings)
    figures = {"given": given, "allowed": allowed, "others": [sibling.receipt_number for sibling in siblings]}
    if allowed is None:
        return Check("quota", "pass", "本类别不限推荐数量。", "No limit in this category.", "entry", figures)
    if given <= allowed:
        return Check(
            "quota",
            "pass",
            f"{case.unit.name} 在本类别推荐 {given} 项，名额 {allowed} 项。",
            f"{case.unit.name} recommends {given} of at most {allowed} here.",
            "entry",
            figures,
        )
    exempt = bool(category.quota_exempt_posts)  # some of them may not count: a person must look
    return Check(
        "quota",
        "look" if exempt else "fail",
        f"{case.unit.name} 在本类别推荐 {given} 项，超过名额 {allowed} 项。",
        f"{case.unit.name} recommends {given} here; at most {allowed} are allowed.",
        "entry",
        figures,
    )


def _texts(category: Category, fields: Mapping[str, str]) -> Iterator[Check]:
    """Fields that must be filled are, and every text is within its 字 limit. Private fields never reach review."""
    for rule in category.fields:
        if not rule.private:
            yield _text(rule, fields.get(rule.key, ""))
    for key in sorted(set(fields) - {rule.key for rule in category.fields}):
        zh, en = f"章程中没有“{key}”一栏。", f"The definition has no field {key!r}."
        yield Check("field-unknown", "look", zh, en, key, {"given": key})


def _text(rule: FieldRule, value: str) -> Check:
    given, allowed = count_zi(value), rule.max_zi
    figures: dict[str, Any] = {"given": given, "allowed": allowed}
    zh, en = rule.label.zh, rule.label.en
    if rule.required and not value.strip():
        return Check("field-missing", "fail", f"“{zh}”未填写。", f"{en} is empty.", rule.key, figures)
    if allowed is not None and given > allowed:
        return Check(
            "text-too-long",
            "fail",
            f"“{zh}”共 {given} 字，超过 {allowed} 字。",
            f"{en} has {given} 字; at most {allowed} are allowed.",
            rule.key,
            figures,
        )
    if rule.kind == "choice" and value and value not in rule.options:
        figures = {"given": value, "allowed": list(rule.options)}
        return Check(
            "choice-unknown", "fail", f"“{zh}”不在可选项内。", f"{en} is none of the options.", rule.key, figures
        )
    return Check("text", "pass", f"“{zh}”共 {given} 字。", f"{en} has {given} 字.", rule.key, figures)


def _materials(category: Category, materials: Sequence[MaterialRef], evidence: Evidence) -> Iterator[Check]:
    for rule in category.materials:
        yield _count(rule, sum(1 for material in materials if material.kind == rule.key))
    for material in materials:
        place = f"material:{material.material_id}"
        if category.material(material.kind) is None:
            yield Check(
                "material-unknown",
                "fail",
                f"“{material.name}”：本类别不收“{material.kind}”类材料。",
                f"{material.name}: this category takes no {material.kind!r}.",
                place,
            )
        yield _verdict(material, place, evidence.verdicts.get(material.material_id))
        doubt = evidence.doubts.get(material.material_id)
        if doubt is not None and doubt.findings:
            yield _doubted(material, place, doubt)


def _doubted(material: MaterialRef, place: str, doubt: Doubt) -> Check:
    zh = "；".join(finding.zh.rstrip("。") for finding in doubt.findings)
    en = "; ".join(finding.en.rstrip(".") for finding in doubt.findings)
    return Check(
        "material-doubted",
        "look",
        f"“{material.name}”提交后复核发现：{zh}。请决定是否退回更换。",
        f"{material.name}, judged again since: {en}. Decide whether to return the entry for another file.",
        place,
        {"findings": [finding.model_dump(mode="json") for finding in doubt.findings]},
    )


def _count(rule: MaterialRule, given: int) -> Check:
    figures = {"given": given, "least": rule.min_count, "most": rule.max_count}
    fits = rule.min_count <= given <= rule.max_count
    return Check(
        "material-count",
        "pass" if fits else "fail",
        f"“{rule.label.zh}”{given} 件，应为 {rule.min_count} 至 {rule.max_count} 件。",
        f"{rule.label.en}: {given}; {rule.min_count} to {rule.max_count} are asked for.",
        rule.key,
        figures,
    )


def _verdict(material: MaterialRef, place: str, verdict: MaterialVerdict | None) -> Check:
    if verdict is None:
        return Check(
            "material-pending",
            "look",
            f"“{material.name}”正在校验，请稍后刷新。",
            f"{material.name} is still being validated; look again shortly.",
            place,
        )
    if verdict.state == "rejected":
        return Check(
            "material-rejected",
            "fail",
            f"“{material.name}”未通过校验：{'；'.join(finding.zh.rstrip('。') for finding in verdict.findings)}。",
            f"{material.name} was rejected: {'; '.join(finding.en.rstrip('.') for finding in verdict.findings)}.",
            place,
            {"findings": [finding.model_dump(mode="json") for finding in verdict.findings]},
        )
    facts = verdict.facts.model_dump(mode="json", exclude_none=True) if verdict.facts else {}
    return Check("material", "pass", f"“{material.name}”已通过校验。", f"{material.name} was accepted.", place, facts)
