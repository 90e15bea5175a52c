"""The index by likeness, in short: twenty thousand hashes. `python -m tests.bench_media.index` asks a million."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from infra.store.migrate import upgrade
from tests.bench_media.index import BAR_MS, measure

pytestmark = pytest.mark.stack


def test_search_is_bounded_and_finds_what_is_near(make_database: Callable[[str], str]) -> None:
    dsn = make_database("media")
    upgrade(dsn, "services.media")

    measured = measure(dsn, hashes=20_000, searches=60)

    assert measured.found > 0.95
    assert measured.search.at(0.5) < BAR_MS
    assert measured.crowded.at(0.5) < 3 * BAR_MS
