"""Which lane an upload goes to."""

from __future__ import annotations

import pytest

from contracts.catalog import CATALOG
from contracts.events import MaterialUploadedV1
from services.intake.domain import lanes


@pytest.mark.parametrize(
    ("waiting", "lane"), [(0, ""), (11, ""), (12, "second"), (59, "second"), (60, "third"), (10_000, "third")]
)
def test_few_go_first_and_many_later(waiting: int, lane: str) -> None:
    assert lanes.lane_of(waiting) == lane


def test_lanes_are_those_of_the_catalogue() -> None:
    (row,) = (row for row in CATALOG if row.event is MaterialUploadedV1)
    assert ("", *row.lanes) == (lanes.FIRST, lanes.SECOND, lanes.THIRD)
