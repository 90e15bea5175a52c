"""The tables of media. migrations/versions creates exactly these; a test compares the two."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, DateTime, Index, Integer, MetaData, Table, Text, Uuid, func
from sqlalchemy.dialects.postgresql import JSONB as PG_JSONB

from infra.bus.outbox import bus_tables

METADATA = MetaData()
BUS = bus_tables(METADATA)

JSONB = PG_JSONB(none_as_null=True)

campaign_rules = Table(
    "campaign_rules",
    METADATA,
    Column("campaign_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("rules", JSONB, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
)

materials = Table(
    "materials",
    METADATA,
    Column("material_id", Uuid, primary_key=True),  # one verdict for each, whatever is delivered how often
    Column("entry_id", Uuid, nullable=False),
    Column("campaign_id", Text, nullable=False),
    Column("campaign_version", Integer, nullable=False),
    Column("category", Text, nullable=False),
    Column("unit_code", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("upload", JSONB, nullable=False),
    Column("object", JSONB),
    Column("facts", JSONB),
    Column("findings", JSONB, nullable=False),
    Column("judged_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Column("rendition", Text),  # the key of the large JPEG
    Column("renditions", JSONB),  # all of them, as told; NULL where only the one was made
    Column("sha256", Text),
    Column("rendered_at", DateTime(timezone=True)),
    CheckConstraint("state IN ('accepted', 'rejected', 'rendered')", name="materials_state"),
    CheckConstraint("(state = 'rejected') = (object IS NULL)", name="materials_object"),
    Index("materials_entry", "entry_id"),
)
