"""The databases of the programs: what was submitted (intake's), what came of it (a consumer's)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Identity, Integer, MetaData, Table, Text, create_engine

from infra.bus.outbox import bus_tables

METADATA = MetaData()
BUS = bus_tables(METADATA)
ENTRIES = Table(
    "entries",
    METADATA,
    Column("entry_id", Text, primary_key=True),
    Column("event", Text, nullable=False),
    Column("producer", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("title", Text, nullable=False),
)
"""What producers have committed; `event` is the type of the event that tells of it."""
EFFECTS = Table(
    "effects",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("event", Text, nullable=False),
    Column("entry_id", Text, nullable=False),
)
"""What handlers did. Nothing here is unique on purpose: only the inbox may keep an effect from happening twice."""


def make_tables(dsn: str) -> None:
    """All tables, in an empty database."""
    engine = create_engine(dsn.replace("postgresql://", "postgresql+psycopg://", 1))
    METADATA.create_all(engine)
    engine.dispose()
