"""A running intake for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.integration.intake.desk import Intake, serving
from tests.support.servers import S3


@pytest.fixture(scope="session")
def intake(make_lasting_database: Callable[[str], str], s3: S3) -> Iterator[Intake]:
    """Intake over HTTP, shared by the session: open a campaign of your own."""
    with serving(make_lasting_database("intake"), s3) as running:
        yield running
