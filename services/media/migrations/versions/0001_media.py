"""Everything that media keeps: campaigns' material rules, materials with their verdicts, outbox, inbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from infra.bus.schema import create_bus_tables_v1

revision = "0001"
down_revision = None

_WHEN = sa.DateTime(timezone=True)
_NOW = sa.func.clock_timestamp()


def upgrade() -> None:
    create_bus_tables_v1(op)
    op.create_table(
        "campaign_rules",
        sa.Column("campaign_id", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("rules", JSONB, nullable=False),
        sa.Column("received_at", _WHEN, nullable=False, server_default=_NOW),
    )
    op.create_table(
        "materials",
        sa.Column("material_id", sa.Uuid, primary_key=True),
        sa.Column("entry_id", sa.Uuid, nullable=False),
        sa.Column("campaign_id", sa.Text, nullable=False),
        sa.Column("campaign_version", sa.Integer, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("unit_code", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("upload", JSONB, nullable=False),
        sa.Column("object", JSONB),
        sa.Column("facts", JSONB),
        sa.Column("findings", JSONB, nullable=False),
        sa.Column("judged_at", _WHEN, nullable=False, server_default=_NOW),
        sa.Column("rendition", sa.Text),
        sa.Column("sha256", sa.Text),
        sa.Column("rendered_at", _WHEN),
        sa.CheckConstraint("state IN ('accepted', 'rejected', 'rendered')", name="materials_state"),
        sa.CheckConstraint("(state = 'rejected') = (object IS NULL)", name="materials_object"),
    )
    op.create_index("materials_entry", "materials", ["entry_id"])
