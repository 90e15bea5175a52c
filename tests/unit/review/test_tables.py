"""Permissions, problems and the OpenAPI document: each table is whole and current."""

from __future__ import annotations

import string
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from infra.web.principal import ROLES
from services.review.api.document import document_of_review
from services.review.domain import errors
from services.review.domain.errors import ReviewError
from services.review.permissions import PERMISSIONS, Action
from services.review.problems import PROBLEMS, problem_of

READS = {Action.READ_CASES, Action.READ_PANEL, Action.READ_RANKING, Action.READ_OWN_WORK}
ROOT = Path(__file__).parents[3]


def _all_errors() -> list[type[ReviewError]]:
    return [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ReviewError)]


def test_every_action_is_in_the_table_and_every_role_exists() -> None:
    assert set(PERMISSIONS) == set(Action)
    for roles in PERMISSIONS.values():
        assert roles
        assert roles <= set(ROLES)


def test_supervisors_read_and_change_nothing() -> None:
    theirs = {action for action, roles in PERMISSIONS.items() if "supervisor" in roles}
    assert theirs == READS - {Action.READ_OWN_WORK}


def test_units_and_operators_may_do_nothing_here() -> None:
    for role in ("unit", "committee", "working-group", "operator"):
        assert not any(role in roles for roles in PERMISSIONS.values())


def test_experts_see_their_own_work_alone() -> None:
    theirs = {action for action, roles in PERMISSIONS.items() if "expert" in roles}
    assert theirs == {Action.READ_OWN_WORK, Action.SCORE, Action.RECUSE}


@pytest.mark.parametrize("kind", [k for k in _all_errors() if k is not ReviewError])
def test_every_error_has_a_row_in_both_languages(kind: type[ReviewError]) -> None:
    row = PROBLEMS[kind]
    assert kind.__doc__
    assert 400 <= row.status < 500
    assert any("\u4e00" <= character <= "\u9fff" for character in row.zh + row.detail_zh)
    assert row.en.isascii() or "字" in row.en
    fields = {
        name for text in (row.detail_zh, row.detail_en) for _, name, _, _ in string.Formatter().parse(text) if name
    }
    figures: dict[str, Any] = dict.fromkeys(fields, datetime(2026, 9, 1, tzinfo=UTC))
    error = kind(**figures)
    body = problem_of(error).body("/x")
    assert body["slug"] == kind.slug
    assert "{" not in body["detail"] + body["detail_en"]
    if fields:
        assert "2026-09-01 08:00:00 +0800" in body["detail"] + body["detail_en"]


def test_slugs_are_unique() -> None:
    slugs = [kind.slug for kind in PROBLEMS]
    assert len(slugs) == len(set(slugs))


def test_error_says_what_it_is_in_logs() -> None:
    assert str(errors.StaleRevisionError(given=1, current=2)) == "stale-revision(given=1, current=2)"


def test_openapi_document_is_current() -> None:
    kept = (ROOT / "contracts" / "openapi" / "review.json").read_text(encoding="utf-8")
    assert kept == document_of_review(), "run: python -m services.review openapi > contracts/openapi/review.json"
