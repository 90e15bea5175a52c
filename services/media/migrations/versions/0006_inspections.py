"""What came of watching videos through."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "inspections",
        sa.Column("material_id", sa.Uuid, primary_key=True),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("warnings", JSONB, nullable=False),
        sa.Column("playable", sa.Text),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("inspected_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.clock_timestamp()),
        sa.CheckConstraint("outcome IN ('none', 'remux', 'encode', 'failed')", name="inspections_outcome"),
        sa.CheckConstraint("(outcome IN ('remux', 'encode')) = (playable IS NOT NULL)", name="inspections_playable"),
    )
