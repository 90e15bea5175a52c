"""The database of the worker under test: the bus's two tables, and one that shows what its handlers did."""

from __future__ import annotations

from sqlalchemy import Column, Integer, MetaData, Table, Text

from infra.bus.outbox import bus_tables

METADATA = MetaData()
TABLES = bus_tables(METADATA)
EFFECTS = Table(
    "effects",
    METADATA,
    Column("event_id", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("word", Text, nullable=False),
)
"""No key on purpose: only the inbox may keep an effect from happening twice."""
