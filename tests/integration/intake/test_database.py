"""The migration makes exactly the tables that the code describes."""

from __future__ import annotations

from collections.abc import Callable

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from infra.store.migrate import upgrade
from services.intake.store import METADATA


def test_the_migrated_database_is_what_the_tables_say(make_database: Callable[[str], str]) -> None:
    dsn = make_database("intake")

    assert upgrade(dsn, "services.intake") == (
        "0001",
        "0002",
        "0003",
        "0004",
        "0005",
        "0006",
        "0007",
        "0008",
        "0009",
        "0010",
        "0011",
        "0012",
        "0013",
        "0014",
        "0015",
    )
    assert upgrade(dsn, "services.intake") == ()

    engine = create_engine(dsn.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        differences = compare_metadata(context, METADATA)
    engine.dispose()
    assert [difference for difference in differences if "alembic_version" not in str(difference)] == []
