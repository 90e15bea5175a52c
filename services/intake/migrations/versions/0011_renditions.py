"""Pictures of accepted files, as media tells of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("materials", sa.Column("renditions", JSONB))
    op.add_column("materials", sa.Column("placeholder", sa.Text, nullable=False, server_default=sa.text("''")))
