"""When work was taken from an expert; the parts of a public list that came in several events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("assessments", sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "list_parts",
        sa.Column("list", sa.Text, primary_key=True),
        sa.Column("part", sa.Integer, primary_key=True),
        sa.Column("listed", postgresql.JSONB, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("list_parts")
    op.drop_column("assessments", "revoked_at")
