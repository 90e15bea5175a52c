"""Small campaigns and entries for tests of the domain."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.campaign import CampaignDefinition, Category
from contracts.events import UnitRef
from services.intake.domain.campaigns import Campaign
from services.intake.domain.entries import Entry, Material, MaterialState, State

NOON = datetime(2026, 8, 31, 4, 0, tzinfo=UTC)
"""12:00 in Beijing."""


def campaign(**calendar: Any) -> Campaign:
    raw = {
        "id": "test-2026",
        "title": {"zh": "测试活动", "en": "Test"},
        "organiser": {"zh": "测试学会", "en": "Society"},
        "calendar": {"opens": NOON - timedelta(days=30), "online_deadline": NOON, **calendar},
        "unit_kinds": [{"key": kind, "title": {"zh": kind, "en": kind}} for kind in ("unit", "branch", "committee")],
        "units": [{"code": "unit-a", "name": "甲馆", "region": "陕西省"}, {"code": "unit-b", "name": "乙馆"}],
        "categories": [
            {
                "key": "story",
                "title": {"zh": "事迹", "en": "Story"},
                "title_field": "title",
                "recommenders": ["unit", "branch"],
                "quota_per_unit": 2,
                "quota_kinds": ["unit"],
                "subject_field": "library",
                "never_itself": True,
                "fields": [
                    {"key": "title", "label": {"zh": "标题", "en": "Title"}, "max_zi": 10},
                    {"key": "article", "kind": "text", "label": {"zh": "正文", "en": "Article"}, "max_zi": 20},
                    {"key": "library", "label": {"zh": "馆名", "en": "Library"}, "required": False},
                    {"key": "day", "kind": "date", "label": {"zh": "日期", "en": "Day"}, "required": False},
                    {"key": "years", "kind": "number", "label": {"zh": "年限", "en": "Years"}, "required": False},
                    {
                        "key": "sex",
                        "kind": "choice",
                        "label": {"zh": "性别", "en": "Sex"},
                        "required": False,
                        "options": ["男", "女"],
                    },
                    {
                        "key": "mobile",
                        "kind": "phone",
                        "label": {"zh": "手机", "en": "Mobile"},
                        "private": True,
                        "required": False,
                    },
                    {
                        "key": "email",
                        "kind": "email",
                        "label": {"zh": "邮箱", "en": "E-mail"},
                        "private": True,
                        "required": False,
                    },
                ],
                "materials": [
                    {
                        "key": "photo",
                        "kind": "photo",
                        "label": {"zh": "照片", "en": "Photo"},
                        "formats": ["JPEG", "PNG"],
                        "min_count": 1,
                        "max_count": 2,
                        "max_bytes": 2097152,
                    }
                ],
            }
        ],
    }
    return Campaign(CampaignDefinition.model_validate(raw), 1)


def category() -> Category:
    found = campaign().definition.category("story")
    assert found is not None
    return found


def material(number: int = 1, **changes: Any) -> Material:
    return replace(
        Material(
            material_id=UUID(int=number),
            entry_id=UUID(int=100),
            kind="photo",
            name=f"{number}.jpg",
            position=number,
            state=MaterialState.UPLOADED,
            bucket="laurel-quarantine",
            key=f"x/{number}",
            size=1000,
            upload_until=NOON,
        ),
        **changes,
    )


def entry(**changes: Any) -> Entry:
    return replace(
        Entry(
            entry_id=UUID(int=100),
            campaign_id="test-2026",
            category="story",
            unit=UnitRef(code="unit-a", name="甲馆", region="陕西省"),
            state=State.DRAFT,
            version=1,
            revision=0,
            fields={"title": "一本书的旅行", "article": "正文。"},
            private={},
            created_at=NOON,
            updated_at=NOON,
            materials=(material(),),
        ),
        **changes,
    )
