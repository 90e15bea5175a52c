"""Tables of notify."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from infra.bus.schema import create_bus_tables_v1

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _when(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    create_bus_tables_v1(op)
    _picture()
    _people()
    _post()
    _plans()


def _picture() -> None:
    op.create_table(
        "campaigns",
        sa.Column("campaign_id", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("definition", postgresql.JSONB, nullable=False),
        sa.Column("extensions", postgresql.JSONB, nullable=False),
        _when("known_at"),
    )
    op.create_table(
        "entries",
        sa.Column("entry_id", sa.Uuid, primary_key=True),
        sa.Column("campaign_id", sa.Text, nullable=False),
        sa.Column("unit_code", sa.Text, nullable=False),
        sa.Column("unit_name", sa.Text, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        _when("changed_at"),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("receipt_number", sa.Text, nullable=False),
        _when("mend_by", nullable=True),
        sa.Column("exempt", sa.Boolean, nullable=False),
    )
    op.create_index("entries_of_unit", "entries", ["campaign_id", "unit_code"])
    op.create_table(
        "assessments",
        sa.Column("assessment_id", sa.Uuid, primary_key=True),
        sa.Column("campaign_id", sa.Text, nullable=False),
        sa.Column("entry_id", sa.Uuid, nullable=False),
        sa.Column("expert_id", sa.Uuid, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        _when("due_at", nullable=True),
        _when("assigned_at", nullable=True),
        _when("submitted_at", nullable=True),
    )
    op.create_index("assessments_of_expert", "assessments", ["campaign_id", "expert_id"])


def _people() -> None:
    op.create_table(
        "contacts",
        sa.Column("account_id", sa.Uuid, primary_key=True),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("unit_code", sa.Text),
        sa.Column("roles", postgresql.ARRAY(sa.Text), nullable=False),
        sa.Column("addresses", postgresql.ARRAY(sa.Text), nullable=False),
        _when("changed_at"),
        _when("refused_at", nullable=True),
    )
    op.create_index("contacts_addresses", "contacts", ["addresses"], postgresql_using="gin")
    op.create_table(
        "disabled_accounts",
        sa.Column("account_id", sa.Uuid, primary_key=True),
        _when("disabled_at"),
    )


def _post() -> None:
    op.create_table(
        "letters",
        sa.Column("letter_id", sa.Uuid, primary_key=True),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("addressee", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("campaign_id", sa.Text, nullable=False),
        sa.Column("entry_id", sa.Uuid),
        sa.Column("facts", postgresql.JSONB, nullable=False),
        _when("useful_until"),
        sa.Column("correlation", sa.Text, nullable=False),
        sa.Column("causation", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        _when("look_at"),
        _when("written_at"),
        sa.UniqueConstraint("cause", "addressee", name="letters_once"),
    )
    waiting = sa.text("state = 'waiting'")
    op.create_index("letters_waiting", "letters", ["look_at"], postgresql_where=waiting)
    op.create_index("letters_waiting_for", "letters", ["addressee"], postgresql_where=waiting)
    op.create_index("letters_log", "letters", ["campaign_id", "written_at", "letter_id"])
    op.create_table(
        "messages",
        sa.Column("message_id", sa.Uuid, primary_key=True),
        sa.Column("letter_id", sa.Uuid, sa.ForeignKey("letters.letter_id"), nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        _when("queued_at"),
        _when("next_at"),
        _when("give_up_at"),
        sa.Column("lease", sa.Uuid),
        _when("leased_until", nullable=True),
        _when("concluded_at", nullable=True),
        sa.Column("header_id", sa.Text),
        sa.Column("reply", sa.Text),
        sa.UniqueConstraint("cause", "account_id", "channel", name="messages_once"),
    )
    queued = sa.text("state = 'queued'")
    op.create_index("messages_queued", "messages", ["next_at"], postgresql_where=queued)
    op.create_index("messages_of_account", "messages", ["account_id", "queued_at", "message_id"])
    op.create_index("messages_of_letter", "messages", ["letter_id"])
    op.create_table(
        "attempts",
        sa.Column("message_id", sa.Uuid, sa.ForeignKey("messages.message_id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        _when("began_at"),
        _when("ended_at", nullable=True),
        sa.Column("outcome", sa.Text),
        sa.Column("phase", sa.Text),
        sa.Column("code", sa.Integer),
        sa.Column("reply", sa.Text),
    )


def _plans() -> None:
    op.create_table(
        "reminders",
        sa.Column("reminder_id", sa.Uuid, primary_key=True),
        sa.Column("campaign_id", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        _when("due_at"),
        sa.Column("audience", sa.Text, nullable=False),
        sa.Column("anchor", sa.Text, nullable=False),
        _when("anchor_at"),
        sa.Column("offset_seconds", sa.BigInteger, nullable=False),
        sa.Column("useful_seconds", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        _when("look_at"),
        _when("sent_at", nullable=True),
        sa.UniqueConstraint("campaign_id", "rule", "recipient", "due_at", "offset_seconds", name="reminders_once"),
    )
    open_rows = sa.text("state IN ('planned', 'waiting')")
    op.create_index("reminders_open", "reminders", ["look_at"], postgresql_where=open_rows)
    op.create_index("reminders_plan", "reminders", ["campaign_id", "due_at", "reminder_id"])


def downgrade() -> None:
    for table in (
        *("reminders", "attempts", "messages", "letters", "disabled_accounts", "contacts"),
        *("assessments", "entries", "campaigns", "inbox", "outbox"),
    ):
        op.drop_table(table)
