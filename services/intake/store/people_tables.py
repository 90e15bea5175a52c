"""Tables about who is at the door: sessions, second factors, tokens of programs, units."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

_TIME = DateTime(timezone=True)
_NOW = text("clock_timestamp()")


def people_tables(metadata: MetaData) -> tuple[Table, Table, Table, Table, Table]:
    """sessions, second_factors, recovery_codes, program_tokens, units."""
    sessions = Table(
        "sessions",
        metadata,
        Column("session_id", Uuid, primary_key=True),
        Column("account_id", Uuid, ForeignKey("accounts.account_id"), nullable=False),
        Column("kind", Text, nullable=False),
        Column("digest", LargeBinary, unique=True),  # of the cookie; a program's session has none
        Column("agent", Text, nullable=False, server_default=text("''")),
        Column("address", Text, nullable=False, server_default=text("''")),
        Column("created_at", _TIME, nullable=False, server_default=_NOW),
        Column("seen_at", _TIME, nullable=False, server_default=_NOW),
        Column("expires_at", _TIME, nullable=False),
        Column("ended_at", _TIME),
        Column("ended_why", Text),
        Column("contact_told_at", _TIME),
        CheckConstraint("kind IN ('page', 'api')", name="sessions_kind"),
        Index("sessions_of_account", "account_id", postgresql_where=text("ended_at IS NULL")),
        Index("sessions_expired", "expires_at"),
    )
    second_factors = Table(
        "second_factors",
        metadata,
        Column("account_id", Uuid, ForeignKey("accounts.account_id"), primary_key=True),
        Column("secret", Text, nullable=False),  # encrypted
        Column("made_at", _TIME, nullable=False, server_default=_NOW),
        Column("confirmed_at", _TIME),
        Column("last_step", Integer, nullable=False, server_default=text("0")),  # a one-time password works once
    )
    recovery_codes = Table(
        "recovery_codes",
        metadata,
        Column("account_id", Uuid, ForeignKey("accounts.account_id"), primary_key=True),
        Column("digest", LargeBinary, primary_key=True),
        Column("used_at", _TIME),
    )
    program_tokens = Table(
        "program_tokens",
        metadata,
        Column("token_id", Uuid, primary_key=True),
        Column("account_id", Uuid, ForeignKey("accounts.account_id"), nullable=False, index=True),
        Column("digest", LargeBinary, nullable=False, unique=True),
        Column("name", Text, nullable=False),
        Column("scopes", ARRAY(Text), nullable=False),
        Column("created_at", _TIME, nullable=False, server_default=_NOW),
        Column("expires_at", _TIME, nullable=False),
        Column("used_at", _TIME),
        Column("revoked_at", _TIME),
    )
    units = Table(
        "units",
        metadata,
        Column("code", Text, primary_key=True),
        Column("name", Text, nullable=False),
        Column("kind", Text, nullable=False),
        Column("region", Text, nullable=False, server_default=text("''")),
        # Checked when the transaction ends: a table may name a unit before the one above it.
        Column(
            "parent_code", Text, ForeignKey("units.code", name="units_parent", deferrable=True, initially="DEFERRED")
        ),
        Column("changed_at", _TIME, nullable=False, server_default=_NOW),
    )
    return sessions, second_factors, recovery_codes, program_tokens, units
