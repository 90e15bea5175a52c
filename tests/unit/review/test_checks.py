"""Automatic checks: each passes, fails or asks to look, with its evidence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.events import Extension, MaterialRef
from services.review.domain.cases import Case, follow_submission, revision_of
from services.review.domain.checks import Check, Evidence, checks_of
from services.review.domain.materials import verdict_of
from tests.unit.review.builders import accepted, an_id, definition, material, rejected, submitted

GOOD = {"title": "雪域书香", "summary": "十年送书上高原。"}


def check(
    *,
    fields: dict[str, str] | None = None,
    materials: tuple[MaterialRef, ...] = (material("a"),),
    at: datetime | None = None,
    category: str = "story",
    **evidence: Any,
) -> dict[str, Check]:
    event = submitted(fields=fields or GOOD, materials=materials, at=at, category=category)
    case = follow_submission(None, event)
    assert case is not None
    given = {"definition": definition(), "verdicts": {an_id("a"): verdict_of(accepted("a"))}, **evidence}
    found = checks_of(case, revision_of(event), Evidence(**given))
    return {f"{c.key} {c.place}": c for c in found}


def test_good_entry_passes_everything() -> None:
    assert {c.result for c in check().values()} == {"pass"}


def test_text_over_its_limit_fails_with_figures() -> None:
    found = check(fields={"title": "雪域书香", "summary": "字" * 201})["text-too-long summary"]
    assert found.result == "fail"
    assert found.figures == {"given": 201, "allowed": 200}
    assert "201" in found.zh
    assert "200" in found.zh


def test_empty_required_text_fails() -> None:
    assert check(fields={"title": "雪域书香", "summary": " \n"})["field-missing summary"].result == "fail"


def test_private_field_is_not_asked_for() -> None:
    assert not any("phone" in key for key in check())


def test_field_that_the_definition_lacks_is_pointed_out() -> None:
    assert check(fields={**GOOD, "extra": "x"})["field-unknown extra"].result == "look"


def test_materials_show_media_verdicts() -> None:
    found = check(
        materials=(material("a"), material("b"), material("c")),
        verdicts={an_id("a"): verdict_of(accepted("a")), an_id("b"): verdict_of(rejected("b"))},
    )
    assert found[f"material material:{an_id('a')}"].result == "pass"
    assert found[f"material-rejected material:{an_id('b')}"].result == "fail"
    assert "看不清楚" in found[f"material-rejected material:{an_id('b')}"].zh
    assert found[f"material-pending material:{an_id('c')}"].result == "look"


@pytest.mark.parametrize(("count", "result"), [(0, "fail"), (1, "pass"), (10, "pass"), (11, "fail")])
def test_number_of_photos_is_checked(count: int, result: str) -> None:
    photos = tuple(material(f"p{n}") for n in range(count))
    assert check(materials=photos)["material-count photo"].result == result


def test_kind_of_material_that_the_category_does_not_take_fails() -> None:
    found = check(materials=(material("a", kind="video"),))
    assert found[f"material-unknown material:{an_id('a')}"].result == "fail"


def _sibling() -> Case:
    case = follow_submission(None, submitted("entry-2"))
    assert case is not None
    return case


def test_second_entry_of_a_unit_in_a_category_fails_the_quota() -> None:
    found = check(siblings=[_sibling()])["quota entry"]
    assert found.result == "fail"
    assert found.figures == {"given": 2, "allowed": 1, "others": ["R-entry-2"]}


def test_category_without_quota_passes() -> None:
    assert (
        check(category="service", siblings=[_sibling()], fields={"title": "书"}, materials=())["quota entry"].result
        == "pass"
    )


DEADLINE = datetime(2026, 8, 31, 16, 0, tzinfo=UTC)  # 24:00 in Beijing


@pytest.mark.parametrize(
    ("at", "result"),
    [
        (DEADLINE.replace(hour=15, minute=59, second=59), "pass"),
        (DEADLINE, "look"),
        (datetime(2026, 7, 31, 15, 59, tzinfo=UTC), "fail"),
    ],
)
def test_calendar_is_checked_to_the_second(at: datetime, result: str) -> None:
    assert check(at=at)["calendar entry"].result == result


def test_extension_of_the_unit_counts() -> None:
    extension = Extension(unit_code="shx", cutoff=datetime(2026, 9, 2, tzinfo=UTC), reason="水灾")
    late = datetime(2026, 9, 1, tzinfo=UTC)
    assert check(at=late, extensions=[extension])["calendar entry"].result == "pass"
    other = extension.model_copy(update={"unit_code": "gs"})
    assert check(at=late, extensions=[other])["calendar entry"].result == "look"


def test_mended_revision_may_come_until_the_day_named_on_return() -> None:
    late = datetime(2026, 9, 5, tzinfo=UTC)
    assert check(at=late, mend_by=datetime(2026, 9, 6, tzinfo=UTC))["calendar entry"].result == "pass"
    assert check(at=late, mend_by=datetime(2026, 9, 4, tzinfo=UTC))["calendar entry"].result == "look"


def test_unknown_definition_asks_to_look_again() -> None:
    found = check(definition=None)
    assert [c.result for c in found.values()] == ["look"]


def test_unknown_category_fails() -> None:
    found = check(category="poem")
    assert [c.result for c in found.values()] == ["fail"]


def test_verdict_of_media_outweighs_what_the_entry_said() -> None:
    said = replace(verdict_of(accepted("a")), judged_at=None)
    judged = verdict_of(rejected("a"))
    assert judged.outweighs(said)
    assert not said.outweighs(judged)
    assert not said.outweighs(said)
