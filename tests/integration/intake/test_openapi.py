"""Whatever the OpenAPI documents allow, and what they do not, gets an answer that they describe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from services.intake.api.document import files_document, openapi_document
from tests.integration.intake import desk, paper_desk
from tests.integration.intake.desk import Caller, Intake
from tests.integration.intake.paper_desk import Files, serving_files
from tests.support.servers import S3

CHECKS = [not_a_server_error, response_schema_conformance, status_code_conformance, content_type_conformance]


def operations(document: str) -> dict[str, Any]:
    found = schemathesis.openapi.from_file(document).get_all_operations()
    return {one.ok().label: one.ok() for one in found}  # type: ignore[union-attr]  # a broken document has no ok()


INTAKE, FILES = operations(openapi_document()), operations(files_document())


@pytest.fixture(scope="module")
def files(intake: Intake, s3: S3) -> Iterator[Files]:
    with serving_files(intake, s3) as running:
        yield running


@pytest.fixture(autouse=True)
def _forget(intake: Intake) -> Iterator[None]:
    """Refused sign-ins are counted for this address, and other tests call from it, too."""
    yield
    intake.sql("DELETE FROM sign_in_attempts")


def world(intake: Intake) -> tuple[dict[str, str], list[Caller]]:
    """A draft with a photo, a receipt, an account to act on; those who may do so."""
    unit, campaign = intake.unit(), intake.open()
    draft, note = unit.written(campaign, "story"), unit.written(campaign)
    receipt = unit.submit(note).ok(201)
    there = {
        "campaign_id": campaign,
        "entry_id": str(draft["entry_id"]),
        "material_id": unit.upload(draft),
        "account_id": str(intake.caller("expert").account_id),
        "key": "form",
        "number": str(receipt["receipt_number"]),
        "revision": str(receipt["revision"]),
        "digest": str(receipt["digest"]),
    }
    return there, [unit, intake.caller("secretariat"), intake.caller("operator")]


def ask(operation: Any, mode: GenerationMode, url: str, intake: Intake, examples: int) -> None:
    there, callers = world(intake)

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def one(case: Any) -> None:
        case.path_parameters = {name: there.get(name, value) for name, value in (case.path_parameters or {}).items()}
        for who in callers:
            answer = case.call(base_url=url, headers={"Authorization": f"Bearer {who.token}"})
            case.validate_response(answer, checks=CHECKS)

    one()


@pytest.mark.parametrize("label", sorted(INTAKE))
def test_intake_answers_as_documented(label: str, intake: Intake) -> None:
    assert label.split(" ")[1].startswith(desk.API)
    ask(INTAKE[label], GenerationMode.POSITIVE, intake.url, intake, 3)


@pytest.mark.parametrize("label", sorted(name for name, one in INTAKE.items() if one.body))
def test_intake_refuses_other_bodies_as_documented(label: str, intake: Intake) -> None:
    ask(INTAKE[label], GenerationMode.NEGATIVE, intake.url, intake, 3)


@pytest.mark.parametrize("label", sorted(FILES))
def test_files_answers_as_documented(label: str, files: Files) -> None:
    assert label.split(" ")[1].startswith(paper_desk.API)
    ask(FILES[label], GenerationMode.POSITIVE, files.url, files.intake, 2)
