"""Whom a unit may recommend: not itself, within its places, a director only with a reason, as far as it claims."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from contracts.campaign import CLAIMS, CampaignDefinition, Category, Condition, ConditionRule, claims_of
from contracts.campaign.names import spellings
from contracts.events import Finding
from services.intake.domain.entries import Entry
from services.intake.domain.errors import QuotaUsedError, UnknownFieldError


@dataclass(frozen=True, slots=True)
class Claimed:
    """A rule of conditions, and which of them the unit says are met."""

    rule: ConditionRule
    met: tuple[Condition, ...]

    @property
    def is_enough(self) -> bool:
        """Whether they are as many as the rule asks for."""
        return len(self.met) >= self.rule.needed


def claimed_by(entry: Entry, category: Category, definition: CampaignDefinition) -> list[Claimed]:
    """The rules that bind this entry and on which its unit has its say."""
    keys = claims_of(entry.fields)
    return [
        Claimed(rule, tuple(condition for condition in rule.conditions if condition.key in keys))
        for rule in definition.conditions_for(category, entry.texts, entry.unit.code)
        if rule.claimed
    ]


def takes_claims(category: Category) -> bool:
    """Whether units say in this category which conditions they meet."""
    return any(rule.claimed for rule in category.conditions)


def needs_place(entry: Entry, category: Category) -> bool:
    """Whether the entry counts against its unit's quota and holds none of its places yet."""
    return entry.places is not None and entry.slot is None and not category.exempt(entry.texts)


def first_texts(category: Category, post: str | None) -> dict[str, str]:
    """What a new entry begins with: the post, where it decides whether the quota counts. Raises UnknownFieldError."""
    if post is None:
        return {}
    rule = category.field(category.post_field) if category.post_field else None
    if rule is None or post not in rule.options:
        options = "、".join(rule.options) if rule else "—"
        raise UnknownFieldError(
            f"“{category.title.zh}”没有“{post}”这一身份。可选：{options}。",
            f"{category.key} knows no such post; it has: {options}.",
        )
    return {rule.key: post}


def quota_used(category: Category, allowed: int | None) -> QuotaUsedError:
    """The refusal where no place is free, with who would need none."""
    free_zh = f"{'、'.join(category.quota_exempt_posts)}不占名额。" if category.quota_exempt_posts else ""
    free_en = f" These count against no quota: {', '.join(category.quota_exempt_posts)}." if free_zh else ""
    return QuotaUsedError(
        f"贵单位在“{category.title.zh}”类别最多推荐 {allowed} 项，名额已用完。{free_zh}如需更换，请先撤回已有的材料。",
        f"A unit may recommend {allowed} in {category.key}, and yours is used.{free_en} Withdraw one to make room.",
        allowed=allowed,
    )


def objections_to(entry: Entry, category: Category, definition: CampaignDefinition) -> Iterator[Finding]:
    """Every reason why this unit may not recommend this library or person, as the entry stands."""
    yield from _to_itself(entry, category, definition)
    yield from _to_place(entry, category)
    yield from _to_post(entry, category)
    yield from _to_claims(entry, category, definition)


def _to_itself(entry: Entry, category: Category, definition: CampaignDefinition) -> Iterator[Finding]:
    subject = entry.texts.get(category.subject_field or "", "")
    if not category.never_itself or not subject.strip():
        return
    unit = definition.unit(entry.unit.code)
    own = spellings(entry.unit.name) | spellings(entry.unit.code)
    if (unit is not None and unit.is_called(subject)) or own & spellings(subject):
        yield Finding(
            slug="recommends-itself",
            zh=f"“{category.title.zh}”不能推荐本单位（{entry.unit.name}），请填写其他单位。",
            en=f"A unit may not recommend itself in {category.key}; name another library.",
            place=category.subject_field or "entry",
        )


def _to_place(entry: Entry, category: Category) -> Iterator[Finding]:
    if entry.crowded and needs_place(entry, category):
        error = quota_used(category, entry.places)
        yield Finding(
            slug=error.slug,
            zh=error.zh,
            en=error.en,
            place=category.post_field or "entry",
            figures={"allowed": entry.places},
        )


def _to_post(entry: Entry, category: Category) -> Iterator[Finding]:
    """Some are in principle not recommended: the unit must say why it does so all the same."""
    reason = category.field(category.justification_field) if category.justification_field else None
    if category.post_field is None or reason is None:
        return
    post = entry.texts.get(category.post_field, "").strip()
    if post in category.warn_posts and not entry.texts.get(reason.key, "").strip():
        field = category.field(category.post_field)
        label = field.label.zh if field else category.post_field
        yield Finding(
            slug="post-needs-justification",
            zh=f"“{label}”为“{post}”，原则上不推荐；确需推荐的，请填写“{reason.label.zh}”。",
            en=f"{post} is in principle not recommended; fill in “{reason.label.en}” if it must be.",
            place=reason.key,
            figures={"post": post},
        )


def _to_claims(entry: Entry, category: Category, definition: CampaignDefinition) -> Iterator[Finding]:
    claimed = claimed_by(entry, category, definition)
    for one in claimed:
        rule, met = one.rule, one.met
        if not one.is_enough:
            labels_zh = "；".join(condition.label.zh for condition in rule.conditions)
            labels_en = "; ".join(condition.label.en for condition in rule.conditions)
            yield Finding(
                slug="too-few-claims",
                zh=f"下列条件至少应符合 {rule.needed} 项，目前勾选 {len(met)} 项：{labels_zh}。",
                en=f"At least {rule.needed} of these must hold; {len(met)} are ticked: {labels_en}.",
                place=CLAIMS,
                figures={"given": len(met), "required": rule.needed, "conditions": [c.key for c in rule.conditions]},
            )
    unknown = sorted(claims_of(entry.fields) - {condition.key for one in claimed for condition in one.rule.conditions})
    if unknown:
        yield Finding(
            slug="unknown-claims",
            zh=f"勾选了不适用于本材料的条件（{'、'.join(unknown)}），请取消后重新勾选。",
            en=f"These conditions do not apply here: {', '.join(unknown)}; untick them.",
            place=CLAIMS,
        )
