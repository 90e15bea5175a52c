"""From rows to the domain's values and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic_core import from_json, to_json
from sqlalchemy import Row

from contracts.events import Finding, MaterialFacts, MaterialRef, ObjectRef, Rendition, UnitRef
from services.review.domain.acts import Actor
from services.review.domain.assessments import Assessment, AssessmentState
from services.review.domain.cases import Case, CaseState, Revision, Ruling, Verdict
from services.review.domain.conflicts import ConflictKind, Expert, Mark
from services.review.domain.materials import Doubt, Inspection, MaterialVerdict, Pictures
from services.review.domain.selection import Candidate
from services.review.ports import Queued, Tally

AnyRow = Row[Any]


def plain(value: object) -> Any:
    """What JSONB can hold of a value: models and datetimes written out, numbers that JSON lacks as null."""
    return from_json(to_json(value))


def storable(value: Any) -> Any:
    """An event's data with every character that PostgreSQL cannot hold (NUL) as U+FFFD, so that nothing is lost.

    Intake refuses such texts; this stands behind it.
    """
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [storable(item) for item in value]
    return value


def _models(kind: type[BaseModel], data: Any) -> Any:
    return tuple(kind.model_validate(item) for item in data or ())


def case_of(row: AnyRow) -> Case:
    return Case(
        entry_id=row.entry_id,
        campaign_id=row.campaign_id,
        category=row.category,
        unit=UnitRef(code=row.unit_code, name=row.unit_name, region=row.unit_region),
        state=CaseState(row.state),
        revision=row.revision,
        title=row.title,
        receipt_number=row.receipt_number,
        material_ids=tuple(row.material_ids),
        submitted_at=row.submitted_at,
        withdrawn_at=row.withdrawn_at,
        withdrawal_reason=row.withdrawal_reason,
    )


def queued_of(row: Sequence[Any]) -> Queued:
    """From a row of the queue's statement, in the order of its columns: reading them by name takes twice as long."""
    entry, campaign, category, code, name, region, state, revision, title, receipt, at, *tally, given, alike = row
    return Queued(
        entry_id=entry,
        campaign_id=campaign,
        category=category,
        unit=UnitRef.model_construct(code=code, name=name, region=region),  # what we stored was checked when it came
        state=CaseState(state),
        revision=revision,
        title=title,
        receipt_number=receipt,
        submitted_at=at,
        tally=Tally(*tally),
        given=given or (),
        alike=alike,
    )


def case_values(case: Case) -> dict[str, Any]:
    return {
        "entry_id": case.entry_id,
        "campaign_id": case.campaign_id,
        "category": case.category,
        "unit_code": case.unit.code,
        "unit_name": case.unit.name,
        "unit_region": case.unit.region,
        "state": case.state.value,
        "revision": case.revision,
        "title": case.title,
        "receipt_number": case.receipt_number,
        "material_ids": list(case.material_ids),
        "submitted_at": case.submitted_at,
        "withdrawn_at": case.withdrawn_at,
        "withdrawal_reason": case.withdrawal_reason,
    }


def revision_of(row: AnyRow) -> Revision:
    ruling = None
    if row.verdict is not None:
        ruling = Ruling(
            verdict=Verdict(row.verdict),
            by=Actor(row.decided_by, row.decided_by_name),
            at=row.decided_at,
            conditions=tuple(row.conditions),
            findings=_models(Finding, row.findings),
            mend_by=row.mend_by,
        )
    return Revision(
        entry_id=row.entry_id,
        number=row.number,
        campaign_version=row.campaign_version,
        title=row.title,
        fields=row.fields,
        materials=_models(MaterialRef, row.materials),
        digest=row.digest,
        submitted_by=row.submitted_by,
        submitted_at=row.submitted_at,
        ruling=ruling,
    )


def verdict_of(row: AnyRow) -> MaterialVerdict:
    return MaterialVerdict(
        material_id=row.material_id,
        entry_id=row.entry_id,
        state=row.state,
        object=ObjectRef.model_validate(row.object) if row.object else None,
        facts=MaterialFacts.model_validate(row.facts) if row.facts else None,
        findings=_models(Finding, row.findings),
        judged_at=row.judged_at,
    )


def verdict_values(verdict: MaterialVerdict) -> dict[str, Any]:
    return {
        "material_id": verdict.material_id,
        "entry_id": verdict.entry_id,
        "state": verdict.state,
        "object": plain(verdict.object),
        "facts": plain(verdict.facts),
        "findings": plain(verdict.findings),
        "judged_at": verdict.judged_at,
        "sha256": verdict.facts.sha256 if verdict.facts else None,
    }


def doubt_of(row: AnyRow) -> Doubt:
    return Doubt(row.material_id, row.round, _models(Finding, row.findings))


def pictures_of(row: AnyRow) -> Pictures:
    return Pictures(row.stem, _models(Rendition, row.renditions), row.placeholder)


def inspection_of(row: AnyRow) -> Inspection:
    return Inspection(row.material_id, _models(Finding, row.warnings), row.playable)


def expert_of(row: AnyRow) -> Expert:
    return Expert(
        campaign_id=row.campaign_id,
        account_id=row.account_id,
        name=row.name,
        organisation=row.organisation,
        region=row.region,
        categories=tuple(row.categories),
        disabled=row.disabled,
    )


def mark_of(row: AnyRow) -> Mark:
    return Mark(row.account_id, ConflictKind(row.kind), row.entry_id, row.unit_code, row.reason)


def assessment_of(row: AnyRow) -> Assessment:
    return Assessment(
        assessment_id=row.assessment_id,
        campaign_id=row.campaign_id,
        entry_id=row.entry_id,
        category=row.category,
        expert_id=row.expert_id,
        revision=row.revision,
        due_at=row.due_at,
        assigned_at=row.assigned_at,
        state=AssessmentState(row.state),
        scores=row.scores,
        comment=row.comment,
        submitted_at=row.submitted_at,
        ended_at=row.ended_at,
        reason=row.reason,
    )


def assessment_values(assessment: Assessment) -> dict[str, Any]:
    return {
        "assessment_id": assessment.assessment_id,
        "campaign_id": assessment.campaign_id,
        "entry_id": assessment.entry_id,
        "category": assessment.category,
        "expert_id": assessment.expert_id,
        "revision": assessment.revision,
        "due_at": assessment.due_at,
        "assigned_at": assessment.assigned_at,
        "state": assessment.state.value,
        "scores": dict(assessment.scores) if assessment.scores is not None else None,
        "comment": assessment.comment,
        "submitted_at": assessment.submitted_at,
        "ended_at": assessment.ended_at,
        "reason": assessment.reason,
    }


def candidates_of(data: Any) -> tuple[Candidate, ...]:
    return _CANDIDATES.validate_python(data)


_CANDIDATES = TypeAdapter(tuple[Candidate, ...])
