"""The migrations make the tables that the code works with."""

from __future__ import annotations

from collections.abc import Callable

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from infra.store import Database
from infra.store.migrate import upgrade
from services.notify.store import metadata


def test_migrations_make_exactly_the_tables_of_the_store(make_database: Callable[[str], str]) -> None:
    dsn = make_database("notify")
    assert upgrade(dsn, "services.notify")
    assert upgrade(dsn, "services.notify") == ()

    database = Database(dsn, name="notify-tests")
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    database.close()
