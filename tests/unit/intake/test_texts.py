"""Texts: over which version each is saved, what is kept of what they replace."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from services.intake.domain.entries import Saved
from services.intake.domain.texts import RUN, Why, bases, changed, in_conflict, replaced, saving, set_aside, stale
from tests.unit.intake.builders import NOON, entry

ME, YOU = UUID(int=1), UUID(int=2)


def mark(version: int, by: UUID = ME, minutes: int = 0) -> Saved:
    return Saved(version, by, NOON + timedelta(minutes=minutes), NOON + timedelta(minutes=minutes))


def test_a_text_is_over_the_version_named_for_it_or_the_one_for_all() -> None:
    assert bases(7, {"article": 3, "nothing": 1}, ["title", "article"]) == {"title": 7, "article": 3}


def test_only_a_text_that_was_saved_since_is_in_conflict() -> None:
    saved = entry(version=9, saved={"title": mark(9), "article": mark(4)})

    assert in_conflict(saved, {"title": "丙", "article": "丁"}, {"title": 8, "article": 8}) == ["title"]


def test_the_same_text_is_in_no_conflict() -> None:
    saved = entry(version=9, saved={"title": mark(9)})

    assert in_conflict(saved, {"title": saved.texts["title"]}, {"title": 1}) == []


def test_a_version_that_never_was_is_a_conflict() -> None:
    assert in_conflict(entry(version=9), {"day": "2026-08-31"}, {"day": 10}) == ["day"]


def test_one_who_types_on_leaves_nothing_behind_within_five_minutes() -> None:
    before = entry(version=9, saved={"title": mark(9)})

    doing = saving(before, ["title"], ME, NOON + RUN - timedelta(seconds=1))

    assert doing.kept == []
    assert doing.marks["title"] == Saved(10, ME, NOON, NOON + RUN - timedelta(seconds=1))


def test_after_five_minutes_or_by_another_what_is_replaced_is_kept() -> None:
    before = entry(version=9, saved={"title": mark(9)})
    for by, at in ((ME, NOON + RUN), (YOU, NOON)):
        doing = saving(before, ["title"], by, at)

        (kept,) = doing.kept
        assert (kept.text, kept.version, kept.by, kept.why) == (before.texts["title"], 9, ME, Why.REPLACED)
        assert doing.marks["title"] == Saved(10, by, at, at)


def test_what_a_restoration_replaces_is_kept_in_any_case() -> None:
    before = entry(version=9, saved={"title": mark(9)})

    assert len(saving(before, ["title"], ME, NOON, keep_all=True).kept) == 1


def test_an_empty_text_is_not_kept() -> None:
    before = entry(version=9, fields={"title": ""}, saved={"title": mark(9)})

    assert replaced(before, ["title"]) == []
    assert set_aside({"title": ""}, {"title": 3}, ME, NOON) == []


def test_a_stale_save_shows_only_what_differs_and_who_saved_it() -> None:
    saved = entry(
        fields={"title": "甲", "article": "乙"}, private={"mobile": "1"}, version=7, saved={"article": mark(6, YOU)}
    )

    refused = stale(saved, {"title": "甲", "article": "丙", "mobile": "2"}, {YOU: "张馆员"})

    assert refused.extra["version"] == 7
    article, mobile = refused.extra["conflicts"]
    assert article == {
        "field": "article",
        "yours": "丙",
        "saved": "乙",
        "version": 6,
        "saved_by": "张馆员",
        "saved_at": NOON.isoformat(),
    }
    assert (mobile["yours"], mobile["saved"], mobile["version"], mobile["saved_by"]) == ("2", "1", 7, None)


def test_what_is_changed_is_what_differs() -> None:
    assert changed(entry(), {"title": "一本书的旅行", "article": "新", "day": ""}) == {"article": "新"}
