"""The tables of review. migrations/versions creates exactly these; a test compares the two."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import JSONB as PG_JSONB

from infra.bus.outbox import bus_tables

METADATA = MetaData()
BUS = bus_tables(METADATA)

JSONB = PG_JSONB(none_as_null=True)
_WHEN = DateTime(timezone=True)
_NOW = func.clock_timestamp()

campaigns = Table(
    "campaigns",
    METADATA,
    Column("campaign_id", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("definition", JSONB, nullable=False),
    Column("extensions", JSONB, nullable=False),
    Column("received_at", _WHEN, nullable=False, server_default=_NOW),
)

cases = Table(
    "cases",
    METADATA,
    Column("entry_id", Uuid, primary_key=True),
    Column("campaign_id", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("unit_code", Text, nullable=False),
    Column("unit_name", Text, nullable=False),
    Column("unit_region", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("revision", Integer, nullable=False),  # 0: withdrawn before any revision arrived
    Column("title", Text, nullable=False),
    Column("receipt_number", Text, nullable=False),
    Column("submitted_at", _WHEN),
    Column("withdrawn_at", _WHEN),
    Column("withdrawal_reason", Text, nullable=False),
    Column("material_ids", ARRAY(Uuid), nullable=False, server_default=text("'{}'")),  # of the newest revision
    Column("opened_at", _WHEN, nullable=False, server_default=_NOW),
    CheckConstraint("state IN ('open', 'returned', 'eligible', 'ineligible', 'withdrawn')", name="cases_state"),
    CheckConstraint("(revision = 0) = (submitted_at IS NULL)", name="cases_submitted"),
    # The queue by time of submission, for each combination of filters: a page costs the same at any depth.
    Index("cases_queue", "campaign_id", "submitted_at", "entry_id", postgresql_where=text("revision > 0")),
    Index(
        "cases_queue_state", "campaign_id", "state", "submitted_at", "entry_id", postgresql_where=text("revision > 0")
    ),
    Index(
        "cases_queue_category",
        "campaign_id",
        "category",
        "submitted_at",
        "entry_id",
        postgresql_where=text("revision > 0"),
    ),
    Index(
        "cases_queue_state_category",
        "campaign_id",
        "state",
        "category",
        "submitted_at",
        "entry_id",
        postgresql_where=text("revision > 0"),
    ),
    Index("cases_unit", "campaign_id", "unit_code", "category"),
    Index("cases_receipt", "receipt_number"),
)

revisions = Table(
    "revisions",
    METADATA,
    Column("entry_id", Uuid, primary_key=True),  # no foreign key: content may arrive in any order
    Column("number", Integer, primary_key=True),
    Column("campaign_version", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("fields", JSONB, nullable=False),
    Column("materials", JSONB, nullable=False),
    Column("digest", Text, nullable=False),
    Column("submitted_by", Uuid, nullable=False),
    Column("submitted_at", _WHEN, nullable=False),
    Column("received_at", _WHEN, nullable=False, server_default=_NOW),
    Column("verdict", Text),  # from here on: the secretariat's ruling
    Column("conditions", JSONB),
    Column("findings", JSONB),
    Column("mend_by", _WHEN),
    Column("decided_by", Uuid),
    Column("decided_by_name", Text),
    Column("decided_at", _WHEN),
    CheckConstraint("verdict IN ('eligible', 'ineligible', 'return')", name="revisions_verdict"),
    CheckConstraint("(verdict IS NULL) = (decided_at IS NULL)", name="revisions_decided"),
)

claims = Table(
    "claims",
    METADATA,
    Column("entry_id", Uuid, ForeignKey("cases.entry_id", name="claims_case"), primary_key=True),
    Column("account_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("until", _WHEN, nullable=False),
)

drafts = Table(
    "drafts",
    METADATA,
    Column("entry_id", Uuid, ForeignKey("cases.entry_id", name="drafts_case"), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("conditions", JSONB, nullable=False),
    Column("findings", JSONB, nullable=False),
    Column("mend_by", _WHEN),
    Column("drafted_by", Uuid, nullable=False),
    Column("drafted_by_name", Text, nullable=False),
    Column("drafted_at", _WHEN, nullable=False),
    CheckConstraint("verdict IN ('eligible', 'ineligible', 'return')", name="drafts_verdict"),
)

papers = Table(
    "papers",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("entry_id", Uuid, ForeignKey("cases.entry_id", name="papers_case"), nullable=False),
    Column("revision", Integer),  # NULL: its number alone was typed
    Column("standing", Text, nullable=False),
    Column("registered_by", Uuid, nullable=False),
    Column("registered_by_name", Text, nullable=False),
    Column("registered_at", _WHEN, nullable=False),
    CheckConstraint("standing IN ('current', 'older', 'altered', 'unchecked', 'withdrawn')", name="papers_standing"),
    Index("papers_entry", "entry_id", "id"),
)

verdicts = Table(
    "verdicts",
    METADATA,
    Column("material_id", Uuid, primary_key=True),
    Column("entry_id", Uuid, nullable=False),
    Column("state", Text, nullable=False),
    Column("object", JSONB),
    Column("facts", JSONB),
    Column("findings", JSONB, nullable=False),
    Column("judged_at", _WHEN),  # NULL: an entry said so, media itself has not been heard
    Column("sha256", Text),
    CheckConstraint("state IN ('accepted', 'rejected')", name="verdicts_state"),
    Index("verdicts_told", "sha256", postgresql_where=text("judged_at IS NULL")),
)

doubts = Table(
    "doubts",
    METADATA,
    Column("material_id", Uuid, primary_key=True),
    Column("round", Integer, nullable=False),
    Column("findings", JSONB, nullable=False),  # empty: it fits again
)

pictures = Table(
    "pictures",
    METADATA,
    Column("stem", Text, primary_key=True),  # a photo's SHA-256, a video's material id
    Column("renditions", JSONB, nullable=False),
    Column("placeholder", Text, nullable=False),
)

resemblances = Table(  # a row for each of the two that are alike
    "resemblances",
    METADATA,
    Column("material_id", Uuid, primary_key=True),
    Column("other_id", Uuid, primary_key=True),
    Column("sha256", Text),
    Column("other_entry_id", Uuid, nullable=False),
    Column("other_campaign_id", Text, nullable=False),
    Column("material", JSONB, nullable=False),
    Column("other", JSONB, nullable=False),
    Column("likeness", Text, nullable=False),
    Column("mirrored", Boolean, nullable=False),
    Column("distance", Integer),
    Column("correlation", Float),
    Column("more", Boolean, nullable=False),
    Column("found_at", _WHEN, nullable=False),
    CheckConstraint("likeness IN ('same-file', 'near')", name="resemblances_likeness"),
    Index("resemblances_file", "sha256", "found_at"),
)

inspections = Table(  # of videos, by the material as which media watched them
    "inspections",
    METADATA,
    Column("material_id", Uuid, primary_key=True),
    Column("warnings", JSONB, nullable=False),
    Column("playable", Text),
)

experts = Table(
    "experts",
    METADATA,
    Column("campaign_id", Text, primary_key=True),
    Column("account_id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("categories", ARRAY(Text), nullable=False),
    Column("enrolled_at", _WHEN, nullable=False, server_default=_NOW),
)

conflicts = Table(
    "conflicts",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("campaign_id", Text, nullable=False),
    Column("account_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("entry_id", Uuid),
    Column("unit_code", Text),
    Column("reason", Text, nullable=False),
    Column("marked_by", Uuid, nullable=False),
    Column("marked_by_name", Text, nullable=False),
    Column("marked_at", _WHEN, nullable=False, server_default=_NOW),
    ForeignKeyConstraint(
        ["campaign_id", "account_id"], ["experts.campaign_id", "experts.account_id"], name="conflicts_expert"
    ),
    CheckConstraint("kind IN ('declared', 'pinned')", name="conflicts_kind"),
    CheckConstraint("(entry_id IS NULL) <> (unit_code IS NULL)", name="conflicts_about"),
    Index(
        "conflicts_once",
        "campaign_id",
        "account_id",
        "kind",
        "entry_id",
        "unit_code",
        unique=True,
        postgresql_nulls_not_distinct=True,
    ),
)

assessments = Table(
    "assessments",
    METADATA,
    Column("assessment_id", Uuid, primary_key=True),
    Column("campaign_id", Text, nullable=False),
    Column("entry_id", Uuid, ForeignKey("cases.entry_id", name="assessments_case"), nullable=False),
    Column("category", Text, nullable=False),
    Column("expert_id", Uuid, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("due_at", _WHEN, nullable=False),
    Column("assigned_at", _WHEN, nullable=False),
    Column("scores", JSONB),
    Column("comment", Text, nullable=False),
    Column("submitted_at", _WHEN),
    Column("ended_at", _WHEN),
    Column("reason", Text, nullable=False),
    CheckConstraint("state IN ('assigned', 'submitted', 'recused', 'abstained', 'struck')", name="assessments_state"),
    CheckConstraint("state <> 'submitted' OR scores IS NOT NULL", name="assessments_scored"),
    Index(
        "assessments_live",
        "entry_id",
        "expert_id",
        unique=True,
        postgresql_where=text("state IN ('assigned', 'submitted')"),
    ),
    Index("assessments_entry", "entry_id"),
    Index(
        "assessments_expert",
        "expert_id",
        "assigned_at",
        "assessment_id",
        postgresql_where=text("state IN ('assigned', 'submitted')"),
    ),
    Index("assessments_campaign", "campaign_id", postgresql_where=text("state IN ('assigned', 'submitted')")),
    ForeignKeyConstraint(
        ["campaign_id", "expert_id"], ["experts.campaign_id", "experts.account_id"], name="assessments_expert_known"
    ),
)

notices = Table(
    "notices",
    METADATA,
    Column("campaign_id", Text, primary_key=True),
    Column("opens_at", _WHEN, nullable=False),
    Column("closes_at", _WHEN, nullable=False),
    Column("places", JSONB, nullable=False),
    Column("listed", JSONB, nullable=False),
    Column("given_by", Uuid, nullable=False),
    Column("given_by_name", Text, nullable=False),
    Column("given_at", _WHEN, nullable=False),
)

decisions = Table(
    "decisions",
    METADATA,
    Column("campaign_id", Text, primary_key=True),  # published once
    Column("number", Text, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("places", JSONB, nullable=False),
    Column("listed", JSONB, nullable=False),
    Column("published_by", Uuid, nullable=False),
    Column("published_by_name", Text, nullable=False),
    Column("published_at", _WHEN, nullable=False),
)

disabled_accounts = Table(
    "disabled_accounts",
    METADATA,
    Column("account_id", Uuid, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("disabled_at", _WHEN, nullable=False),
)

ended_sessions = Table(  # kept for as long as a token of theirs could still be in time
    "ended_sessions",
    METADATA,
    Column("session_id", Uuid, primary_key=True),
    Column("ended_at", _WHEN, nullable=False),
    Index("ended_sessions_old", "ended_at"),
)

notes = Table(
    "notes",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("recipient", Text, nullable=False),
    Column("campaign_id", Text),
    Column("kind", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("at", _WHEN, nullable=False),
    CheckConstraint("kind IN ('reminder-sent', 'message-bounced')", name="notes_kind"),
    Index("notes_recipient", "recipient", "at"),
)

acts = Table(
    "acts",
    METADATA,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("at", _WHEN, nullable=False, server_default=_NOW),
    Column("campaign_id", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("actor_id", Uuid),  # NULL: an event did it, whose id is in `cause`
    Column("actor_name", Text, nullable=False),
    Column("cause", Text),
    Column("before", JSONB, nullable=False),
    Column("after", JSONB, nullable=False),
    Column("reason", Text, nullable=False),
    Column("position", BigInteger, nullable=False),  # in its campaign, from 1, without gaps
    Column("sealed", Text, nullable=False),  # what was hashed: see services.review.domain.audit
    Column("hash", Text, nullable=False),
    Index("acts_subject", "subject", "number"),
    Index("acts_campaign", "campaign_id", "number"),
    Index("acts_chain", "campaign_id", "position", unique=True),
)
"""Only ever added to: a trigger refuses any change or removal."""

chains = Table(  # the last link of each campaign's record
    "chains",
    METADATA,
    Column("campaign_id", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
)
