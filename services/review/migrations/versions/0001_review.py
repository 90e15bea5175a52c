"""Everything that review keeps at first: campaigns, cases, panel, assessments, lists, record, outbox, inbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from infra.bus.schema import create_bus_tables_v1

revision = "0001"
down_revision = None

_WHEN = sa.DateTime(timezone=True)
_NOW = sa.func.clock_timestamp()
_LIVE = sa.text("state IN ('assigned', 'submitted')")
_SUBMITTED = sa.text("revision > 0")


def upgrade() -> None:
    create_bus_tables_v1(op)
    _create_campaigns_and_cases()
    _create_panel()
    _create_lists_and_notes()
    _create_record()


def _create_campaigns_and_cases() -> None:
    op.create_table(
        "campaigns",
        sa.Column("campaign_id", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("definition", JSONB, nullable=False),
        sa.Column("extensions", JSONB, nullable=False),
        sa.Column("received_at", _WHEN, nullable=False, server_default=_NOW),
    )
    op.create_table(
        "cases",
        sa.Column("entry_id", sa.Uuid, primary_key=True),
        sa.Column("campaign_id", sa.Text, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("unit_code", sa.Text, nullable=False),
        sa.Column("unit_name", sa.Text, nullable=False),
        sa.Column("unit_region", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("receipt_number", sa.Text, nullable=False),
        sa.Column("submitted_at", _WHEN),
        sa.Column("withdrawn_at", _WHEN),
        sa.Column("withdrawal_reason", sa.Text, nullable=False),
        sa.Column("material_ids", ARRAY(sa.Uuid), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("opened_at", _WHEN, nullable=False, server_default=_NOW),
        sa.CheckConstraint("state IN ('open', 'returned', 'eligible', 'ineligible', 'withdrawn')", name="cases_state"),
        sa.CheckConstraint("(revision = 0) = (submitted_at IS NULL)", name="cases_submitted"),
    )
    for name, filters in (
        ("cases_queue", []),
        ("cases_queue_state", ["state"]),
        ("cases_queue_category", ["category"]),
        ("cases_queue_state_category", ["state", "category"]),
    ):
        columns = ["campaign_id", *filters, "submitted_at", "entry_id"]
        op.create_index(name, "cases", columns, postgresql_where=_SUBMITTED)
    op.create_index("cases_unit", "cases", ["campaign_id", "unit_code", "category"])
    op.create_table(
        "revisions",
        sa.Column("entry_id", sa.Uuid, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("campaign_version", sa.Integer, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("fields", JSONB, nullable=False),
        sa.Column("materials", JSONB, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("submitted_by", sa.Uuid, nullable=False),
        sa.Column("submitted_at", _WHEN, nullable=False),
        sa.Column("received_at", _WHEN, nullable=False, server_default=_NOW),
        sa.Column("verdict", sa.Text),
        sa.Column("conditions", JSONB),
        sa.Column("findings", JSONB),
        sa.Column("mend_by", _WHEN),
        sa.Column("decided_by", sa.Uuid),
        sa.Column("decided_by_name", sa.Text),
        sa.Column("decided_at", _WHEN),
        sa.CheckConstraint("verdict IN ('eligible', 'ineligible', 'return')", name="revisions_verdict"),
        sa.CheckConstraint("(verdict IS NULL) = (decided_at IS NULL)", name="revisions_decided"),
    )
    op.create_table(
        "verdicts",
        sa.Column("material_id", sa.Uuid, primary_key=True),
        sa.Column("entry_id", sa.Uuid, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("object", JSONB),
        sa.Column("facts", JSONB),
        sa.Column("findings", JSONB, nullable=False),
        sa.Column("judged_at", _WHEN),
        sa.CheckConstraint("state IN ('accepted', 'rejected')", name="verdicts_state"),
    )


def _create_panel() -> None:
    op.create_table(
        "experts",
        sa.Column("campaign_id", sa.Text, primary_key=True),
        sa.Column("account_id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("region", sa.Text, nullable=False),
        sa.Column("categories", ARRAY(sa.Text), nullable=False),
        sa.Column("enrolled_at", _WHEN, nullable=False, server_default=_NOW),
    )
    op.create_table(
        "conflicts",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("campaign_id", sa.Text, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("entry_id", sa.Uuid),
        sa.Column("unit_code", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("marked_by", sa.Uuid, nullable=False),
        sa.Column("marked_by_name", sa.Text, nullable=False),
        sa.Column("marked_at", _WHEN, nullable=False, server_default=_NOW),
        sa.ForeignKeyConstraint(
            ["campaign_id", "account_id"], ["experts.campaign_id", "experts.account_id"], name="conflicts_expert"
        ),
        sa.CheckConstraint("kind IN ('declared', 'pinned')", name="conflicts_kind"),
        sa.CheckConstraint("(entry_id IS NULL) <> (unit_code IS NULL)", name="conflicts_about"),
    )
    op.create_index(
        "conflicts_once",
        "conflicts",
        ["campaign_id", "account_id", "kind", "entry_id", "unit_code"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "assessments",
        sa.Column("assessment_id", sa.Uuid, primary_key=True),
        sa.Column("campaign_id", sa.Text, nullable=False),
        sa.Column("entry_id", sa.Uuid, sa.ForeignKey("cases.entry_id", name="assessments_case"), nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("expert_id", sa.Uuid, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("due_at", _WHEN, nullable=False),
        sa.Column("assigned_at", _WHEN, nullable=False),
        sa.Column("scores", JSONB),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("submitted_at", _WHEN),
        sa.Column("ended_at", _WHEN),
        sa.Column("reason", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id", "expert_id"],
            ["experts.campaign_id", "experts.account_id"],
            name="assessments_expert_known",
        ),
        sa.CheckConstraint("state IN ('assigned', 'submitted', 'recused', 'struck')", name="assessments_state"),
        sa.CheckConstraint("state <> 'submitted' OR scores IS NOT NULL", name="assessments_scored"),
    )
    op.create_index("assessments_live", "assessments", ["entry_id", "expert_id"], unique=True, postgresql_where=_LIVE)
    op.create_index("assessments_entry", "assessments", ["entry_id"])
    op.create_index(
        "assessments_expert", "assessments", ["expert_id", "assigned_at", "assessment_id"], postgresql_where=_LIVE
    )
    op.create_index("assessments_campaign", "assessments", ["campaign_id"], postgresql_where=_LIVE)


def _create_lists_and_notes() -> None:
    for table, verb, columns in (
        (
            "notices",
            "given",
            [sa.Column("opens_at", _WHEN, nullable=False), sa.Column("closes_at", _WHEN, nullable=False)],
        ),
        (
            "decisions",
            "published",
            [sa.Column("number", sa.Text, nullable=False), sa.Column("issuer", sa.Text, nullable=False)],
        ),
    ):
        op.create_table(
            table,
            sa.Column("campaign_id", sa.Text, primary_key=True),
            *columns,
            sa.Column("places", JSONB, nullable=False),
            sa.Column("listed", JSONB, nullable=False),
            sa.Column(f"{verb}_by", sa.Uuid, nullable=False),
            sa.Column(f"{verb}_by_name", sa.Text, nullable=False),
            sa.Column(f"{verb}_at", _WHEN, nullable=False),
        )
    op.create_table(
        "disabled_accounts",
        sa.Column("account_id", sa.Uuid, primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("disabled_at", _WHEN, nullable=False),
    )
    op.create_table(
        "notes",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("campaign_id", sa.Text),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("at", _WHEN, nullable=False),
        sa.CheckConstraint("kind IN ('reminder-sent', 'message-bounced')", name="notes_kind"),
    )
    op.create_index("notes_recipient", "notes", ["recipient", "at"])


def _create_record() -> None:
    op.create_table(
        "acts",
        sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("at", _WHEN, nullable=False, server_default=_NOW),
        sa.Column("campaign_id", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("actor_id", sa.Uuid),
        sa.Column("actor_name", sa.Text, nullable=False),
        sa.Column("cause", sa.Text),
        sa.Column("before", JSONB, nullable=False),
        sa.Column("after", JSONB, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_index("acts_subject", "acts", ["subject", "number"])
    op.create_index("acts_campaign", "acts", ["campaign_id", "number"])
    # What is on record stays as it is; a published list, too.
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$
        """
    )
    for table in ("acts", "notices", "decisions"):
        op.execute(
            f"CREATE TRIGGER {table}_stand BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
