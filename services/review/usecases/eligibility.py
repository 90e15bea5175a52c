"""Eligibility: the secretariat rules on the revision that stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.events import EntryEligibleV1, EntryIneligibleV1, EntryReturnedV1, Finding
from services.review.domain import cases, eligibility
from services.review.domain.acts import Act, Actor
from services.review.domain.campaigns import Campaign
from services.review.domain.cases import Case, CaseCommand, CaseState, Revision, Ruling, Verdict
from services.review.domain.drafts import Draft
from services.review.domain.errors import (
    AlreadyDecidedError,
    CaseWithdrawnError,
    FindingsMissingError,
    MendByPassedError,
    NoDraftError,
    StaleRevisionError,
    UnknownCaseError,
    UnknownCategoryError,
)
from services.review.ports import Work
from services.review.usecases.claiming import ensure_not_claimed
from services.review.usecases.common import hold_case


@dataclass(frozen=True, slots=True)
class Rule:
    """A ruling that somebody asks for."""

    entry_id: UUID
    revision: int
    verdict: Verdict
    conditions: Sequence[str] = ()
    findings: Sequence[Finding] = ()
    mend_by: datetime | None = None


def rule(work: Work, caller: Actor, asked: Rule) -> Case:
    """Find a revision eligible or ineligible, or return it for mending. Exactly one ruling per revision.

    Raises UnknownCaseError, ExpertInSecretariatError, CaseClaimedError, CaseWithdrawnError, StaleRevisionError,
    AlreadyDecidedError, and what the verdict asks for: ConditionsNotMetError, UnknownConditionError,
    MaterialsNotAcceptedError; FindingsMissingError; MendByPassedError.
    """
    case, revision, campaign = hold_case(work, caller, asked.entry_id)
    ensure_not_claimed(work, caller, case)
    state = _state_after(case, revision, asked)
    ruling = _ruling(work, campaign, case, revision, asked, caller)
    decided = replace(case, state=state)
    work.cases.put(decided)
    work.cases.rule(case.entry_id, case.revision, ruling)
    draft = work.clerks.draft(case.entry_id)
    work.clerks.drop_draft(case.entry_id)
    work.clerks.drop_claim(case.entry_id)
    work.emit(_event(case, ruling), subject=str(case.entry_id))
    work.record(
        Act(
            campaign_id=case.campaign_id,
            subject=str(case.entry_id),
            action=f"case.{ruling.verdict.value}",
            by=caller,
            before={
                "state": case.state.value,
                "revision": case.revision,
                "drafted_by": draft.by.name if draft and draft.revision == case.revision else None,
            },
            after={"state": state.value, **_told(ruling)},
        )
    )
    return decided


def draft(work: Work, caller: Actor, asked: Rule) -> Draft:
    """Keep a ruling that is complete and that no unit hears of yet; it takes the place of one drafted before.

    Raises what `rule` raises: whatever is drafted could be released as it stands.
    """
    case, revision, campaign = hold_case(work, caller, asked.entry_id)
    ensure_not_claimed(work, caller, case)
    _state_after(case, revision, asked)
    ruling = _ruling(work, campaign, case, revision, asked, caller)
    drafted = Draft(
        entry_id=case.entry_id,
        revision=case.revision,
        verdict=ruling.verdict,
        by=caller,
        at=ruling.at,
        conditions=ruling.conditions,
        findings=ruling.findings,
        mend_by=asked.mend_by,
    )
    before = work.clerks.draft(case.entry_id)
    work.clerks.put_draft(drafted)
    work.clerks.drop_claim(case.entry_id)
    work.record(
        Act(
            campaign_id=case.campaign_id,
            subject=str(case.entry_id),
            action="case.drafted",
            by=caller,
            before={"verdict": before.verdict.value if before else None},
            after={"verdict": drafted.verdict.value, "revision": drafted.revision, **_told(drafted)},
        )
    )
    return drafted


def _told(ruling: Ruling) -> dict[str, Any]:
    """What the record holds of a ruling, or of its draft."""
    return {
        "conditions": list(ruling.conditions),
        "findings": [finding.model_dump(mode="json") for finding in ruling.findings],
        "mend_by": ruling.mend_by.isoformat() if ruling.mend_by else None,
    }


def discard(work: Work, caller: Actor, entry_id: UUID) -> None:
    """Take a draft back; nothing happens if there is none. Raises UnknownCaseError, ExpertInSecretariatError."""
    case, _, _ = hold_case(work, caller, entry_id)
    ensure_not_claimed(work, caller, case)
    drafted = work.clerks.draft(entry_id)
    if drafted is None:
        return
    work.clerks.drop_draft(entry_id)
    work.record(
        Act(
            campaign_id=case.campaign_id,
            subject=str(entry_id),
            action="case.draft-discarded",
            by=caller,
            before={"verdict": drafted.verdict.value, "revision": drafted.revision, "by": drafted.by.name},
        )
    )


def release(work: Work, caller: Actor, entry_id: UUID, campaign_id: str) -> Case:
    """Rule as the draft says, so that the unit hears of it.

    Raises UnknownCaseError for a case of another campaign, NoDraftError where none is drafted for the revision that
    stands, else what `rule` raises.
    """
    case, _, _ = hold_case(work, caller, entry_id)
    if case.campaign_id != campaign_id:
        raise UnknownCaseError(entry=str(entry_id))
    drafted = work.clerks.draft(entry_id)
    if drafted is None or drafted.revision != case.revision:
        raise NoDraftError(title=case.title)
    asked = Rule(
        entry_id=entry_id,
        revision=drafted.revision,
        verdict=drafted.verdict,
        conditions=drafted.conditions,
        findings=drafted.findings,
        mend_by=drafted.mend_by,
    )
    return rule(work, caller, asked)


def _state_after(case: Case, revision: Revision, asked: Rule) -> CaseState:
    if case.state is CaseState.WITHDRAWN:
        raise CaseWithdrawnError(at=case.withdrawn_at)
    if asked.revision != case.revision:
        raise StaleRevisionError(given=asked.revision, current=case.revision)
    state = cases.after(case.state, CaseCommand(asked.verdict.value))
    if state is None:
        ruling = revision.ruling
        raise AlreadyDecidedError(
            state=case.state.value,
            decided_by=ruling.by.name if ruling else "",
            decided_at=ruling.at if ruling else None,
            revision=case.revision,
        )
    return state


def _ruling(work: Work, campaign: Campaign, case: Case, revision: Revision, asked: Rule, caller: Actor) -> Ruling:
    now = work.now()
    if asked.verdict is Verdict.ELIGIBLE:
        category = campaign.definition.category(case.category)
        if category is None:
            raise UnknownCategoryError(
                given=case.category, allowed="、".join(c.key for c in campaign.definition.categories)
            )
        rules = campaign.definition.conditions_for(category, revision.fields, case.unit.code)
        eligibility.ensure_conditions_met(rules, asked.conditions)
        verdicts = work.cases.verdicts({material.material_id for material in revision.materials})
        eligibility.ensure_materials_accepted(revision.materials, verdicts)
        return Ruling(asked.verdict, caller, now, conditions=tuple(dict.fromkeys(asked.conditions)))
    if not asked.findings:
        raise FindingsMissingError
    findings = tuple(asked.findings)
    if asked.verdict is Verdict.INELIGIBLE:
        return Ruling(asked.verdict, caller, now, findings=findings)
    mend_by = asked.mend_by or now + timedelta(days=campaign.definition.calendar.mend_days)
    if mend_by <= now:
        raise MendByPassedError(given=mend_by, now=now)
    return Ruling(asked.verdict, caller, now, findings=findings, mend_by=mend_by)


def _event(case: Case, ruling: Ruling) -> EntryEligibleV1 | EntryIneligibleV1 | EntryReturnedV1:
    if ruling.verdict is Verdict.ELIGIBLE:
        return EntryEligibleV1(
            entry_id=case.entry_id,
            campaign_id=case.campaign_id,
            unit=case.unit,
            category=case.category,
            title=case.title,
            revision=case.revision,
            conditions=ruling.conditions,
            decided_at=ruling.at,
        )
    if ruling.verdict is Verdict.INELIGIBLE or ruling.mend_by is None:
        return EntryIneligibleV1(
            entry_id=case.entry_id,
            campaign_id=case.campaign_id,
            unit=case.unit,
            category=case.category,
            title=case.title,
            revision=case.revision,
            findings=ruling.findings,
            decided_at=ruling.at,
        )
    return EntryReturnedV1(
        entry_id=case.entry_id,
        campaign_id=case.campaign_id,
        unit=case.unit,
        category=case.category,
        title=case.title,
        revision=case.revision,
        findings=ruling.findings,
        mend_by=ruling.mend_by,
        decided_at=ruling.at,
    )
