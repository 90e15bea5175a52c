"""The bus's tables as migrations create them: each service's first Alembic revision calls create_bus_tables_v1.

A migration never changes once it is out: a later shape is a `create_bus_tables_v2` or an `alter_…` beside this one.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic.operations import Operations


def create_bus_tables_v1(op: Operations) -> None:
    """Create `outbox` and `inbox` exactly as infra.bus.outbox.bus_tables describes them."""
    op.create_table(
        "outbox",
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("id", sa.Uuid, nullable=False, unique=True),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("correlation", sa.Text, nullable=False),
        sa.Column("causation", sa.Text),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.clock_timestamp()),
        sa.Column("published_at", sa.DateTime(timezone=True)),
        sa.Column("failures", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("not_before", sa.DateTime(timezone=True)),
        sa.Column("last_error", sa.Text),
    )
    op.create_index("outbox_waiting", "outbox", ["seq"], postgresql_where=sa.text("published_at IS NULL"))
    held = sa.text("published_at IS NULL AND not_before IS NOT NULL")
    op.create_index("outbox_held", "outbox", ["subject"], postgresql_where=held)
    op.create_index("outbox_correlation", "outbox", ["correlation"])
    op.create_table(
        "inbox",
        sa.Column("consumer", sa.Text, primary_key=True),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("correlation", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.clock_timestamp()),
    )
    op.create_index("inbox_correlation", "inbox", ["correlation"])


def add_lanes_v2(op: Operations) -> None:
    """Give `outbox` its lane: the queues beside the first one that an event may be put into."""
    op.add_column("outbox", sa.Column("lane", sa.Text, nullable=False, server_default=sa.text("''")))
