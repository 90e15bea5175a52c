"""Whether notify knows how an account is reached."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("accounts", sa.Column("contact_at", sa.DateTime(timezone=True)))
    op.add_column("sessions", sa.Column("contact_told_at", sa.DateTime(timezone=True)))
