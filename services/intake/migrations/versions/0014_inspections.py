"""Advice about videos, and their copies that play in browsers, as media tells of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("materials", sa.Column("warnings", JSONB, nullable=False, server_default=sa.text("'[]'")))
    op.add_column("materials", sa.Column("playable", sa.Text))
