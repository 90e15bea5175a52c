"""Events that the tests of notify let happen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

from contracts import events as e
from contracts.campaign import CampaignDefinition
from contracts.campaign_loader import shipped

DIGEST = "8b53639f152c8fc6ef30802fde462ba0be9cf085f7580dc69efd72e002abbb35"
FINDING = e.Finding(slug="summary-unclear", zh="简介没有写明起止年份，请补充。", en="Add the years to the summary.")
L = TypeVar("L", e.NoticeOpenedV1, e.DecisionPublishedV1)


def now() -> datetime:
    return datetime.now(UTC)


def definition(
    *rules: dict[str, Any],
    campaign_id: str = "season",
    units: int = 3,
    online_deadline: datetime | None = None,
    **calendar: Any,
) -> CampaignDefinition:
    """The 2017 campaign's rules with a calendar around now, units `u1` to `uN`, and these reminders."""
    base = shipped("cls-2017").model_dump(mode="json")
    deadline = online_deadline or now() + timedelta(days=10)
    base["id"] = campaign_id
    base["calendar"] = {
        "opens": (now() - timedelta(days=60)).isoformat(),
        "online_deadline": deadline.isoformat(),
        **{key: value.isoformat() for key, value in calendar.items()},
    }
    base["units"] = [{"code": f"u{n}", "name": f"第{n}图书馆"} for n in range(1, units + 1)]
    base["reminders"] = [
        {"anchor": "online_deadline", "audience": "units-with-nothing-submitted", **rule} for rule in rules
    ]
    return CampaignDefinition.model_validate(base)


def published(campaign: CampaignDefinition, *, at: datetime | None = None, version: int = 1) -> e.CampaignPublishedV1:
    return e.CampaignPublishedV1(
        campaign_id=campaign.id,
        version=version,
        definition=campaign.model_dump(mode="json"),
        published_at=at or now() - timedelta(days=50),
    )


def amended(
    campaign: CampaignDefinition,
    *,
    version: int = 2,
    at: datetime | None = None,
    extensions: tuple[e.Extension, ...] = (),
) -> e.CampaignAmendedV1:
    return e.CampaignAmendedV1(
        campaign_id=campaign.id,
        version=version,
        definition=campaign.model_dump(mode="json"),
        extensions=extensions,
        reason="洪灾",
        amended_at=at or now(),
    )


def submitted(
    *,
    entry_id: UUID | None = None,
    unit: str = "u1",
    category: str = "story",
    revision: int = 1,
    campaign: str = "season",
) -> e.EntrySubmittedV1:
    return e.EntrySubmittedV1(
        entry_id=entry_id or uuid4(),
        campaign_id=campaign,
        campaign_version=1,
        receipt_number=f"S-{unit}-{category}",
        revision=revision,
        unit=e.UnitRef(code=unit, name=f"名称{unit}"),
        category=category,
        title="流动书车开进护林站",
        fields={"title": "流动书车开进护林站", "article": "正文" * 10},
        materials=(),
        digest=DIGEST,
        submitted_by=uuid4(),
        submitted_at=now() - timedelta(minutes=5) + timedelta(seconds=revision),
    )


def _about(event: e.EntrySubmittedV1) -> dict[str, Any]:
    return {
        "entry_id": event.entry_id,
        "campaign_id": event.campaign_id,
        "unit": event.unit,
        "category": event.category,
        "revision": event.revision,
    }


def withdrawn(event: e.EntrySubmittedV1) -> e.EntryWithdrawnV1:
    return e.EntryWithdrawnV1(**_about(event), reason="另行申报", withdrawn_at=now())


def returned(event: e.EntrySubmittedV1) -> e.EntryReturnedV1:
    return e.EntryReturnedV1(
        **_about(event), title=event.title, findings=(FINDING,), mend_by=now() + timedelta(days=7), decided_at=now()
    )


def eligible(event: e.EntrySubmittedV1) -> e.EntryEligibleV1:
    return e.EntryEligibleV1(**_about(event), title=event.title, decided_at=now())


def rejected(event: e.EntrySubmittedV1, *, unit: str = "") -> e.MaterialRejectedV1:
    return e.MaterialRejectedV1(
        material_id=uuid4(),
        entry_id=event.entry_id,
        campaign_id=event.campaign_id,
        kind="photo",
        findings=(FINDING, FINDING.model_copy(update={"zh": "照片被截断。", "en": "The photo is cut off."})),
        judged_at=now(),
        unit_code=unit,
        name="IMG_2031.jpg" if unit else "",
    )


def opinion(event: e.EntrySubmittedV1) -> e.OpinionGivenV1:
    return e.OpinionGivenV1(
        entry_id=event.entry_id,
        campaign_id=event.campaign_id,
        revision=event.revision,
        level="unit",
        verdict="approved",
        given_at=now(),
    )


def objection(event: e.EntrySubmittedV1) -> e.ObjectionFiledV1:
    return e.ObjectionFiledV1(
        objection_id=uuid4(), campaign_id=event.campaign_id, entry_id=event.entry_id, filed_at=now()
    )


def assigned(
    expert: UUID, *, campaign: str = "season", entry_id: UUID | None = None, due_in: timedelta = timedelta(days=10)
) -> e.AssessmentAssignedV1:
    return e.AssessmentAssignedV1(
        assessment_id=uuid4(),
        entry_id=entry_id or uuid4(),
        campaign_id=campaign,
        category="story",
        expert_id=expert,
        due_at=now() + due_in,
        assigned_at=now() - timedelta(minutes=1),
    )


def scored(event: e.AssessmentAssignedV1) -> e.AssessmentSubmittedV1:
    return e.AssessmentSubmittedV1(
        assessment_id=event.assessment_id,
        entry_id=event.entry_id,
        campaign_id=event.campaign_id,
        expert_id=event.expert_id,
        submitted_at=now(),
    )


def revoked(event: e.AssessmentAssignedV1, reason: str = "recused") -> e.AssessmentRevokedV1:
    return e.AssessmentRevokedV1(
        assessment_id=event.assessment_id,
        entry_id=event.entry_id,
        campaign_id=event.campaign_id,
        expert_id=event.expert_id,
        reason=reason,
        revoked_at=now(),
    )


def in_parts(event: L) -> list[L]:
    """The same list in events of one entry each."""
    total = len(event.listed)
    return [
        event.model_copy(update={"listed": (entry,), "part": number, "parts": total})
        for number, entry in enumerate(event.listed, 1)
    ]


def _listed(*events: e.EntrySubmittedV1) -> tuple[e.ListedEntry, ...]:
    return tuple(
        e.ListedEntry(
            entry_id=event.entry_id,
            category=event.category,
            rank=rank,
            unit=event.unit,
            title=event.title,
            receipt_number=event.receipt_number,
        )
        for rank, event in enumerate(events, 1)
    )


def notice(*events: e.EntrySubmittedV1, campaign: str = "season") -> e.NoticeOpenedV1:
    return e.NoticeOpenedV1(
        campaign_id=campaign, opens_at=now(), closes_at=now() + timedelta(days=7), listed=_listed(*events)
    )


def decision(*events: e.EntrySubmittedV1, campaign: str = "season") -> e.DecisionPublishedV1:
    return e.DecisionPublishedV1(
        campaign_id=campaign,
        number="馆学字〔2026〕1号",
        issuer="中国图书馆学会",
        listed=_listed(*events),
        published_at=now(),
    )
