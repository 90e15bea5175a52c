"""What the secretariat has in hand: who works on which case, and rulings that are not released yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "claims",
        sa.Column("entry_id", sa.Uuid, sa.ForeignKey("cases.entry_id", name="claims_case"), primary_key=True),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "drafts",
        sa.Column("entry_id", sa.Uuid, sa.ForeignKey("cases.entry_id", name="drafts_case"), primary_key=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("conditions", JSONB, nullable=False),
        sa.Column("findings", JSONB, nullable=False),
        sa.Column("mend_by", sa.DateTime(timezone=True)),
        sa.Column("drafted_by", sa.Uuid, nullable=False),
        sa.Column("drafted_by_name", sa.Text, nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("verdict IN ('eligible', 'ineligible', 'return')", name="drafts_verdict"),
    )
