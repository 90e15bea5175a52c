"""Eligibility review: what the secretariat must have ticked and found before it can rule on a revision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from contracts.campaign import ConditionRule
from contracts.events import Finding, MaterialRef
from services.review.domain.errors import ConditionsNotMetError, MaterialsNotAcceptedError, UnknownConditionError
from services.review.domain.materials import MaterialVerdict


def ensure_conditions_met(rules: Iterable[ConditionRule], ticked: Iterable[str]) -> None:
    """Every rule that applies is met by the ticked conditions. Raises UnknownConditionError, ConditionsNotMetError."""
    rules, chosen = tuple(rules), frozenset(ticked)
    known = [condition.key for rule in rules for condition in rule.conditions]
    unknown = sorted(chosen.difference(known))
    if unknown:
        raise UnknownConditionError(given="、".join(unknown), allowed="、".join(known))
    unmet = [_unmet(rule, chosen) for rule in rules if not rule.met_by(chosen)]
    if unmet:
        raise ConditionsNotMetError(findings=unmet)


def _unmet(rule: ConditionRule, ticked: frozenset[str]) -> Finding:
    met = [condition for condition in rule.conditions if condition.key in ticked]
    least, of = rule.needed, len(rule.conditions)
    labels_zh = "；".join(condition.label.zh for condition in rule.conditions)
    labels_en = "; ".join(condition.label.en for condition in rule.conditions)
    return Finding(
        slug="conditions-not-met",
        zh=f"下列 {of} 项条件至少应符合 {least} 项，目前勾选 {len(met)} 项：{labels_zh}。",
        en=f"At least {least} of these {of} conditions must hold; {len(met)} are ticked: {labels_en}.",
        place="conditions",
        figures={"given": len(met), "least": least, "of": of, "conditions": [c.key for c in rule.conditions]},
    )


def ensure_materials_accepted(materials: Iterable[MaterialRef], verdicts: Mapping[UUID, MaterialVerdict]) -> None:
    """Every material of the revision has been accepted. Raises MaterialsNotAcceptedError, naming each that has not."""
    findings = [_not_accepted(m, verdicts.get(m.material_id)) for m in materials]
    missing = [finding for finding in findings if finding is not None]
    if missing:
        raise MaterialsNotAcceptedError(findings=missing)


def _not_accepted(material: MaterialRef, verdict: MaterialVerdict | None) -> Finding | None:
    place = f"material:{material.material_id}"
    if verdict is None:
        return Finding(
            slug="material-pending",
            zh=f"“{material.name}”尚在校验，请待结果出来后再作决定。",
            en=f"{material.name} is still being validated; decide when its verdict is there.",
            place=place,
        )
    if verdict.state == "rejected":
        return Finding(
            slug="material-rejected",
            zh=f"“{material.name}”未通过校验，请退回修改。",
            en=f"{material.name} was rejected; return the entry for mending.",
            place=place,
        )
    return None
