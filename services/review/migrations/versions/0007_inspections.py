"""What media advises about videos, and where their copies for browsers stand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "inspections",
        sa.Column("material_id", sa.Uuid, primary_key=True),
        sa.Column("warnings", JSONB, nullable=False),
        sa.Column("playable", sa.Text),
    )
