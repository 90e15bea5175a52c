"""Small, valid things to begin a test with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from contracts.campaign import CampaignDefinition
from contracts.events import (
    EntrySubmittedV1,
    EntryWithdrawnV1,
    Finding,
    MaterialAcceptedV1,
    MaterialFacts,
    MaterialInspectedV1,
    MaterialPlace,
    MaterialRef,
    MaterialRejectedV1,
    MaterialRenderedV1,
    MaterialResembledV1,
    ObjectRef,
    Rendition,
    UnitRef,
)
from contracts.storage import playable_key
from services.review.domain.acts import Actor
from services.review.domain.campaigns import Campaign
from services.review.domain.conflicts import Expert

NOW = datetime(2026, 9, 15, 8, 0, tzinfo=UTC)
CAMPAIGN = "stories-2026"
SECRETARY = Actor(UUID(int=1), "秘书甲")
OTHER_SECRETARY = Actor(UUID(int=2), "秘书乙")
DIGEST = "0" * 64
_NAMES = UUID("3f0b5a52-6f6e-4f1c-9d53-0d5f5f4b8f11")


def an_id(name: str) -> UUID:
    """The same id for the same name."""
    return uuid5(_NAMES, name)


def definition(**changes: Any) -> CampaignDefinition:
    """Two categories, three experts per entry; `changes` replace top-level parts."""
    text = {"zh": "标签", "en": "label"}
    whole: dict[str, Any] = {
        "id": CAMPAIGN,
        "title": {"zh": "图书馆故事", "en": "Library stories"},
        "organiser": {"zh": "学会", "en": "The society"},
        "calendar": {
            "opens": "2026-08-01T00:00:00+08:00",
            "online_deadline": "2026-08-31T24:00:00+08:00",
            "review_due": "2026-10-01T00:00:00+08:00",
            "mend_days": 7,
        },
        "units": [
            {"code": "shx", "name": "陕西省文化厅", "region": "陕西"},
            {"code": "gs", "name": "甘肃省文化厅", "region": "甘肃"},
        ],
        "categories": [
            {
                "key": "story",
                "title": {"zh": "感人事迹", "en": "Moving story"},
                "title_field": "title",
                "fields": [
                    {"key": "title", "kind": "line", "label": {"zh": "题目", "en": "Title"}, "max_zi": 30},
                    {"key": "summary", "kind": "text", "label": {"zh": "简介", "en": "Summary"}, "max_zi": 200},
                    {"key": "phone", "kind": "phone", "label": {"zh": "电话", "en": "Phone"}, "private": True},
                ],
                "materials": [
                    {
                        "key": "photo",
                        "kind": "photo",
                        "label": {"zh": "照片", "en": "Photos"},
                        "formats": ["JPEG"],
                        "min_count": 1,
                        "max_count": 10,
                        "max_bytes": 2097152,
                    }
                ],
                "conditions": [
                    {"require": "all", "conditions": [{"key": "true", "label": text}, {"key": "vivid", "label": text}]},
                    {
                        "require": "at-least",
                        "least": 2,
                        "conditions": [{"key": key, "label": text} for key in ("image", "honour", "values")],
                    },
                ],
                "quota_per_unit": 1,
            },
            {
                "key": "service",
                "title": {"zh": "优秀服务", "en": "Outstanding service"},
                "title_field": "title",
                "fields": [{"key": "title", "kind": "line", "label": {"zh": "题目", "en": "Title"}}],
                "cap": 2,
            },
        ],
        "panel": {
            "experts_per_entry": 3,
            "criteria": [
                {"key": "merit", "label": text, "weight": 0.6, "max_score": 100},
                {"key": "reach", "label": text, "weight": 0.4, "max_score": 50},
            ],
        },
    }
    return CampaignDefinition.model_validate({**whole, **changes})


def campaign(version: int = 1, **changes: Any) -> Campaign:
    return Campaign(CAMPAIGN, version, definition(**changes))


def unit(code: str = "shx", name: str = "", region: str = "陕西") -> UnitRef:
    return UnitRef(code=code, name=name or f"{region}省文化厅", region=region)


def material(name: str = "photo-1", *, accepted: bool = False, kind: str = "photo", position: int = 0) -> MaterialRef:
    return MaterialRef(
        material_id=an_id(name),
        kind=kind,
        name=f"{name}.jpg",
        position=position,
        state="accepted" if accepted else "uploaded",
        object=stored() if accepted else None,
        facts=facts() if accepted else None,
    )


def facts() -> MaterialFacts:
    return MaterialFacts(format="JPEG", bytes=1000, sha256=DIGEST, width=4000, height=3000)


def stored() -> ObjectRef:
    return ObjectRef(bucket="laurel-materials", key=f"{DIGEST[:2]}/{DIGEST}", size=1000, sha256=DIGEST)


def submitted(
    entry: str = "entry-1",
    revision: int = 1,
    *,
    unit_ref: UnitRef | None = None,
    category: str = "story",
    title: str = "",
    fields: dict[str, str] | None = None,
    materials: tuple[MaterialRef, ...] = (),
    at: datetime | None = None,
    campaign_id: str = CAMPAIGN,
) -> EntrySubmittedV1:
    shown = title or f"《{entry}》第{revision}版"
    return EntrySubmittedV1(
        entry_id=an_id(entry),
        campaign_id=campaign_id,
        campaign_version=1,
        receipt_number=f"R-{entry}",
        revision=revision,
        unit=unit_ref or unit(),
        category=category,
        title=shown,
        fields=fields or {"title": shown, "summary": "简介"},
        materials=materials,
        digest=DIGEST,
        submitted_by=an_id("unit account"),
        submitted_at=at or datetime(2026, 8, 20, tzinfo=UTC) + timedelta(hours=revision),
    )


def withdrawn(entry: str = "entry-1", revision: int = 1, *, category: str = "story") -> EntryWithdrawnV1:
    return EntryWithdrawnV1(
        entry_id=an_id(entry),
        campaign_id=CAMPAIGN,
        unit=unit(),
        category=category,
        revision=revision,
        reason="另报他项",
        withdrawn_at=NOW,
    )


def accepted(name: str = "photo-1", entry: str = "entry-1", *, at: datetime = NOW) -> MaterialAcceptedV1:
    return MaterialAcceptedV1(
        material_id=an_id(name),
        entry_id=an_id(entry),
        campaign_id=CAMPAIGN,
        kind="photo",
        object=stored(),
        facts=facts(),
        judged_at=at,
    )


def rendered(stem: str = DIGEST, name: str = "photo-1", entry: str = "entry-1") -> MaterialRenderedV1:
    return MaterialRenderedV1(
        material_id=an_id(name),
        entry_id=an_id(entry),
        campaign_id=CAMPAIGN,
        kind="photo",
        renditions=(
            Rendition(key=f"{stem}/1600.jpg", format="JPEG", width=1600, height=1200, bytes=9),
            Rendition(key=f"{stem}/480.webp", format="WebP", width=480, height=360, bytes=9),
        ),
        placeholder="data:image/webp;base64,UklGRg==",
        rendered_at=NOW,
    )


def inspected(material_id: UUID, *, playable: bool = True) -> MaterialInspectedV1:
    return MaterialInspectedV1(
        material_id=material_id,
        entry_id=an_id("entry-1"),
        campaign_id=CAMPAIGN,
        kind="video",
        warnings=(Finding(slug="sound-too-quiet", zh="声音太小。", en="The sound is too quiet."),),
        playable=playable_key(str(material_id)) if playable else None,
        seconds=2.5,
        inspected_at=NOW,
    )


def rejected(name: str = "photo-1", entry: str = "entry-1", *, at: datetime = NOW) -> MaterialRejectedV1:
    return MaterialRejectedV1(
        material_id=an_id(name),
        entry_id=an_id(entry),
        campaign_id=CAMPAIGN,
        kind="photo",
        findings=(finding("not-jpeg"),),
        judged_at=at,
    )


def finding(slug: str = "unclear") -> Finding:
    return Finding(slug=slug, zh="看不清楚。", en="Not clear.", place="entry")


def expert(
    name: str, region: str = "四川", organisation: str = "", categories: tuple[str, ...] = (), *, disabled: bool = False
) -> Expert:
    return Expert(CAMPAIGN, an_id(name), name, organisation or f"{name}的单位", region, categories, disabled)


def actor(who: Expert) -> Actor:
    return Actor(who.account_id, who.name)


def place(name: str = "photo-1", entry: str = "entry-1", *, sha256: str = DIGEST, **more: Any) -> MaterialPlace:
    where = {"campaign_id": CAMPAIGN, "category": "story", "unit_code": "shx", "kind": "photo", **more}
    return MaterialPlace(material_id=an_id(name), entry_id=an_id(entry), sha256=sha256, **where)


def resembled(one: MaterialPlace, other: MaterialPlace, **more: Any) -> MaterialResembledV1:
    how = {"likeness": "near", "distance": 5, "correlation": 0.98, "found_at": NOW, **more}
    return MaterialResembledV1(material=one, other=other, **how)
