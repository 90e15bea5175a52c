"""Sessions, second factors, tokens of programs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_NOW = sa.text("clock_timestamp()")


def upgrade() -> None:
    op.create_table(
        "sessions",
        sa.Column("session_id", sa.Uuid, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary),
        sa.Column("agent", sa.Text, server_default=sa.text("''"), nullable=False),
        sa.Column("address", sa.Text, server_default=sa.text("''"), nullable=False),
        sa.Column("created_at", _TIME, server_default=_NOW, nullable=False),
        sa.Column("seen_at", _TIME, server_default=_NOW, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME),
        sa.Column("ended_why", sa.Text),
        sa.CheckConstraint("kind IN ('page', 'api')", name="sessions_kind"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"]),
        sa.PrimaryKeyConstraint("session_id"),
        sa.UniqueConstraint("digest"),
    )
    op.create_index("sessions_of_account", "sessions", ["account_id"], postgresql_where=sa.text("ended_at IS NULL"))
    op.create_index("sessions_expired", "sessions", ["expires_at"])
    op.create_table(
        "second_factors",
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("made_at", _TIME, server_default=_NOW, nullable=False),
        sa.Column("confirmed_at", _TIME),
        sa.Column("last_step", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"]),
        sa.PrimaryKeyConstraint("account_id"),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("used_at", _TIME),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"]),
        sa.PrimaryKeyConstraint("account_id", "digest"),
    )
    op.create_table(
        "program_tokens",
        sa.Column("token_id", sa.Uuid, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("scopes", ARRAY(sa.Text), nullable=False),
        sa.Column("created_at", _TIME, server_default=_NOW, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("used_at", _TIME),
        sa.Column("revoked_at", _TIME),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"]),
        sa.PrimaryKeyConstraint("token_id"),
        sa.UniqueConstraint("digest"),
    )
    op.create_index("ix_program_tokens_account_id", "program_tokens", ["account_id"])
