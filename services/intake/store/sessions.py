"""Sessions, second factors and tokens of programs in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, exists, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as pg_insert

from services.intake.domain.second_factor import SecondFactor
from services.intake.domain.sessions import OpenSession
from services.intake.domain.tokens import ProgramToken
from services.intake.store.entries import Cipher
from services.intake.store.tables import ACCOUNTS, PROGRAM_TOKENS, RECOVERY_CODES, SECOND_FACTORS, SESSIONS

_CLOCK = func.clock_timestamp()

# One trip: the session, if it is good; and, if so noted, that it was seen, at most once a minute.
VISIT = text("""
    WITH seen AS (
        UPDATE sessions SET seen_at = clock_timestamp()
        WHERE :noted AND digest = :digest AND ended_at IS NULL AND expires_at > clock_timestamp()
            AND seen_at BETWEEN clock_timestamp() - CAST(:idle AS interval) AND clock_timestamp() - interval '1 minute'
    )
    SELECT sessions.session_id, accounts.*,
        accounts.contact_at IS NOT NULL OR sessions.contact_told_at IS NOT NULL AS has_contact,
        EXISTS (SELECT 1 FROM second_factors AS factor
            WHERE factor.account_id = accounts.account_id AND factor.confirmed_at IS NOT NULL) AS has_second_factor
    FROM sessions JOIN accounts USING (account_id)
    WHERE sessions.digest = :digest AND sessions.ended_at IS NULL AND accounts.disabled_at IS NULL
        AND sessions.expires_at > clock_timestamp() AND sessions.seen_at > clock_timestamp() - CAST(:idle AS interval)
""")
# Whether a token is still good, account and session in one trip; a token may be of no session.
STANDING = text("""
    SELECT accounts.disabled_at, CAST(:session_id AS uuid) IS NULL OR EXISTS (
        SELECT 1 FROM sessions
        WHERE session_id = :session_id AND ended_at IS NULL AND expires_at > clock_timestamp()
    ) AS is_open
    FROM accounts WHERE account_id = :account_id
""")
PROGRAM = text("""
    WITH used AS (
        UPDATE program_tokens SET used_at = clock_timestamp()
        WHERE digest = :digest AND revoked_at IS NULL
            AND coalesce(used_at, '-infinity') < clock_timestamp() - interval '1 minute'
    )
    SELECT accounts.account_id, accounts.name, accounts.roles, accounts.unit_code, token.scopes, token.expires_at
    FROM program_tokens AS token JOIN accounts USING (account_id)
    WHERE token.digest = :digest AND token.revoked_at IS NULL AND token.expires_at > clock_timestamp()
        AND accounts.disabled_at IS NULL
