"""Whatever the OpenAPI documents allow, and what they do not, gets an answer that they describe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from services.intake.api.document import files_document, openapi_document
from tests.integration.intake import desk, paper_desk
from tests.integration.intake.desk import Caller, Intake
from tests.integration.intake.paper_desk import Files, serving_files
from tests.support import fuzzing
from tests.support.fuzzing import BAD, GOOD, operations, refusable
from tests.support.servers import S3

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


def ask(operation: Any, mode: Any, url: str, intake: Intake, few: int) -> None:
    there, callers = world(intake)
    tokens = [str(who.token) for who in callers]
    fuzzing.ask(operation, mode, few, tokens, there, lambda case, headers: case.call(base_url=url, headers=headers))


@pytest.mark.parametrize("label", sorted(INTAKE))
def test_intake_answers_as_documented(label: str, intake: Intake) -> None:
    assert label.split(" ")[1].startswith(desk.API)
    ask(INTAKE[label], GOOD, intake.url, intake, 3)


@pytest.mark.parametrize("label", sorted(name for name, one in INTAKE.items() if refusable(one)))
def test_intake_refuses_others_as_documented(label: str, intake: Intake) -> None:
    ask(INTAKE[label], BAD, intake.url, intake, 3)


@pytest.mark.parametrize("label", sorted(FILES))
def test_files_answers_as_documented(label: str, files: Files) -> None:
    assert label.split(" ")[1].startswith(paper_desk.API)
    ask(FILES[label], GOOD, files.url, files.intake, 2)


@pytest.mark.skipif(not fuzzing.EXAMPLES, reason="a few wrong requests to files stand in test_documents; `make fuzz`")
@pytest.mark.parametrize("label", sorted(name for name, one in FILES.items() if refusable(one)))
def test_files_refuses_others_as_documented(label: str, files: Files) -> None:
    ask(FILES[label], BAD, files.url, files.intake, 2)
