"""Whatever the OpenAPI document allows, and what it does not, gets an answer that the document describes."""

from __future__ import annotations

from typing import Any

import pytest

from services.notify import serving
from services.notify.usecases import happenings as h
from tests.integration.notify import scenes
from tests.integration.notify.post_office import Office
from tests.integration.notify.test_api import API, Desk
from tests.support import fuzzing
from tests.support.fuzzing import BAD, GOOD, operations, refusable

OPERATIONS: dict[str, Any] = operations(serving.openapi())
THERE = {"campaign_id": "season"}


def ask(label: str, mode: Any, office: Office) -> None:
    office.happen(h.campaign_published, scenes.published(scenes.definition()))
    office.contact("ok.u1@example.org", unit="u1")
    office.happen(h.entry_submitted, scenes.submitted(unit="u1"))
    desk = Desk(office)
    tokens = [desk.token("unit", unit="u1"), desk.token("secretariat")]
    here = {"app": desk.app, "base_url": "http://notify.test"}
    fuzzing.ask(OPERATIONS[label], mode, 3, tokens, THERE, lambda case, headers: case.call(headers=headers, **here))


@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_answers_are_as_documented(label: str, office: Office) -> None:
    assert label.split(" ")[1].startswith(API)
    ask(label, GOOD, office)


@pytest.mark.parametrize("label", sorted(name for name, one in OPERATIONS.items() if refusable(one)))
def test_others_are_refused_as_documented(label: str, office: Office) -> None:
    ask(label, BAD, office)
