"""Intake's tables. Migrations create them; a test compares the two."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from infra.bus.outbox import bus_tables
from services.intake.store.people_tables import people_tables

METADATA = MetaData()
BUS = bus_tables(METADATA)

_TIME = DateTime(timezone=True)

ACCOUNTS = Table(
    "accounts",
    METADATA,
    Column("account_id", Uuid, primary_key=True),
    Column("login", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("roles", ARRAY(Text), nullable=False),
    Column("unit_code", Text),
    Column("password_hash", Text),  # argon2id; absent until the account is activated
    Column("created_at", _TIME, nullable=False),
    Column("disabled_at", _TIME),
    Column("disabled_reason", Text),
    Column("contact_at", _TIME),  # since when notify knows how the account is reached
)

ACTIVATIONS = Table(
    "activations",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),  # of the code; the code itself is kept nowhere
    Column("account_id", Uuid, ForeignKey("accounts.account_id"), nullable=False, index=True),
    Column("expires_at", _TIME, nullable=False),
    Column("used_at", _TIME),
    Column("void_at", _TIME),  # replaced by a later code
    Column("request_id", Uuid, unique=True),  # of a code that notify made and mailed; others are handed out as letters
)

RESET_REQUESTS = Table(
    "reset_requests",
    METADATA,
    Column("request_id", Uuid, primary_key=True),
    Column("login_digest", LargeBinary, nullable=False),  # what people type is not kept in clear
    Column("address", Text, nullable=False),
    Column("asked_at", _TIME, nullable=False, server_default=text("clock_timestamp()")),
    Column("account_id", Uuid, ForeignKey("accounts.account_id")),  # once it is settled, if there is one
    Column("at_home", Boolean),
    Column("sent", Boolean),
    Column("settled_at", _TIME),
    Index("reset_requests_open", "asked_at", postgresql_where=text("settled_at IS NULL")),
    Index("reset_requests_of_account", "account_id"),
)

SIGN_IN_ATTEMPTS = Table(
    "sign_in_attempts",
    METADATA,
    Column("login_digest", LargeBinary, primary_key=True),
    Column("address", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("window_began", _TIME, nullable=False, index=True),
)

SESSIONS, SECOND_FACTORS, RECOVERY_CODES, PROGRAM_TOKENS, UNITS = people_tables(METADATA)

CAMPAIGNS = Table(
    "campaigns",
    METADATA,
    Column("campaign_id", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("published_at", _TIME, nullable=False),
    Column("notice_opens_at", _TIME),
    Column("notice_closes_at", _TIME),
    Column("decision_number", Text),
    Column("decided_at", _TIME),
)

CAMPAIGN_VERSIONS = Table(
    "campaign_versions",
    METADATA,
    Column("campaign_id", Text, ForeignKey("campaigns.campaign_id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("definition", JSONB, nullable=False),
    Column("extensions", JSONB, nullable=False),
    Column("act", Text, nullable=False),  # opened, amended, extended or closed
    Column("reason", Text, nullable=False),  # why it was amended; empty for the first
    Column("made_by", Uuid, nullable=False),
    Column("made_at", _TIME, nullable=False),
)

ENTRIES = Table(
    "entries",
    METADATA,
    Column("entry_id", Uuid, primary_key=True),
    Column("seq", BigInteger, Identity(always=True), nullable=False, unique=True),  # what lists are sorted by
    Column("campaign_id", Text, ForeignKey("campaigns.campaign_id"), nullable=False),
    Column("category", Text, nullable=False),
    Column("unit_code", Text, nullable=False),
    Column("unit_name", Text, nullable=False),
    Column("unit_region", Text, nullable=False),
    Column("slot", SmallInteger),  # which of the unit's places it holds; null without a quota or exempt from it
    Column("places", SmallInteger),  # how many the unit has in the category; null where there is no quota
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("revision", Integer, nullable=False, server_default=text("0")),
    Column("fields", JSONB, nullable=False, server_default=text("'{}'")),
    Column("private", JSONB, nullable=False, server_default=text("'{}'")),  # personal contact data, each encrypted
    Column("saved", JSONB, nullable=False, server_default=text("'{}'")),  # of each text: version, by, since, at
    Column("title", Text, nullable=False, server_default=text("''")),  # of the last submitted revision
    Column("receipt_number", Text, unique=True),
    Column("digest", Text),
    Column("submitted_at", _TIME),
    Column("campaign_version", Integer),  # of the definition under which it was last submitted
    Column("mend_by", _TIME),
    Column("findings", JSONB, nullable=False, server_default=text("'[]'")),  # of the last verdict
    Column("created_by", Uuid, nullable=False),
    Column("created_at", _TIME, nullable=False),
    Column("updated_at", _TIME, nullable=False),
    CheckConstraint(
        "state IN ('draft', 'submitted', 'returned', 'withdrawn', 'eligible', 'ineligible')", name="entries_state"
    ),
    # The quota: a unit's places in a category are numbered, and each holds one entry that is not withdrawn.
    Index(
        "entries_quota",
        "campaign_id",
        "category",
        "unit_code",
        "slot",
        unique=True,
        postgresql_where=text("state <> 'withdrawn' AND slot IS NOT NULL"),
    ),
    Index("entries_of_campaign", "campaign_id", "seq"),
    Index("entries_of_unit", "campaign_id", "unit_code", "seq"),
)

EARLIER_TEXTS = Table(
    "earlier_texts",
    METADATA,
    Column("seq", BigInteger, Identity(always=True), primary_key=True),
    Column("entry_id", Uuid, ForeignKey("entries.entry_id"), nullable=False),
    Column("field", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("sealed", Boolean, nullable=False),  # whether the text is personal contact data, encrypted
    Column("version", Integer, nullable=False),
    Column("written_by", Uuid, nullable=False),
    Column("written_at", _TIME, nullable=False),
    Column("why", Text, nullable=False),
    CheckConstraint("why IN ('replaced', 'set-aside')", name="earlier_texts_why"),
    Index("earlier_texts_of_field", "entry_id", "field", "seq"),
    Index("earlier_texts_of_entry", "entry_id", "seq"),
)

RECEIPT_NUMBERS = Table(
    "receipt_numbers",
    METADATA,
    Column("campaign_id", Text, primary_key=True),
    Column("category", Text, primary_key=True),
    Column("last", Integer, nullable=False),
)

REVISIONS = Table(
    "revisions",
    METADATA,
    Column("entry_id", Uuid, ForeignKey("entries.entry_id"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("entry_version", Integer, nullable=False),  # what the unit submitted: the same again is the same receipt
    Column("receipt_number", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("content", JSONB, nullable=False),  # what the digest is of
    Column("private", JSONB, nullable=False),  # personal contact data as it stood, encrypted
    Column("submitted_by", Uuid, nullable=False),
    Column("submitted_at", _TIME, nullable=False),
    Column("campaign_version", Integer, nullable=False),  # of the definition that it is judged by
    UniqueConstraint("entry_id", "entry_version", name="revisions_of_version"),
)

MATERIALS = Table(
    "materials",
    METADATA,
    Column("material_id", Uuid, primary_key=True),
    Column("entry_id", Uuid, ForeignKey("entries.entry_id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("bucket", Text, nullable=False),
    Column("key", Text, nullable=False, unique=True),
    Column("size", BigInteger, nullable=False),
    Column("begun_by", Uuid, nullable=False),
    Column("begun_at", _TIME, nullable=False, server_default=text("clock_timestamp()")),
    Column("upload_until", _TIME, nullable=False),
    Column("changed_at", _TIME, nullable=False, server_default=text("clock_timestamp()")),
    Column("cleaned_at", _TIME),  # when what had been uploaded for it was removed from quarantine
    Column("findings", JSONB, nullable=False, server_default=text("'[]'")),
    Column("object", JSONB),
    Column("facts", JSONB),
    Column("caption", Text, nullable=False, server_default=text("''")),
    Column("arrived_at", _TIME),  # when storage was found to hold the whole file
    Column("upload_id", Text),  # storage's name for an upload in parts
    Column("hint", Text),  # the SHA-256 that the sender says the file has
    Column("removed_from", Text),  # the state before it was removed
    Column("round", Integer, nullable=False, server_default=text("0")),  # of the verdict that holds; 0 before the first
    Column("renditions", JSONB),  # the pictures that were made of it; NULL until media has told of them
    Column("placeholder", Text, nullable=False, server_default=text("''")),
    Column("warnings", JSONB, nullable=False, server_default=text("'[]'")),  # media's advice about a video
    Column("playable", Text),  # where its copy for browsers stands, if it needs one
    Column("heir_of", Uuid),  # the file of an earlier entry whose object this one shares
    CheckConstraint("state IN ('uploading', 'uploaded', 'accepted', 'rejected', 'removed')", name="materials_state"),
    Index("materials_unjudged", "arrived_at", postgresql_where=text("state = 'uploaded'")),
    Index("materials_heirs", "heir_of", postgresql_where=text("heir_of IS NOT NULL")),
    Index(
        "materials_to_clean",
        "changed_at",
        postgresql_where=text("cleaned_at IS NULL AND state IN ('uploading', 'removed', 'rejected')"),
    ),
)

HAPPENINGS = Table(
    "happenings",
    METADATA,
    Column("seq", BigInteger, Identity(always=True), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("at", _TIME, nullable=False),
    Column("zh", Text, nullable=False),
    Column("en", Text, nullable=False),
    Column("campaign_id", Text),
    Column("entry_id", Uuid),
    Column("unit_code", Text),
    Column("data", JSONB, nullable=False),
    Index("happenings_of_campaign", "campaign_id", "seq"),
    Index("happenings_of_entry", "entry_id", "seq"),
    Index("happenings_of_unit", "unit_code", "seq"),
)