""")


class SessionRows:
    """The part of a transaction that is about who is at the door."""

    connection: Connection
    cipher: Cipher

    def add_session(
        self,
        session_id: UUID,
        account_id: UUID,
        kind: str,
        digest: bytes | None,
        lifetime: timedelta,
        agent: str,
        address: str,
    ) -> datetime:
        made = insert(SESSIONS).values(
            session_id=session_id,
            account_id=account_id,
            kind=kind,
            digest=digest,
            agent=agent,
            address=address,
            expires_at=_CLOCK + lifetime,
        )
        expires_at: datetime = self.connection.execute(made.returning(SESSIONS.c.expires_at)).scalar_one()
        return expires_at

    def sessions(self, account_id: UUID, idle: timedelta) -> Sequence[OpenSession]:
        table = SESSIONS.c
        good = (
            (table.account_id == account_id)
            & table.ended_at.is_(None)
            & (table.expires_at > _CLOCK)
            & ((table.kind == "api") | (table.seen_at > _CLOCK - idle))
        )
        rows = self.connection.execute(select(SESSIONS).where(good).order_by(table.created_at.desc()).limit(100))
        return [
            OpenSession(r.session_id, r.kind, r.agent, r.address, r.created_at, r.seen_at, r.expires_at) for r in rows
        ]

    def end_sessions(
        self, account_id: UUID, why: str, *, only: UUID | None = None, but: UUID | None = None
    ) -> list[UUID]:
        table = SESSIONS.c
        query = update(SESSIONS).where(
            table.account_id == account_id, table.ended_at.is_(None), table.expires_at > _CLOCK
        )
        if only is not None:
            query = query.where(table.session_id == only)
        if but is not None:
            query = query.where(table.session_id != but)
        ended = query.values(ended_at=_CLOCK, ended_why=why).returning(table.session_id)
        return list(self.connection.execute(ended).scalars())

    def contact_registered(self, account_id: UUID, at: datetime) -> bool:
        table = ACCOUNTS.c
        first = update(ACCOUNTS).where(table.account_id == account_id, table.contact_at.is_(None))
        return self.connection.execute(first.values(contact_at=at)).rowcount == 1

    def has_contact(self, account_id: UUID) -> bool:
        told = exists().where(SESSIONS.c.account_id == account_id, SESSIONS.c.contact_told_at.is_not(None))
        known = select(ACCOUNTS.c.contact_at.is_not(None) | told).where(ACCOUNTS.c.account_id == account_id)
        return bool(self.connection.execute(known).scalar_one_or_none())

    def contact_told(self, session_id: UUID) -> None:
        told = update(SESSIONS).where(SESSIONS.c.session_id == session_id)
        self.connection.execute(told.values(contact_told_at=_CLOCK))

    def forget_old_sessions(self, after: timedelta) -> None:
        self.connection.execute(delete(SESSIONS).where(SESSIONS.c.expires_at < _CLOCK - after))

    # second factors
    def second_factor(self, account_id: UUID) -> SecondFactor | None:
        row = self.connection.execute(
            select(SECOND_FACTORS).where(SECOND_FACTORS.c.account_id == account_id)
        ).one_or_none()
        if row is None:
            return None
        return SecondFactor(self.cipher.open(row.secret), row.confirmed_at is not None, row.last_step)

    def begin_second_factor(self, account_id: UUID, secret: str) -> bool:
        sealed = self.cipher.seal(secret)
        made = pg_insert(SECOND_FACTORS).values(account_id=account_id, secret=sealed)
        made = made.on_conflict_do_update(
            index_elements=["account_id"],
            set_={"secret": sealed, "made_at": _CLOCK, "last_step": 0},
            where=SECOND_FACTORS.c.confirmed_at.is_(None),
        )
        return self.connection.execute(made).rowcount == 1

    def confirm_second_factor(self, account_id: UUID, step: int, recovery: Iterable[bytes]) -> bool:
        confirmed = self.connection.execute(
            update(SECOND_FACTORS)
            .where(SECOND_FACTORS.c.account_id == account_id, SECOND_FACTORS.c.confirmed_at.is_(None))
            .values(confirmed_at=_CLOCK, last_step=step)
        )
        if confirmed.rowcount != 1:
            return False
        self.connection.execute(delete(RECOVERY_CODES).where(RECOVERY_CODES.c.account_id == account_id))
        rows = [{"account_id": account_id, "digest": digest} for digest in recovery]
        self.connection.execute(insert(RECOVERY_CODES), rows)
        return True

    def use_step(self, account_id: UUID, step: int) -> bool:
        table = SECOND_FACTORS.c
        used = update(SECOND_FACTORS).where(table.account_id == account_id, table.last_step < step)
        return self.connection.execute(used.values(last_step=step)).rowcount == 1

    def use_recovery_code(self, account_id: UUID, digest: bytes) -> bool:
        table = RECOVERY_CODES.c
        used = update(RECOVERY_CODES).where(
            table.account_id == account_id, table.digest == digest, table.used_at.is_(None)
        )
        return self.connection.execute(used.values(used_at=_CLOCK)).rowcount == 1

    def recovery_codes_left(self, account_id: UUID) -> int:
        table = RECOVERY_CODES.c
        query = select(func.count()).where(table.account_id == account_id, table.used_at.is_(None))
        left: int = self.connection.execute(query).scalar_one()
        return left

    def drop_second_factor(self, account_id: UUID) -> bool:
        self.connection.execute(delete(RECOVERY_CODES).where(RECOVERY_CODES.c.account_id == account_id))
        gone = delete(SECOND_FACTORS).where(SECOND_FACTORS.c.account_id == account_id)
        return self.connection.execute(gone).rowcount == 1

    # tokens of programs
    def add_program_token(
        self, account_id: UUID, token_id: UUID, digest: bytes, name: str, scopes: Iterable[str], lifetime: timedelta
    ) -> ProgramToken:
        made = insert(PROGRAM_TOKENS).values(
            token_id=token_id,
            account_id=account_id,
            digest=digest,
            name=name,
            scopes=sorted(scopes),
            expires_at=_CLOCK + lifetime,
        )
        return _program_token(self.connection.execute(made.returning(PROGRAM_TOKENS)).one())

    def program_tokens(self, account_id: UUID) -> Sequence[ProgramToken]:
        table = PROGRAM_TOKENS.c
        query = select(PROGRAM_TOKENS).where(
            table.account_id == account_id, table.revoked_at.is_(None), table.expires_at > _CLOCK
        )
        return [_program_token(row) for row in self.connection.execute(query.order_by(table.created_at))]

    def revoke_program_token(self, account_id: UUID, token_id: UUID) -> bool:
        table = PROGRAM_TOKENS.c
        revoked = update(PROGRAM_TOKENS).where(
            table.account_id == account_id, table.token_id == token_id, table.revoked_at.is_(None)
        )
        return self.connection.execute(revoked.values(revoked_at=_CLOCK)).rowcount == 1


def _program_token(row: Row[Any]) -> ProgramToken:
    return ProgramToken(row.token_id, row.name, frozenset(row.scopes), row.created_at, row.expires_at, row.used_at)
