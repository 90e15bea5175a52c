"""Which files resemble which, as media tells of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "resemblances",
        sa.Column("material_id", sa.Uuid, primary_key=True),
        sa.Column("other_id", sa.Uuid, primary_key=True),
        sa.Column("sha256", sa.Text),
        sa.Column("other_entry_id", sa.Uuid, nullable=False),
        sa.Column("other_campaign_id", sa.Text, nullable=False),
        sa.Column("material", JSONB, nullable=False),
        sa.Column("other", JSONB, nullable=False),
        sa.Column("likeness", sa.Text, nullable=False),
        sa.Column("mirrored", sa.Boolean, nullable=False),
        sa.Column("distance", sa.Integer),
        sa.Column("correlation", sa.Float),
        sa.Column("more", sa.Boolean, nullable=False),
        sa.Column("found_at", _WHEN, nullable=False),
        sa.CheckConstraint("likeness IN ('same-file', 'near')", name="resemblances_likeness"),
    )
    op.create_index("resemblances_file", "resemblances", ["sha256", "found_at"])
    op.add_column("verdicts", sa.Column("sha256", sa.Text))
    op.execute("UPDATE verdicts SET sha256 = facts ->> 'sha256' WHERE facts IS NOT NULL")
    op.create_index("verdicts_told", "verdicts", ["sha256"], postgresql_where=sa.text("judged_at IS NULL"))
