"""From what use cases return to what answers hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from contracts.events import MaterialRef, ObjectRef
from contracts.storage import MATERIALS, PUBLIC, preview_key
from services.review.api import views as v
from services.review.domain.cases import Case, Ruling
from services.review.domain.claims import Claim
from services.review.domain.drafts import Draft
from services.review.domain.materials import Inspection, MaterialVerdict, Pictures
from services.review.domain.notes import Note
from services.review.domain.resemblances import sentence
from services.review.domain.scoring import shown
from services.review.ports import Links, Queued, Tally
from services.review.usecases.reading import CaseFile, Row
from services.review.usecases.resembling import Alike
from services.review.usecases.scoring import Paper, Task


def row_view(row: Row) -> v.CaseRow:
    """A row of the queue."""
    case = row.case
    if case.submitted_at is None:
        raise ValueError(f"case {case.entry_id} is in the queue without a submission")
    tally, progress = row.tally, row.progress
    # Plain values, checked and built in one go: a page holds up to 200 rows.
    return v.CaseRow.model_validate(
        {
            "entry_id": case.entry_id,
            "campaign_id": case.campaign_id,
            "category": case.category,
            "unit": case.unit,
            "title": case.title,
            "receipt_number": case.receipt_number,
            "revision": case.revision,
            "state": case.state,
            "submitted_at": case.submitted_at,
            "materials": {
                "total": tally.materials,
                "accepted": tally.accepted,
                "rejected": tally.rejected,
                "pending": tally.materials - tally.accepted - tally.rejected,
            },
            "scoring": progress
            and {
                "needed": progress.needed,
                "submitted": progress.submitted,
                "outstanding": progress.outstanding,
                "total": shown(progress.total) if progress.total is not None else None,
            },
            "alike": row.alike,
        }
    )


def case_view(file: CaseFile, links: Links) -> v.CaseView:
    """A case with everything about it."""
    states = [verdict.state for verdict in file.verdicts.values()]
    tally = Tally(len(file.revision.materials), states.count("accepted"), states.count("rejected"))
    row = row_view(Row(file.case, tally, file.progress, alike=bool(file.alike)))
    return v.CaseView(
        **dict(row),
        fields=dict(file.revision.fields),
        digest=file.revision.digest,
        submitted_by=file.revision.submitted_by,
        withdrawn_at=file.case.withdrawn_at,
        withdrawal_reason=file.case.withdrawal_reason,
        material_list=material_views(file.revision.materials, file.verdicts, file.pictures, file.inspections, links),
        alike_list=alike_views(file.alike, links),
        checks=[
            v.CheckView(
                key=check.key,
                result=check.result,
                zh=check.zh,
                en=check.en,
                place=check.place,
                figures=dict(check.figures),
            )
            for check in file.checks
        ],
        conditions=_conditions(file),
        ruling=_ruling(file.revision.ruling) if file.revision.ruling else None,
        claim=claim_view(file.in_hand.claim) if file.in_hand.claim else None,
        draft=draft_view(file.draft) if file.draft else None,
        assessments=_assessments(file),
        notes=note_views(file.notes),
        record=[
            v.ActView(
                number=recorded.number,
                at=recorded.at,
                action=recorded.act.action,
                by=recorded.act.by.name if recorded.act.by else "",
                before=dict(recorded.act.before),
                after=dict(recorded.act.after),
                reason=recorded.act.reason,
            )
            for recorded in file.record
        ],
    )


def claim_view(claim: Claim) -> v.ClaimView:
    return v.ClaimView(account_id=claim.by.account_id, name=claim.by.name, until=claim.until)


def draft_view(draft: Draft) -> v.DraftView:
    return v.DraftView(
        revision=draft.revision,
        verdict=draft.verdict,
        conditions=list(draft.conditions),
        findings=list(draft.findings),
        mend_by=draft.mend_by,
        drafted_by=draft.by.name,
        drafted_at=draft.at,
    )


def material_views(
    materials: Iterable[MaterialRef],
    verdicts: Mapping[UUID, MaterialVerdict],
    pictures: Mapping[UUID, Pictures],
    inspections: Mapping[UUID, Inspection],
    links: Links,
) -> list[v.MaterialView]:
    """Materials in their order, accepted ones with links to the immutable copy and to what is shown of it."""
    shown_materials = []
    for material in sorted(materials, key=lambda m: (m.position, m.material_id)):
        verdict = verdicts.get(material.material_id)
        stored = verdict.object if verdict else None
        watched = inspections.get(material.material_id) if stored else None
        shown_of_it = pictures.get(material.material_id) if stored else None
        shown_materials.append(
            v.MaterialView(
                material_id=material.material_id,
                kind=material.kind,
                name=material.name,
                position=material.position,
                state=verdict.state if verdict else "pending",
                facts=verdict.facts if verdict else None,
                findings=list(verdict.findings) if verdict else [],
                url=links.link(stored, material.name, _format(verdict)) if stored else None,
                first_page=_first_page(verdict, material.name, links),
                pictures=picture_views(shown_of_it, material.name, links),
                warnings=list(watched.warnings) if watched else [],
                playable_url=playable_link(watched, material.name, links),
                placeholder=shown_of_it.placeholder if shown_of_it else "",
            )
        )
    return shown_materials


def alike_views(found: Iterable[Alike], links: Links) -> list[v.AlikeView]:
    """What resembles what, with what is shown of the other one."""
    views = []
    for one in found:
        zh, en = sentence(one.material.name, one.other.name, one.case, one.campaign, one.known)
        at = one.other.material_id
        (other,) = material_views(
            [one.other],
            {at: one.verdict} if one.verdict else {},
            {at: one.pictures} if one.pictures else {},
            {},
            links,
        )
        views.append(
            v.AlikeView(
                likeness=one.known.likeness,
                mirrored=one.known.mirrored,
                distance=one.known.distance,
                correlation=one.known.correlation,
                more=one.known.more,
                found_at=one.known.found_at,
                zh=zh,
                en=en,
                material_id=one.material.material_id,
                campaign_id=one.case.campaign_id,
                campaign=one.campaign,
                category=one.case.category,
                entry_id=one.case.entry_id,
                unit=one.case.unit,
                title=one.case.title,
                receipt_number=one.case.receipt_number,
                state=one.case.state,
                other=other,
            )
        )
    return views


def playable_link(watched: Inspection | None, name: str, links: Links) -> str | None:
    """A link to a video's copy that plays in browsers, where one was made."""
    if watched is None or watched.playable is None:
        return None
    return links.link(ObjectRef(bucket=PUBLIC, key=watched.playable, size=0), f"{name}.mp4")


