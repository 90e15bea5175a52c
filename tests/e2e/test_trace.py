"""One correlation id tells an entry's whole story, through all services."""

from __future__ import annotations

import json

import pytest

from contracts.catalog import SERVICES
from tests.demo import stores
from tests.demo.stack import folder_of, laurel
from tests.e2e.conftest import Played

pytestmark = pytest.mark.stack

WRITTEN = "SELECT type FROM outbox WHERE correlation = %s"
HANDLED = "SELECT type, consumer FROM inbox WHERE correlation = %s"


def test_every_service_has_a_part_in_the_story_of_an_entry(played: Played) -> None:
    dsn = played.state["dsn"]
    written = {service: {row[0] for row in stores.rows(dsn[service], WRITTEN, played.an_entry)} for service in SERVICES}
    handled = {service: {row[0] for row in stores.rows(dsn[service], HANDLED, played.an_entry)} for service in SERVICES}
    assert {"material.uploaded.v1", "entry.submitted.v1"} <= written["intake"]
    assert "material.accepted.v1" in written["media"]
    assert {"entry.eligible.v1", "assessment.assigned.v1", "assessment.submitted.v1"} <= written["review"]
    assert "material.uploaded.v1" in handled["media"]
    assert {"material.accepted.v1", "entry.eligible.v1"} <= handled["intake"]
    assert {"entry.submitted.v1", "material.accepted.v1"} <= handled["review"]
    assert {"entry.submitted.v1", "entry.eligible.v1", "assessment.assigned.v1"} <= handled["notify"]


def test_trace_command_prints_the_story_in_order(played: Played) -> None:
    printed = laurel("trace", played.an_entry, var=folder_of(played.state))
    for service in SERVICES:
        assert service in printed
    order = [printed.index(name) for name in ("material.uploaded.v1", "entry.submitted.v1", "entry.eligible.v1")]
    assert order == sorted(order)


def test_logs_of_every_service_carry_the_entry_as_correlation(played: Played) -> None:
    told: dict[str, int] = dict.fromkeys(SERVICES, 0)
    for log in (folder_of(played.state) / "logs").glob("*-worker*.log"):
        for line in log.read_text(errors="replace").splitlines():
            if played.an_entry in line:
                told[json.loads(line)["service"]] += 1
    assert all(told.values()), told
