"""Whatever the OpenAPI document allows gets an answer that the document describes, about things that exist."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from services.review.api.document import document_of_review
from tests.integration.review.desk import API, Caller, Desk, Season, open_season

CHECKS = [not_a_server_error, response_schema_conformance, status_code_conformance, content_type_conformance]
_DOCUMENT = schemathesis.openapi.from_file(document_of_review())
OPERATIONS: dict[str, Any] = {
    found.ok().label: found.ok()  # type: ignore[union-attr]  # a broken document has no ok(), and no tests either
    for found in _DOCUMENT.get_all_operations()
}


@pytest.fixture(scope="module")
def running(desk: Desk) -> tuple[Season, dict[str, UUID | str], list[Caller]]:
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
    return season, there, [season.secretary, experts[0]]


@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_answers_are_as_documented(label: str, running: tuple[Season, dict[str, UUID | str], list[Caller]]) -> None:
    season, there, callers = running

    @settings(
        max_examples=10,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=OPERATIONS[label].as_strategy())
    def ask(case: Any) -> None:
        case.path_parameters = {name: str(there[name]) for name in case.path_parameters or {}}
        for who in callers:
            answer = case.call(base_url=season.desk.url, headers={"Authorization": f"Bearer {who.token}"})
            case.validate_response(answer, checks=CHECKS)

    assert label.split(" ")[1].startswith(API)
    ask()
