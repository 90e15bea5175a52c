"""Notify's tables. Migrations create them; tests compare the two."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from infra.bus.outbox import bus_tables

metadata = MetaData()
bus = bus_tables(metadata)


def _when(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


campaigns = Table(
    "campaigns",
    metadata,
    Column("campaign_id", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("definition", JSONB, nullable=False),
    Column("extensions", JSONB, nullable=False),
    _when("known_at"),
)

entries = Table(
    "entries",
    metadata,
    Column("entry_id", Uuid, primary_key=True),
    Column("campaign_id", Text, nullable=False),
    Column("unit_code", Text, nullable=False),
    Column("unit_name", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("state", Text, nullable=False),
    _when("changed_at"),
    Column("title", Text, nullable=False),
    Column("receipt_number", Text, nullable=False),
    _when("mend_by", nullable=True),
    Column("exempt", Boolean, nullable=False),
    Index("entries_of_unit", "campaign_id", "unit_code"),
)

assessments = Table(
    "assessments",
    metadata,
    Column("assessment_id", Uuid, primary_key=True),
    Column("campaign_id", Text, nullable=False),
    Column("entry_id", Uuid, nullable=False),
    Column("expert_id", Uuid, nullable=False),
    Column("category", Text, nullable=False),
    _when("due_at", nullable=True),
    _when("assigned_at", nullable=True),
    _when("submitted_at", nullable=True),
    _when("revoked_at", nullable=True),
    Index("assessments_of_expert", "campaign_id", "expert_id"),
)

list_parts = Table(  # of public lists that came in several events
    "list_parts",
    metadata,
    Column("list", Text, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("listed", JSONB, nullable=False),
)

contacts = Table(
    "contacts",
    metadata,
    Column("account_id", Uuid, primary_key=True),
    Column("sealed", Text, nullable=False),  # name, mobile, mailbox: readable with the contact key alone
    Column("unit_code", Text),
    Column("roles", ARRAY(Text), nullable=False),
    Column("addresses", ARRAY(Text), nullable=False),  # addressees, as `unit:js`; no mailboxes
    _when("changed_at"),
    _when("refused_at", nullable=True),
    Index("contacts_addresses", "addresses", postgresql_using="gin"),
)

disabled_accounts = Table(
    "disabled_accounts",
    metadata,
    Column("account_id", Uuid, primary_key=True),
    _when("disabled_at"),
)

ended_sessions = Table(  # kept for as long as a token of theirs could still be in time
    "ended_sessions",
    metadata,
    Column("session_id", Uuid, primary_key=True),
    _when("ended_at"),
    Index("ended_sessions_old", "ended_at"),
)

letters = Table(
    "letters",
    metadata,
    Column("letter_id", Uuid, primary_key=True),
    Column("cause", Text, nullable=False),
    Column("addressee", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("campaign_id", Text),  # absent: about an account itself
    Column("entry_id", Uuid),
    Column("facts", JSONB, nullable=False),
    _when("useful_until"),
    Column("correlation", Text, nullable=False),
    Column("causation", Text),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    _when("look_at"),
    _when("written_at"),
    UniqueConstraint("cause", "addressee", name="letters_once"),
    Index("letters_waiting", "look_at", postgresql_where=text("state = 'waiting'")),
    Index("letters_waiting_for", "addressee", postgresql_where=text("state = 'waiting'")),
    Index("letters_log", "campaign_id", "written_at", "letter_id"),
)

messages = Table(
    "messages",
    metadata,
    Column("message_id", Uuid, primary_key=True),
    Column("letter_id", Uuid, ForeignKey("letters.letter_id"), nullable=False),
    Column("cause", Text, nullable=False),
    Column("account_id", Uuid, nullable=False),
    Column("channel", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    _when("queued_at"),
    _when("next_at"),
    _when("give_up_at"),
    Column("lease", Uuid),
    _when("leased_until", nullable=True),
    _when("concluded_at", nullable=True),
    Column("header_id", Text),  # the Message-ID it went out under
    Column("reply", Text),  # what the server last said, without mailboxes
    Column("sealed_to", Text),  # the contact that it goes to instead of the registered one, until it is concluded
    UniqueConstraint("cause", "account_id", "channel", name="messages_once"),
    Index("messages_queued", "next_at", postgresql_where=text("state = 'queued'")),
    Index("messages_of_account", "account_id", "queued_at", "message_id"),
    Index("messages_of_letter", "letter_id"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("message_id", Uuid, ForeignKey("messages.message_id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    _when("began_at"),
    _when("ended_at", nullable=True),  # absent: the worker that made it was gone before it ended
    Column("outcome", Text),
    Column("phase", Text),
    Column("code", Integer),
    Column("reply", Text),
)

password_codes = Table(
    "password_codes",
    metadata,
    Column("request_id", Uuid, primary_key=True),
    Column("account_id", Uuid, nullable=False),
    Column("letter_id", Uuid, nullable=False),
    Column("sealed", Text),  # the code, readable with the contact key alone, and only until its mail has gone out
    _when("issued_at"),
    _when("expires_at"),
    Index("password_codes_of_letter", "letter_id"),
    Index("password_codes_kept", "account_id", postgresql_where=text("sealed IS NOT NULL")),
)

reminders = Table(
    "reminders",
    metadata,
    Column("reminder_id", Uuid, primary_key=True),
    Column("campaign_id", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    _when("due_at"),
    Column("audience", Text, nullable=False),
    Column("anchor", Text, nullable=False),
    _when("anchor_at"),
    Column("offset_seconds", BigInteger, nullable=False),
    Column("useful_seconds", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    _when("look_at"),
    _when("sent_at", nullable=True),
    UniqueConstraint("campaign_id", "rule", "recipient", "due_at", "offset_seconds", name="reminders_once"),
    Index("reminders_open", "look_at", postgresql_where=text("state IN ('planned', 'waiting')")),
    Index("reminders_plan", "campaign_id", "due_at", "reminder_id"),
)