def picture_views(pictures: Pictures | None, name: str, links: Links) -> list[v.PictureView]:
    """What is shown of a file that its owner called so."""
    return [
        v.PictureView(
            format=made.format,
            width=made.width,
            height=made.height,
            url=links.link(
                ObjectRef(bucket=PUBLIC, key=made.key, size=made.bytes), f"{name}.{made.key.rpartition('.')[2]}"
            ),
        )
        for made in (pictures.renditions if pictures else ())
    ]


def _format(verdict: MaterialVerdict | None) -> str:
    return verdict.facts.format if verdict and verdict.facts else ""


def _first_page(verdict: MaterialVerdict | None, name: str, links: Links) -> str | None:
    facts = verdict.facts if verdict else None
    if facts is None or facts.pages is None or facts.sha256 is None:
        return None
    picture = ObjectRef(bucket=MATERIALS, key=preview_key(facts.sha256), size=0)
    return links.link(picture, f"{name}.jpg", "JPEG")


def _conditions(file: CaseFile) -> list[v.ConditionRuleView]:
    definition = file.campaign.definition if file.campaign else None
    category = definition.category(file.case.category) if definition else None
    if definition is None or category is None:
        return []
    return [
        v.ConditionRuleView(
            least=rule.needed,
            conditions=[v.ConditionView(key=c.key, label=c.label) for c in rule.conditions],
        )
        for rule in definition.conditions_for(category, file.revision.fields, file.case.unit.code)
    ]


def _ruling(ruling: Ruling) -> v.RulingView:
    return v.RulingView(
        verdict=ruling.verdict,
        conditions=list(ruling.conditions),
        findings=list(ruling.findings),
        mend_by=ruling.mend_by,
        decided_by=ruling.by.name,
        decided_at=ruling.at,
    )


def _assessments(file: CaseFile) -> list[v.AssessmentView]:
    return [
        v.AssessmentView(
            assessment_id=a.assessment_id,
            expert_id=a.expert_id,
            expert=file.experts[a.expert_id].name if a.expert_id in file.experts else "",
            state=a.state,
            revision=a.revision,
            due_at=a.due_at,
            assigned_at=a.assigned_at,
            submitted_at=a.submitted_at,
            ended_at=a.ended_at,
            reason=a.reason,
            scores=dict(a.scores) if a.scores is not None else None,
            comment=a.comment,
        )
        for a in file.assessments
    ]


def note_views(notes: Sequence[Note]) -> list[v.NoteView]:
    """Notes beside a unit or an expert."""
    return [v.NoteView(kind=note.kind, text=note.text, at=note.at) for note in notes]


def task_view(task: Task) -> v.TaskView:
    """An entry in an expert's list."""
    return v.TaskView(
        assessment_id=task.assessment.assessment_id,
        entry_id=task.case.entry_id,
        campaign_id=task.case.campaign_id,
        category=task.case.category,
        title=task.case.title,
        unit=task.case.unit,
        state=task.assessment.state,
        due_at=task.assessment.due_at,
        assigned_at=task.assessment.assigned_at,
        submitted_at=task.assessment.submitted_at,
    )


def paper_view(paper: Paper, links: Links) -> v.PaperView:
    """What an expert reads and scores."""
    own = paper.assessment
    return v.PaperView(
        **dict(task_view(Task(own, paper.case))),
        fields=dict(paper.revision.fields),
        material_list=material_views(
            paper.revision.materials, paper.verdicts, paper.pictures, paper.inspections, links
        ),
        alike_list=alike_views(paper.alike, links),
        criteria=[
            v.CriterionView(key=c.key, label=c.label, weight=c.weight, max_score=c.max_score)
            for c in paper.campaign.panel.criteria
        ],
        scores=dict(own.scores) if own.scores is not None else None,
        comment=own.comment,
    )


def submitted_key(case: Case | Queued) -> tuple[str, str]:
    """Where a case stands in the queue, as a cursor holds it."""
    return (case.submitted_at.isoformat() if case.submitted_at else "", str(case.entry_id))
