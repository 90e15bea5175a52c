"""Paper copies that came by post."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "papers",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("entry_id", sa.Uuid, sa.ForeignKey("cases.entry_id", name="papers_case"), nullable=False),
        sa.Column("revision", sa.Integer),
        sa.Column("standing", sa.Text, nullable=False),
        sa.Column("registered_by", sa.Uuid, nullable=False),
        sa.Column("registered_by_name", sa.Text, nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "standing IN ('current', 'older', 'altered', 'unchecked', 'withdrawn')", name="papers_standing"
        ),
    )
    op.create_index("papers_entry", "papers", ["entry_id", "id"])
    op.create_index("cases_receipt", "cases", ["receipt_number"])
