"""Units and what stands above them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "units",
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("region", sa.Text, server_default=sa.text("''"), nullable=False),
        sa.Column("parent_code", sa.Text),
        sa.Column("changed_at", _TIME, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_code"], ["units.code"], name="units_parent", deferrable=True, initially="DEFERRED"
        ),
        sa.PrimaryKeyConstraint("code"),
    )
