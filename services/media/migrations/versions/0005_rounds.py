"""Judging again: the round of a material's verdict, doubts about accepted ones, what each run found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("materials", sa.Column("round", sa.Integer, nullable=False, server_default=sa.text("1")))
    op.add_column("materials", sa.Column("doubts", JSONB))
    op.create_table(
        "rounds",
        sa.Column("run", sa.Text, primary_key=True),
        sa.Column("material_id", sa.Uuid, primary_key=True),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("round", sa.Integer),
        sa.Column("before", JSONB, nullable=False),
        sa.Column("findings", JSONB, nullable=False),
        sa.Column("facts", JSONB),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.clock_timestamp()),
    )
    op.create_index("rounds_material", "rounds", ["material_id"])
