"""Codes that wait for their mail; letters that are of no campaign."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.alter_column("letters", "campaign_id", nullable=True)
    op.create_table(
        "password_codes",
        sa.Column("request_id", sa.Uuid, primary_key=True),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("letter_id", sa.Uuid, nullable=False),
        sa.Column("sealed", sa.Text),
        sa.Column("issued_at", _WHEN, nullable=False),
        sa.Column("expires_at", _WHEN, nullable=False),
    )
    op.create_index("password_codes_of_letter", "password_codes", ["letter_id"])
    op.create_index(
        "password_codes_kept", "password_codes", ["account_id"], postgresql_where=sa.text("sealed IS NOT NULL")
    )


def downgrade() -> None:
    op.drop_table("password_codes")
    op.execute(
        "DELETE FROM attempts USING messages, letters WHERE attempts.message_id = messages.message_id "
        "AND messages.letter_id = letters.letter_id AND letters.campaign_id IS NULL"
    )
    op.execute(
        "DELETE FROM messages USING letters "
        "WHERE messages.letter_id = letters.letter_id AND letters.campaign_id IS NULL"
    )
    op.execute("DELETE FROM letters WHERE campaign_id IS NULL")
    op.alter_column("letters", "campaign_id", nullable=False)
