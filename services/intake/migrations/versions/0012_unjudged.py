"""Uploads that wait for a verdict are found without a look at all the others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("materials_unjudged", "materials", ["arrived_at"], postgresql_where=sa.text("state = 'uploaded'"))
