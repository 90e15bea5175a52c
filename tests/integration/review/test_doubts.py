"""Files that were judged again: doubts are shown to the secretariat, and take nothing away by themselves."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from contracts.events import Finding, MaterialAcceptedV1, MaterialDoubtedV1, ObjectRef
from tests.integration.review.desk import Season
from tests.unit.review import builders

MEDIA = "/laurel/media"
FINDING = Finding(slug="unreadable", zh="画面数据缺失，请更换。", en="Picture data are missing; replace it.")


def _doubted(material_id: UUID, entry_id: UUID, round_: int) -> MaterialDoubtedV1:
    return MaterialDoubtedV1(
        material_id=material_id,
        entry_id=entry_id,
        campaign_id="cls-2017",
        kind="photo",
        findings=(FINDING,),
        round=round_,
        judged_at=datetime.now(UTC),
    )


def _cleared(material_id: UUID, entry_id: UUID, round_: int) -> MaterialAcceptedV1:
    return MaterialAcceptedV1(
        material_id=material_id,
        entry_id=entry_id,
        campaign_id="cls-2017",
        kind="photo",
        object=ObjectRef(bucket="laurel-materials", key="ab/ab", size=9),
        facts=builders.facts(),
        judged_at=datetime.now(UTC),
        round=round_,
    )


def _checks(season: Season, entry_id: Any) -> list[dict[str, Any]]:
    checks: list[dict[str, Any]] = season.secretary.get(f"/cases/{entry_id}").ok()["checks"]
    return [check for check in checks if check["key"] == "material-doubted"]


def test_a_doubt_is_looked_at_by_people_until_it_is_cleared_whatever_comes_first(season: Season) -> None:
    photo = builders.material(f"photo {uuid4()}", accepted=True)
    entry_id = season.entry(materials=[photo], judged=False)

    season.desk.hear(_doubted(photo.material_id, entry_id, 2), source=MEDIA)

    (check,) = _checks(season, entry_id)
    assert (check["result"], check["place"]) == ("look", f"material:{photo.material_id}")
    assert "画面数据缺失" in check["zh"]
    (shown,) = season.secretary.get(f"/cases/{entry_id}").ok()["material_list"]
    assert shown["state"] == "accepted"

    season.desk.hear(_cleared(photo.material_id, entry_id, 4), source=MEDIA)
    season.desk.hear(_doubted(photo.material_id, entry_id, 3), source=MEDIA)

    assert _checks(season, entry_id) == []
