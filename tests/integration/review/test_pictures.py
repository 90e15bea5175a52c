"""What reviewers see of files: small pictures in lists, on links that end."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from tests.integration.review.desk import Season
from tests.unit.review import builders

MEDIA = "/laurel/media"


def _photos_of(season: Season, entry_id: Any) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = season.secretary.get(f"/cases/{entry_id}").ok()["material_list"]
    return listed


def test_secretariat_and_experts_see_pictures_of_a_photo_on_links_that_end(season: Season) -> None:
    (entry_id,) = season.eligible(1)
    experts = [season.expert(f"专家{n}") for n in range(3)]
    season.assign().ok()
    season.desk.hear(builders.rendered(), source=MEDIA)

    paper = experts[0].get(f"/assessments/{season.tasks(experts[0])[entry_id]}").ok()

    for (photo,) in (_photos_of(season, entry_id), paper["material_list"]):
        assert photo["placeholder"] == "data:image/webp;base64,UklGRg=="
        large, small = photo["pictures"]
        assert (large["format"], large["width"], large["height"]) == ("JPEG", 1600, 1200)
        assert (small["format"], small["width"], small["height"]) == ("WebP", 480, 360)
        assert small["url"].startswith(f"http://127.0.0.1:9/laurel-public/{builders.DIGEST}/480.webp?")
        assert "X-Amz-Expires=3600" in small["url"]


def test_pictures_of_one_file_are_shown_wherever_that_file_is(season: Season) -> None:
    """An entry that is begun again names the files of the one before, under new ids that media never heard of."""
    season.desk.hear(builders.rendered(stem="ab" * 32), source=MEDIA)
    facts = builders.facts().model_copy(update={"sha256": "ab" * 32})
    again = builders.material(f"again {uuid4()}", accepted=True).model_copy(update={"facts": facts})

    (photo,) = _photos_of(season, season.entry(materials=[again], judged=False))

    assert [made["width"] for made in photo["pictures"]] == [1600, 480]


def test_poster_of_a_video_is_shown_by_its_material(season: Season) -> None:
    clip = builders.material(f"clip {uuid4()}", accepted=True, kind="video")
    facts = builders.facts().model_copy(update={"format": "MP4", "sha256": None})
    season.desk.hear(builders.rendered(stem=str(clip.material_id)), source=MEDIA)

    (shown,) = _photos_of(season, season.entry(materials=[clip.model_copy(update={"facts": facts})], judged=False))

    assert len(shown["pictures"]) == 2


def test_file_without_a_verdict_shows_nothing(season: Season) -> None:
    waiting = builders.material(f"waiting {uuid4()}")
    season.desk.hear(builders.rendered(stem=str(waiting.material_id)), source=MEDIA)

    (shown,) = _photos_of(season, season.entry(materials=[waiting], judged=False))

    assert (shown["state"], shown["pictures"], shown["placeholder"]) == ("pending", [], "")
