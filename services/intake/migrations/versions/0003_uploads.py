"""Captions, uploads in parts, what a removed file was before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("materials", sa.Column("caption", sa.Text, server_default=sa.text("''"), nullable=False))
    op.add_column("materials", sa.Column("arrived_at", sa.DateTime(timezone=True)))
    op.add_column("materials", sa.Column("upload_id", sa.Text))
    op.add_column("materials", sa.Column("hint", sa.Text))
    op.add_column("materials", sa.Column("removed_from", sa.Text))
    op.drop_index("materials_to_clean", "materials")
    op.create_index(
        "materials_to_clean",
        "materials",
        ["changed_at"],
        postgresql_where=sa.text("cleaned_at IS NULL AND state IN ('uploading', 'removed', 'rejected')"),
    )
