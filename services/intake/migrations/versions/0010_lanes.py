"""The queues beside the first one that an event may be put into."""

from __future__ import annotations

from alembic import op

from infra.bus.schema import add_lanes_v2

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_lanes_v2(op)
