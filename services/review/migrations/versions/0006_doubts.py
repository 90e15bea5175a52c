"""Doubts about accepted materials, as media tells of them when it judges again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "doubts",
        sa.Column("material_id", sa.Uuid, primary_key=True),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("findings", JSONB, nullable=False),
    )
