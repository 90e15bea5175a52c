"""The task list: which part holds what, and how far each is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from contracts.events import Finding
from services.intake.domain.entries import MaterialState, Receipt, Saved, State
from services.intake.domain.readiness import findings_of
from services.intake.domain.sections import Progress, Section, elsewhere, open_findings, progress_of, sections_of
from tests.unit.intake.builders import NOON, category, entry, material


def section(key: str) -> Section:
    return next(part for part in sections_of(category()) if part.key == key)


def progress(key: str, **changes: object) -> Progress:
    now = entry(**changes)
    return progress_of(section(key), now, findings_of(now, category()))


def test_contact_data_and_materials_are_parts_of_their_own() -> None:
    held = {part.key: [rule.key for rule in part.fields] for part in sections_of(category())}

    assert held["contact"] == ["mobile", "email"]
    assert held["materials"] == []
    assert held["texts"] == [rule.key for rule in category().fields if not rule.private]


def test_every_place_of_a_finding_belongs_to_one_part() -> None:
    bad = entry(fields={"title": "长" * 20, "day": "昨天"}, materials=(material(state=MaterialState.REJECTED),))
    for finding in findings_of(bad, category()):
        assert sum(part.holds(finding.place) for part in sections_of(category())) == 1, finding


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, Progress.TODO),
        ({"title": "一本书"}, Progress.DOING),
        ({"title": "一本书", "article": "正文。"}, Progress.DONE),
        ({"title": "一本书", "article": "长" * 21}, Progress.MEND),
        ({"title": "一本书", "article": "正文。", "day": "昨天"}, Progress.MEND),
    ],
)
def test_texts_go_from_not_begun_to_done(fields: dict[str, str], expected: Progress) -> None:
    assert progress("texts", fields=fields) is expected


def test_optional_contact_data_are_done_when_empty() -> None:
    assert progress("contact") is Progress.DONE


def test_materials_are_done_when_there_are_enough() -> None:
    assert progress("materials", materials=()) is Progress.TODO
    assert progress("materials", materials=(material(state=MaterialState.UPLOADING),)) is Progress.DOING
    assert progress("materials", materials=(material(state=MaterialState.REJECTED),)) is Progress.MEND
    assert progress("materials") is Progress.DONE


def test_what_an_entry_was_returned_for_is_to_be_mended_until_it_is_touched() -> None:
    finding = Finding(slug="too-vague", zh="请写具体。", en="Be specific.", place="article")
    returned = entry(
        state=State.RETURNED, findings=(finding,), receipt=Receipt("r", 1, "0" * 64, NOON), saved={"article": mark(-1)}
    )
    texts = section("texts")

    assert open_findings(texts, returned) == [finding]
    assert progress_of(texts, returned, ()) is Progress.MEND
    mended = replace(returned, saved={"article": mark(1)})
    assert open_findings(texts, mended) == []
    assert progress_of(texts, mended, ()) is Progress.DONE


def mark(minutes: int) -> Saved:
    at = NOON + timedelta(minutes=minutes)
    return Saved(2, UUID(int=1), at, at)


def test_what_is_about_the_whole_entry_stands_apart() -> None:
    whole = Finding(slug="scope", zh="不在范围内。", en="Out of scope.")
    own = Finding(slug="too-vague", zh="请写具体。", en="Be specific.", place="article")

    assert elsewhere([whole, own], sections_of(category())) == [whole]
