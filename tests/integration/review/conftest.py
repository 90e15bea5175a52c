"""A running review for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.integration.review.desk import Desk, Season, open_season, serving


@pytest.fixture(scope="session")
def desk(make_lasting_database: Callable[[str], str]) -> Iterator[Desk]:
    """Review over HTTP, shared by the session."""
    with serving(make_lasting_database("review")) as running:
        yield running


@pytest.fixture
def season(desk: Desk) -> Season:
    """A campaign for this test alone."""
    return open_season(desk)
