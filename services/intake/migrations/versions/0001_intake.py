"""Accounts, campaigns, entries, revisions, materials, the timeline; and the bus's tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from infra.bus.schema import create_bus_tables_v1

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    create_bus_tables_v1(op)
    op.create_table(
        "accounts",
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("login", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("roles", ARRAY(sa.Text), nullable=False),
        sa.Column("unit_code", sa.Text),
        sa.Column("password_hash", sa.Text),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("disabled_at", _TIME),
        sa.Column("disabled_reason", sa.Text),
        sa.PrimaryKeyConstraint("account_id"),
        sa.UniqueConstraint("login"),
    )
    op.create_table(
        "activations",
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("used_at", _TIME),
        sa.Column("void_at", _TIME),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"]),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("ix_activations_account_id", "activations", ["account_id"])
    op.create_table(
        "sign_in_attempts",
        sa.Column("login_digest", sa.LargeBinary, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("window_began", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("login_digest", "address"),
    )
    op.create_index("ix_sign_in_attempts_window_began", "sign_in_attempts", ["window_began"])
    op.create_table(
        "campaigns",
        sa.Column("campaign_id", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("published_at", _TIME, nullable=False),
        sa.Column("notice_opens_at", _TIME),
        sa.Column("notice_closes_at", _TIME),
        sa.Column("decision_number", sa.Text),
        sa.Column("decided_at", _TIME),
        sa.PrimaryKeyConstraint("campaign_id"),
    )
    op.create_table(
        "campaign_versions",
        sa.Column("campaign_id", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("definition", JSONB, nullable=False),
        sa.Column("extensions", JSONB, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("made_by", sa.Uuid, nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.campaign_id"]),
        sa.PrimaryKeyConstraint("campaign_id", "version"),
    )
    op.create_table(
        "entries",
        sa.Column("entry_id", sa.Uuid, nullable=False),
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("campaign_id", sa.Text, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("unit_code", sa.Text, nullable=False),
        sa.Column("unit_name", sa.Text, nullable=False),
        sa.Column("unit_region", sa.Text, nullable=False),
        sa.Column("slot", sa.SmallInteger),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, server_default=sa.text("1"), nullable=False),
        sa.Column("revision", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("fields", JSONB, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("private", JSONB, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("title", sa.Text, server_default=sa.text("''"), nullable=False),
        sa.Column("receipt_number", sa.Text),
        sa.Column("digest", sa.Text),
        sa.Column("submitted_at", _TIME),
        sa.Column("mend_by", _TIME),
        sa.Column("findings", JSONB, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("created_by", sa.Uuid, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'returned', 'withdrawn', 'eligible', 'ineligible')", name="entries_state"
        ),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.campaign_id"]),
        sa.PrimaryKeyConstraint("entry_id"),
        sa.UniqueConstraint("receipt_number"),
        sa.UniqueConstraint("seq"),
    )
    op.create_index("entries_of_campaign", "entries", ["campaign_id", "seq"])
    op.create_index("entries_of_unit", "entries", ["campaign_id", "unit_code", "seq"])
    op.create_index(
        "entries_quota",
        "entries",
        ["campaign_id", "category", "unit_code", "slot"],
        unique=True,
        postgresql_where=sa.text("state <> 'withdrawn' AND slot IS NOT NULL"),
    )
    op.create_table(
        "revisions",
        sa.Column("entry_id", sa.Uuid, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("entry_version", sa.Integer, nullable=False),
        sa.Column("receipt_number", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("content", JSONB, nullable=False),
        sa.Column("private", JSONB, nullable=False),
        sa.Column("submitted_by", sa.Uuid, nullable=False),
        sa.Column("submitted_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.entry_id"]),
        sa.PrimaryKeyConstraint("entry_id", "revision"),
        sa.UniqueConstraint("entry_id", "entry_version", name="revisions_of_version"),
    )
    op.create_table(
        "receipt_numbers",
        sa.Column("campaign_id", sa.Text, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "category"),
    )
    op.create_table(
        "materials",
        sa.Column("material_id", sa.Uuid, nullable=False),
        sa.Column("entry_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("bucket", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("begun_by", sa.Uuid, nullable=False),
        sa.Column("begun_at", _TIME, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("upload_until", _TIME, nullable=False),
        sa.Column("changed_at", _TIME, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("cleaned_at", _TIME),
        sa.Column("findings", JSONB, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("object", JSONB),
        sa.Column("facts", JSONB),
        sa.CheckConstraint(
            "state IN ('uploading', 'uploaded', 'accepted', 'rejected', 'removed')", name="materials_state"
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.entry_id"]),
        sa.PrimaryKeyConstraint("material_id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("ix_materials_entry_id", "materials", ["entry_id"])
    op.create_index(
        "materials_to_clean",
        "materials",
        ["changed_at"],
        postgresql_where=sa.text("cleaned_at IS NULL AND state IN ('uploading', 'removed')"),
    )
    op.create_table(
        "happenings",
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("zh", sa.Text, nullable=False),
        sa.Column("en", sa.Text, nullable=False),
        sa.Column("campaign_id", sa.Text),
        sa.Column("entry_id", sa.Uuid),
        sa.Column("unit_code", sa.Text),
        sa.Column("data", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("happenings_of_campaign", "happenings", ["campaign_id", "seq"])
    op.create_index("happenings_of_entry", "happenings", ["entry_id", "seq"])
