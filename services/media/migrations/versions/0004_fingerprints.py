"""What photos look like, which materials resemble each other, and what cameras wrote down."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_WHEN = sa.DateTime(timezone=True)
_NOW = sa.func.clock_timestamp()


def upgrade() -> None:
    op.create_index("materials_sha256", "materials", ["sha256"])
    op.create_table(
        "pictures",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("sha256", sa.Text, nullable=False, unique=True),
        sa.Column("thumbnail", sa.LargeBinary, nullable=False),
        sa.Column("made_at", _WHEN, nullable=False, server_default=_NOW),
    )
    op.create_table(
        "picture_bands",
        sa.Column("key", sa.Integer, primary_key=True),
        sa.Column("hash", sa.BigInteger, primary_key=True),
        sa.Column("picture", sa.BigInteger, primary_key=True),
    )
    op.create_table(
        "resemblances",
        sa.Column("first", sa.Uuid, primary_key=True),
        sa.Column("second", sa.Uuid, primary_key=True),
        sa.Column("likeness", sa.Text, nullable=False),
        sa.Column("found_at", _WHEN, nullable=False, server_default=_NOW),
        sa.CheckConstraint("first < second", name="resemblances_order"),
        sa.CheckConstraint("likeness IN ('same-file', 'near')", name="resemblances_likeness"),
    )
    op.create_table(
        "captures",
        sa.Column("material_id", sa.Uuid, primary_key=True),
        sa.Column("taken_at", sa.DateTime(timezone=False)),
        sa.Column("zone", sa.Text, nullable=False),
        sa.Column("make", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("read_at", _WHEN, nullable=False, server_default=_NOW),
    )
    op.create_index("captures_read", "captures", ["read_at"])
