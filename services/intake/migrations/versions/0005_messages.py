"""What happened to a unit is found by the unit."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("happenings_of_unit", "happenings", ["unit_code", "seq"])
