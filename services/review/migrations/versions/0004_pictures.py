"""Pictures of materials, as media tells of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pictures",
        sa.Column("stem", sa.Text, primary_key=True),
        sa.Column("renditions", JSONB, nullable=False),
        sa.Column("placeholder", sa.Text, nullable=False),
    )
