"""Files that were judged again: the round of the verdict that holds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("materials", sa.Column("round", sa.Integer, nullable=False, server_default=sa.text("0")))
    op.execute(
        "UPDATE materials SET round = 1 WHERE state IN ('accepted', 'rejected')"
        " OR removed_from IN ('accepted', 'rejected')"
    )
