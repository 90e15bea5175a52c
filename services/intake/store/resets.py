"""Forgotten passwords in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, delete, func, insert, select, text, update

from services.intake.domain.resets import Asked
from services.intake.store.tables import ACCOUNTS, RESET_REQUESTS

_CLOCK = func.clock_timestamp()

_ASKED = text("""
    SELECT request.request_id, request.asked_at, accounts.account_id, EXISTS (
        SELECT 1 FROM sessions
        WHERE sessions.account_id = accounts.account_id AND sessions.address = request.address
    ) AS at_home
    FROM reset_requests AS request LEFT JOIN accounts ON sha256(convert_to(accounts.login, 'UTF8')) = login_digest
        AND accounts.password_hash IS NOT NULL AND accounts.disabled_at IS NULL
    WHERE request.settled_at IS NULL
    ORDER BY request.asked_at, request.request_id LIMIT :most
    FOR UPDATE OF request SKIP LOCKED
""")
_MAILED = text("""
    SELECT count(*) FILTER (WHERE settled_at > clock_timestamp() - interval '1 hour') AS last_hour, count(*) AS last_day
    FROM reset_requests
    WHERE account_id = :account_id AND sent AND at_home = :at_home
        AND settled_at > clock_timestamp() - interval '1 day'
""")
# The request is ours, was passed on, has no code yet, and no later one of the account has: the latest wins.
_ADD_CODE = text("""
    INSERT INTO activations (digest, account_id, expires_at, request_id)
    SELECT :digest, request.account_id, least(:expires_at, request.asked_at + :latest_use), request.request_id
    FROM reset_requests AS request JOIN accounts USING (account_id)
    WHERE request.request_id = :request_id AND request.account_id = :account_id AND request.sent
        AND accounts.disabled_at IS NULL
        AND least(:expires_at, request.asked_at + :latest_use) > clock_timestamp()
        AND NOT EXISTS (
            SELECT 1 FROM activations AS other JOIN reset_requests AS later USING (request_id)
            WHERE later.account_id = request.account_id
                AND (later.asked_at, later.request_id) >= (request.asked_at, request.request_id)
        )
    ON CONFLICT DO NOTHING
    RETURNING 1
""")
_VOID_EARLIER = text("""
    UPDATE activations SET void_at = clock_timestamp()
    WHERE account_id = :account_id AND request_id IS NOT NULL AND used_at IS NULL AND void_at IS NULL
        AND digest <> :digest
""")


class ResetRows:
    """The part of a transaction that is about forgotten passwords."""

    connection: Connection

    def add_reset_request(self, request_id: UUID, login_digest: bytes, address: str) -> None:
        self.connection.execute(
            insert(RESET_REQUESTS).values(request_id=request_id, login_digest=login_digest, address=address)
        )

    def reset_requests(self, limit: int) -> Sequence[Asked]:
        rows = self.connection.execute(_ASKED, {"most": limit})
        return [Asked(row.request_id, row.account_id, row.asked_at, row.at_home) for row in rows]

    def resets_mailed(self, account_id: UUID, *, at_home: bool) -> tuple[int, int]:
        # The account's row is locked, so that two workers do not both count before either has written.
        self._lock_account(account_id)
        row = self.connection.execute(_MAILED, {"account_id": account_id, "at_home": at_home}).one()
        return row.last_hour, row.last_day

    def settle_reset_request(self, request: Asked, *, sent: bool) -> None:
        table = RESET_REQUESTS.c
        done = update(RESET_REQUESTS).where(table.request_id == request.request_id)
        self.connection.execute(
            done.values(account_id=request.account_id, at_home=request.at_home, sent=sent, settled_at=_CLOCK)
        )

    def add_mailed_code(
        self, request_id: UUID, account_id: UUID, digest: bytes, expires_at: datetime, latest_use: timedelta
    ) -> bool:
        self._lock_account(account_id)
        values = {
            "request_id": request_id,
            "account_id": account_id,
            "digest": digest,
            "expires_at": expires_at,
            "latest_use": latest_use,
        }
        if self.connection.execute(_ADD_CODE, values).one_or_none() is None:
            return False
        self.connection.execute(_VOID_EARLIER, {"account_id": account_id, "digest": digest})
        return True

    def forget_old_reset_requests(self, after: timedelta) -> None:
        self.connection.execute(delete(RESET_REQUESTS).where(RESET_REQUESTS.c.asked_at < _CLOCK - after))

    def _lock_account(self, account_id: UUID) -> None:
        self.connection.execute(
            select(ACCOUNTS.c.account_id).where(ACCOUNTS.c.account_id == account_id).with_for_update()
        )
