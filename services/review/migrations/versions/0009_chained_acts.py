"""The record as a hash chain, campaign by campaign. What is on record already is sealed as it stands."""

from __future__ import annotations

from datetime import UTC

import sqlalchemy as sa
from alembic import op

from services.review.domain.audit import GENESIS, chained, content_of, seal

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_COLUMNS = ("campaign_id", "subject", "action", "actor_id", "actor_name", "cause", "before", "after", "reason")


def upgrade() -> None:
    op.create_table(
        "chains",
        sa.Column("campaign_id", sa.Text, primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
    )
    for name, kind in (("position", sa.BigInteger), ("sealed", sa.Text), ("hash", sa.Text)):
        op.add_column("acts", sa.Column(name, kind))
    op.execute("ALTER TABLE acts DISABLE TRIGGER acts_stand")
    _seal_what_is_there(op.get_bind())
    op.execute("ALTER TABLE acts ENABLE TRIGGER acts_stand")
    for name in ("position", "sealed", "hash"):
        op.alter_column("acts", name, nullable=False)
    op.create_index("acts_chain", "acts", ["campaign_id", "position"], unique=True)


def _seal_what_is_there(connection: sa.Connection) -> None:
    heads: dict[str, tuple[int, str]] = {}
    for row in connection.execute(sa.text("SELECT * FROM acts ORDER BY number")).mappings().all():
        position, before = heads.get(row["campaign_id"], (0, GENESIS))
        told = {name: row[name] for name in _COLUMNS} | {"actor_id": row["actor_id"] and str(row["actor_id"])}
        sealed = seal(content_of(position + 1, row["at"].astimezone(UTC), told))
        heads[row["campaign_id"]] = (position + 1, chained(before, sealed))
        connection.execute(
            sa.text("UPDATE acts SET position = :position, sealed = :sealed, hash = :hash WHERE number = :number"),
            {"position": position + 1, "sealed": sealed, "hash": chained(before, sealed), "number": row["number"]},
        )
    for campaign_id, (position, last) in heads.items():
        connection.execute(
            sa.text("INSERT INTO chains (campaign_id, position, hash) VALUES (:campaign_id, :position, :hash)"),
            {"campaign_id": campaign_id, "position": position, "hash": last},
        )
