"""Files that were taken over into a new entry: what media tells later of the first holds of these, too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("materials", sa.Column("heir_of", sa.Uuid))
    op.create_index("materials_heirs", "materials", ["heir_of"], postgresql_where=sa.text("heir_of IS NOT NULL"))
