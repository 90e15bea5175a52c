"""A campaign in memory."""

from __future__ import annotations

import pytest

from tests.unit.review.builders import campaign
from tests.unit.review.fakes import FakeWork


@pytest.fixture
def work() -> FakeWork:
    work = FakeWork()
    work.campaigns.put(campaign())
    return work
