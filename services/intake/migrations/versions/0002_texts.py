"""Each text has a version of its own, and earlier texts are kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# What was saved before has the entry's version, and belongs to whoever began the entry.
_MARK_WHAT_IS_THERE = """
    UPDATE entries SET saved = (
        SELECT coalesce(jsonb_object_agg(key, jsonb_build_object(
            'version', version, 'by', created_by, 'since', updated_at, 'at', updated_at)), '{}')
        FROM jsonb_object_keys(fields || private) AS key
    )
"""


def upgrade() -> None:
    op.add_column("entries", sa.Column("saved", JSONB, server_default=sa.text("'{}'"), nullable=False))
    op.execute(_MARK_WHAT_IS_THERE)
    op.create_table(
        "earlier_texts",
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("entry_id", sa.Uuid, nullable=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("sealed", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("written_by", sa.Uuid, nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.CheckConstraint("why IN ('replaced', 'set-aside')", name="earlier_texts_why"),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.entry_id"]),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("earlier_texts_of_field", "earlier_texts", ["entry_id", "field", "seq"])
    op.create_index("earlier_texts_of_entry", "earlier_texts", ["entry_id", "seq"])
