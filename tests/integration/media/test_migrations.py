"""What the migrations make is what the program expects."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from infra.store.migrate import upgrade
from services.media.store.tables import METADATA

pytestmark = pytest.mark.stack


def test_migrations_make_exactly_the_tables_and_run_once(make_database: Callable[[str], str]) -> None:
    dsn = make_database("media")

    assert upgrade(dsn, "services.media") == ("0001", "0002", "0003", "0004", "0005", "0006")
    assert upgrade(dsn, "services.media") == ()

    engine = create_engine(dsn.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    engine.dispose()
