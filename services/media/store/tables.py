"""The tables of media. migrations/versions creates exactly these; a test compares the two."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Float,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    func,
    text,
)
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
    Column("round", Integer, nullable=False, server_default=text("1")),  # how often its verdict was told
    Column("doubts", JSONB),  # what an accepted one breaks by today's rules
    CheckConstraint("state IN ('accepted', 'rejected', 'rendered')", name="materials_state"),
    CheckConstraint("(state = 'rejected') = (object IS NULL)", name="materials_object"),
    Index("materials_entry", "entry_id"),
    Index("materials_sha256", "sha256"),
)

pictures = Table(  # what each photo looks like: one row for each file, whoever uploaded it how often
    "pictures",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("sha256", Text, nullable=False, unique=True),
    Column("thumbnail", LargeBinary, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
)

picture_bands = Table(  # the index by likeness; nothing but the index is read in a search
    "picture_bands",
    METADATA,
    Column("key", Integer, primary_key=True),
    Column("hash", BigInteger, primary_key=True),
    Column("picture", BigInteger, primary_key=True),
)

resemblances = Table(
    "resemblances",
    METADATA,
    Column("first", Uuid, primary_key=True),  # of the two the lesser id: a pair is told of once
    Column("second", Uuid, primary_key=True),
    Column("likeness", Text, nullable=False),
    Column("found_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    CheckConstraint("first < second", name="resemblances_order"),
    CheckConstraint("likeness IN ('same-file', 'near')", name="resemblances_likeness"),
)

captures = Table(  # private: in no event, no log, no page
    "captures",
    METADATA,
    Column("material_id", Uuid, primary_key=True),
    Column("taken_at", DateTime(timezone=False)),  # by the camera's own clock
    Column("zone", Text, nullable=False),
    Column("make", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("read_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Index("captures_read", "read_at"),
)

rounds = Table(
    "rounds",
    METADATA,
    Column("run", Text, primary_key=True),  # a material once in a run, however often that is broken off
    Column("material_id", Uuid, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("round", Integer),  # the round that it began; NULL where nothing was told
    Column("before", JSONB, nullable=False),
    Column("findings", JSONB, nullable=False),
    Column("facts", JSONB),
    Column("judged_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Index("rounds_material", "material_id"),
)

inspections = Table(
    "inspections",
    METADATA,
    Column("material_id", Uuid, primary_key=True),  # watched through once, whatever is delivered how often
    Column("outcome", Text, nullable=False),
    Column("warnings", JSONB, nullable=False),
    Column("playable", Text),
    Column("seconds", Float, nullable=False),
    Column("inspected_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    CheckConstraint("outcome IN ('none', 'remux', 'encode', 'failed')", name="inspections_outcome"),
    CheckConstraint("(outcome IN ('remux', 'encode')) = (playable IS NOT NULL)", name="inspections_playable"),
)
