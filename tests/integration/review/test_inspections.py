"""What reviewers see of videos that media has watched through: its advice, and a copy that plays."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from contracts.events import MaterialRef, ObjectRef
from contracts.storage import playable_key, video_folder
from tests.integration.review.desk import Season
from tests.unit.review import builders

MEDIA = "/laurel/media"


def _video(name: str, judged_as: Any = None) -> MaterialRef:
    clip = builders.material(f"{name} {uuid4()}", accepted=True, kind="video")
    key = video_folder(judged_as or clip.material_id) + "0123"
    facts = builders.facts().model_copy(update={"format": "MP4", "sha256": None})
    return clip.model_copy(update={"facts": facts, "object": ObjectRef(bucket="laurel-materials", key=key, size=9)})


def _shown(season: Season, entry_id: Any) -> dict[str, Any]:
    listed: list[dict[str, Any]] = season.secretary.get(f"/cases/{entry_id}").ok()["material_list"]
    return next(one for one in listed if one["kind"] == "video")


def test_secretariat_sees_advice_and_a_copy_that_plays_on_a_link_that_ends(season: Season) -> None:
    clip = _video("clip")
    entry = season.entry(materials=[clip], judged=False)
    before = _shown(season, entry)
    season.desk.hear(builders.inspected(clip.material_id), source=MEDIA)

    shown = _shown(season, entry)

    assert (before["warnings"], before["playable_url"]) == ([], None)
    assert shown["state"] == "accepted"
    assert [warning["slug"] for warning in shown["warnings"]] == ["sound-too-quiet"]
    assert f"/laurel-public/{playable_key(str(clip.material_id))}?" in shown["playable_url"]
    assert "X-Amz-Expires=3600" in shown["playable_url"]


def test_experts_see_the_same(season: Season) -> None:
    (entry_id,) = season.eligible(1)
    experts = [season.expert(f"专家{n}") for n in range(3)]
    season.assign().ok()
    listed = season.secretary.get(f"/cases/{entry_id}").ok()["material_list"]
    (material,) = (one["material_id"] for one in listed)
    season.desk.hear(builders.inspected(material), source=MEDIA)

    paper = experts[0].get(f"/assessments/{season.tasks(experts[0])[entry_id]}").ok()

    (shown,) = paper["material_list"]
    assert [warning["slug"] for warning in shown["warnings"]] == ["sound-too-quiet"]
    assert shown["playable_url"] is not None


def test_video_that_plays_itself_has_no_other_link(season: Season) -> None:
    clip = _video("clip")
    entry = season.entry(materials=[clip], judged=False)
    season.desk.hear(builders.inspected(clip.material_id, playable=False), source=MEDIA)

    shown = _shown(season, entry)

    assert shown["playable_url"] is None
    assert shown["url"] is not None


def test_video_that_was_taken_over_into_a_new_entry_keeps_what_was_found(season: Season) -> None:
    """The new entry names it by a new id; the copy that was judged stands under the old one."""
    first = uuid4()
    season.desk.hear(builders.inspected(first), source=MEDIA)

    shown = _shown(season, season.entry(materials=[_video("again", first)], judged=False))

    assert [warning["slug"] for warning in shown["warnings"]] == ["sound-too-quiet"]
    assert playable_key(str(first)) in shown["playable_url"]
