"""What resembles what: shown with both places to who may see both, and to nobody else."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.events import MaterialPlace, MaterialRef
from tests.integration.review.desk import Caller, Desk, Season, open_season
from tests.unit.review import builders

MEDIA = "/laurel/media"


class Photo:
    """A photo of an entry that was submitted with it alone."""

    def __init__(
        self, season: Season, unit: str = "shx", *, sha256: str = "", judged: bool = True, **more: Any
    ) -> None:
        name = f"photo {uuid4()}"
        self.season, self.sha256 = season, sha256 or uuid4().hex * 2
        self.ref: MaterialRef = builders.material(name, accepted=True)
        facts = builders.facts().model_copy(update={"sha256": self.sha256})
        self.ref = self.ref.model_copy(update={"facts": facts})
        self.name, self.unit = self.ref.name, unit
        self.entry_id = season.entry(
            unit=builders.unit(unit, f"{unit} 图书馆", more.pop("region", "陕西")),
            materials=[self.ref],
            judged=False,
            title=more.pop("title", f"{unit} 的故事"),
            **more,
        )
        if judged:
            verdict = builders.accepted().model_copy(
                update={"material_id": self.ref.material_id, "entry_id": self.entry_id, "facts": facts}
            )
            season.desk.hear(verdict, source=MEDIA)

    @property
    def place(self) -> MaterialPlace:
        return MaterialPlace(
            material_id=self.ref.material_id,
            entry_id=self.entry_id,
            campaign_id=self.season.campaign_id,
            category="story",
            unit_code=self.unit,
            kind="photo",
            sha256=self.sha256,
        )

    def resembles(self, other: Photo | MaterialPlace, **more: Any) -> None:
        place = other.place if isinstance(other, Photo) else other
        self.season.desk.hear(builders.resembled(self.place, place, **more), source=MEDIA)

    def alike(self, who: Caller | None = None) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (who or self.season.secretary).get(f"/cases/{self.entry_id}").ok()["alike_list"]
        return found

    def marked(self, who: Caller | None = None) -> bool:
        rows = (who or self.season.secretary).get(self.season.path("cases"), limit=200).ok()["items"]
        return next(bool(row["alike"]) for row in rows if row["entry_id"] == str(self.entry_id))


def test_both_cases_show_the_other_place_and_both_pictures(season: Season) -> None:
    here, there, plain = Photo(season, "shx"), Photo(season, "gs", title="驼铃"), Photo(season, "nx")
    season.desk.hear(builders.rendered(stem=there.sha256), source=MEDIA)
    season.desk.hear(builders.rendered(stem=here.sha256), source=MEDIA)

    here.resembles(there, more=True)

    (seen,) = here.alike()
    assert (seen["material_id"], seen["entry_id"]) == (str(here.ref.material_id), str(there.entry_id))
    assert (seen["unit"]["name"], seen["title"], seen["state"]) == ("gs 图书馆", "驼铃", "open")
    assert (seen["likeness"], seen["distance"], seen["correlation"], seen["more"]) == ("near", 5, 0.98, True)
    assert seen["campaign"] == {"zh": "图书馆故事", "en": "Library stories"}
    assert seen["zh"] == (
        f"{here.name} 与“图书馆故事”中gs 图书馆《驼铃》的 {there.name} 画面相近；还有更多相近的，未一一列出。"
    )
    assert seen["en"] == (
        f"{here.name} shows nearly the same picture as {there.name} of “驼铃” by gs 图书馆 in Library stories; "
        "there are more, not listed."
    )
    small = seen["other"]["pictures"][-1]
    assert small["url"].startswith(f"http://127.0.0.1:9/laurel-public/{there.sha256}/480.webp?")
    own = season.secretary.get(f"/cases/{here.entry_id}").ok()["material_list"][0]["pictures"]
    assert own[-1]["url"].startswith(f"http://127.0.0.1:9/laurel-public/{here.sha256}/480.webp?")
    (back,) = there.alike()
    assert (back["entry_id"], back["other"]["name"], back["more"]) == (str(here.entry_id), here.name, False)
    assert [photo.marked() for photo in (here, there, plain)] == [True, True, False]


def test_it_is_told_before_or_after_the_entries_and_twice_is_once(season: Season) -> None:
    there = Photo(season)
    early = builders.place(f"early {uuid4()}", f"entry {uuid4()}", campaign_id=season.campaign_id)
    there.resembles(early)
    assert there.alike() == []  # nobody has handed that one in

    ref = builders.material(f"again {uuid4()}", accepted=True).model_copy(update={"material_id": early.material_id})
    season.entry(entry_id=early.entry_id, materials=[ref])
    there.resembles(early)

    assert [one["entry_id"] for one in there.alike()] == [str(early.entry_id)]
    assert there.marked()


def test_what_was_taken_out_of_an_entry_is_not_shown_and_what_was_withdrawn_is_said_to_be(season: Season) -> None:
    here, mended, withdrawn = Photo(season), Photo(season), Photo(season)
    here.resembles(mended)
    here.resembles(withdrawn, likeness="same-file", distance=None, correlation=None)
    season.rule(mended.entry_id, "return").ok()

    season.entry(entry_id=mended.entry_id, revision=2, materials=[builders.material(f"another {uuid4()}")])
    season.withdraw(withdrawn.entry_id)

    (seen,) = here.alike()
    assert (seen["state"], seen["likeness"]) == ("withdrawn", "same-file")
    assert "（已撤回）的" in seen["zh"]
    assert "是同一个文件" in seen["zh"]
    assert "(withdrawn)" in seen["en"]
    assert [one["entry_id"] for one in mended.alike()] == []
    assert not mended.marked()


@pytest.mark.parametrize("known", ["before", "after"])
def test_entry_that_was_begun_again_keeps_what_its_files_resemble(season: Season, known: str) -> None:
    """Its files are those of the one before, under ids that media never heard of."""
    old, other = Photo(season, "shx"), Photo(season, "gs")
    if known == "before":
        old.resembles(other)
    season.withdraw(old.entry_id)
    again = Photo(season, "shx", sha256=old.sha256, judged=False, title="再报")
    if known == "after":
        old.resembles(other)

    assert [one["entry_id"] for one in again.alike()] == [str(other.entry_id)]
    assert {one["title"]: one["state"] for one in other.alike()} == {"shx 的故事": "withdrawn", "再报": "open"}


def test_who_is_on_the_panel_of_the_other_campaign_learns_nothing_of_it(desk: Desk, season: Season) -> None:
    elsewhere = open_season(desk)
    here, there = Photo(season), Photo(elsewhere)
    here.resembles(there)
    both = desk.caller("secretariat", "expert", name="兼任")
    body = {
        "account_id": str(both.account_id),
        "name": "兼任",
        "organisation": "某馆",
        "region": "四川",
        "categories": [],
    }
    elsewhere.secretary.post(elsewhere.path("experts"), body).ok(201)

    assert here.alike(both) == []
    assert not here.marked(both)
    assert here.alike()[0]["campaign_id"] == elsewhere.campaign_id
    assert here.marked()


def test_expert_sees_it_only_between_entries_that_are_both_his(season: Season) -> None:
    """Not even that there is something: neither by a list nor by a count."""
    pair = Photo(season, "u1"), Photo(season, "u2")
    own_region = Photo(season, "u3", region="四川")
    pair[0].resembles(pair[1])
    pair[0].resembles(own_region)
    for photo in (*pair, own_region):
        season.rule(photo.entry_id).ok()
    conflicted = season.expert("四川专家", region="四川")
    others = [season.expert(f"专家{n}", region="云南") for n in range(3)]
    season.assign().ok()

    seen: dict[str, list[set[UUID]]] = {}
    for who in (conflicted, *others):
        tasks = season.tasks(who)
        for entry_id, assessment in tasks.items():
            paper = who.get(f"/assessments/{assessment}").ok()
            told = {UUID(one["entry_id"]) for one in paper["alike_list"]}
            assert told <= tasks.keys()
            if entry_id == pair[0].entry_id:
                wanted = {pair[1].entry_id, own_region.entry_id} & tasks.keys()
                assert told == wanted
                seen.setdefault(who.name, []).append(told)

    assert own_region.entry_id not in season.tasks(conflicted)
    assert any(told for each in seen.values() for told in each)
