"""A message may go to the mailbox that was registered before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("sealed_to", sa.Text))


def downgrade() -> None:
    op.drop_column("messages", "sealed_to")
