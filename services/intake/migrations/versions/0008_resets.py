"""Forgotten passwords: requests, and codes that were mailed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "reset_requests",
        sa.Column("request_id", sa.Uuid, nullable=False),
        sa.Column("login_digest", sa.LargeBinary, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("asked_at", _TIME, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("account_id", sa.Uuid),
        sa.Column("at_home", sa.Boolean),
        sa.Column("sent", sa.Boolean),
        sa.Column("settled_at", _TIME),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"]),
        sa.PrimaryKeyConstraint("request_id"),
    )
    op.create_index(
        "reset_requests_open", "reset_requests", ["asked_at"], postgresql_where=sa.text("settled_at IS NULL")
    )
    op.create_index("reset_requests_of_account", "reset_requests", ["account_id"])
    op.add_column("activations", sa.Column("request_id", sa.Uuid))
    op.create_unique_constraint("activations_request_id_key", "activations", ["request_id"])
