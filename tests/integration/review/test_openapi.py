"""Whatever the OpenAPI document allows gets an answer that the document describes, about things that exist."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from services.review.api.document import document_of_review
from tests.integration.review.desk import API, Caller, Desk, Season, open_season
from tests.support import fuzzing
from tests.support.fuzzing import BAD, GOOD, operations, refusable

OPERATIONS: dict[str, Any] = operations(document_of_review())
Running = tuple[Season, dict[str, str], list[Caller]]


@pytest.fixture(scope="module")
def running(desk: Desk) -> Running:
    """A campaign with a case to rule on and an assessment to score; those who may do so."""
    season = open_season(desk)
    (scored,) = season.eligible(1)
    experts = [season.expert(f"专家{n}") for n in range(3)]
    season.assign().ok()
    there: dict[str, UUID | str] = {
        "c": season.campaign_id,
        "entry_id": season.entry(),
        "assessment_id": season.tasks(experts[0])[scored],
    }
    return season, {name: str(one) for name, one in there.items()}, [season.secretary, experts[0]]


def ask(operation: Any, mode: Any, running: Running, few: int) -> None:
    season, there, callers = running
    tokens, url = [str(who.token) for who in callers], season.desk.url
    fuzzing.ask(operation, mode, few, tokens, there, lambda case, headers: case.call(base_url=url, headers=headers))


@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_answers_are_as_documented(label: str, running: Running) -> None:
    assert label.split(" ")[1].startswith(API)
    ask(OPERATIONS[label], GOOD, running, 10)


@pytest.mark.skipif(not fuzzing.EXAMPLES, reason="`make fuzz`")
@pytest.mark.parametrize("label", sorted(name for name, one in OPERATIONS.items() if refusable(one)))
def test_others_are_refused_as_documented(label: str, running: Running) -> None:
    ask(OPERATIONS[label], BAD, running, 10)
