"""Accounts in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, exists, func, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as pg_insert

from services.intake.domain.accounts import Account
from services.intake.ports import Attempts, SignIn, Used
from services.intake.store.tables import ACCOUNTS, ACTIVATIONS, SESSIONS, SIGN_IN_ATTEMPTS

_CLOCK = func.clock_timestamp()

_COUNT = text("""
    INSERT INTO sign_in_attempts AS known (login_digest, address, failures, window_began)
    VALUES (:digest, :address, 1, clock_timestamp())
    ON CONFLICT (login_digest, address) DO UPDATE SET
        failures = CASE WHEN known.window_began < clock_timestamp() - :window THEN 1 ELSE known.failures + 1 END,
        window_began = CASE WHEN known.window_began < clock_timestamp() - :window
            THEN clock_timestamp() ELSE known.window_began END
    RETURNING failures, window_began + :window - clock_timestamp() AS again_in
""")


class AccountRows:
    """The account part of a transaction."""

    connection: Connection

    def sign_in(self, login: str, address: str) -> SignIn | None:
        been_here = exists().where(SESSIONS.c.account_id == ACCOUNTS.c.account_id, SESSIONS.c.address == address)
        sought = select(ACCOUNTS, been_here.label("at_home")).where(ACCOUNTS.c.login == login)
        row = self.connection.execute(sought).one_or_none()
        return SignIn(account_of(row), row.password_hash, row.at_home) if row else None

    def count_attempt(self, login_digest: bytes, address: str, window: timedelta) -> Attempts:
        row = self.connection.execute(_COUNT, {"digest": login_digest, "address": address, "window": window}).one()
        return Attempts(row.failures, row.again_in)

    def forget_attempts(self, login_digest: bytes, address: str) -> None:
        self.connection.execute(
            delete(SIGN_IN_ATTEMPTS).where(
                SIGN_IN_ATTEMPTS.c.login_digest == login_digest, SIGN_IN_ATTEMPTS.c.address == address
            )
        )

    def take_back_attempt(self, login_digest: bytes, address: str) -> None:
        table = SIGN_IN_ATTEMPTS.c
        one = update(SIGN_IN_ATTEMPTS).where(table.login_digest == login_digest, table.address == address)
        self.connection.execute(one.values(failures=func.greatest(table.failures - 1, 0)))

    def forget_old_attempts(self, window: timedelta, longer: Mapping[bytes, timedelta]) -> None:
        table = SIGN_IN_ATTEMPTS.c
        old = delete(SIGN_IN_ATTEMPTS).where(
            table.window_began < _CLOCK - window, table.login_digest.not_in(list(longer))
        )
        self.connection.execute(old)
        for digest, its_window in longer.items():
            self.connection.execute(
                delete(SIGN_IN_ATTEMPTS).where(table.login_digest == digest, table.window_began < _CLOCK - its_window)
            )

    def account(self, account_id: UUID) -> Account | None:
        row = self.connection.execute(select(ACCOUNTS).where(ACCOUNTS.c.account_id == account_id)).one_or_none()
        return account_of(row) if row else None

    def accounts(self, after: str | None, limit: int, search: str = "") -> Sequence[Account]:
        query = select(ACCOUNTS).order_by(ACCOUNTS.c.login).limit(limit)
        if search:
            columns = (ACCOUNTS.c.login, ACCOUNTS.c.name, ACCOUNTS.c.unit_code)
            query = query.where(or_(*(column.icontains(search, autoescape=True) for column in columns)))
        if after is not None:
            query = query.where(ACCOUNTS.c.login > after)
        return [account_of(row) for row in self.connection.execute(query)]

    def accounts_by_id(self, account_ids: Sequence[UUID]) -> Sequence[Account]:
        sought = select(ACCOUNTS).where(ACCOUNTS.c.account_id.in_(list(account_ids)))
        return [account_of(row) for row in self.connection.execute(sought)]

    def accounts_without_password(self, limit: int) -> Sequence[Account]:
        waiting = select(ACCOUNTS).where(ACCOUNTS.c.password_hash.is_(None), ACCOUNTS.c.disabled_at.is_(None))
        holds_one = exists().where(
            ACTIVATIONS.c.account_id == ACCOUNTS.c.account_id,
            ACTIVATIONS.c.used_at.is_(None),
            ACTIVATIONS.c.void_at.is_(None),
            ACTIVATIONS.c.expires_at > _CLOCK,
        )
        waiting = waiting.order_by(holds_one, ACCOUNTS.c.login).limit(limit)
        return [account_of(row) for row in self.connection.execute(waiting)]

    def add_account(self, account: Account) -> bool:
        done = self.connection.execute(
            pg_insert(ACCOUNTS)
            .values(
                account_id=account.account_id,
                login=account.login,
                name=account.name,
                roles=sorted(account.roles),
                unit_code=account.unit_code,
                created_at=account.created_at,
            )
            .on_conflict_do_nothing(index_elements=["login"])
        )
        return done.rowcount == 1

    def add_activation(self, account_id: UUID, digest: bytes, lifetime: timedelta) -> datetime:
        # The account's row is locked, so that two codes issued at once do not both stay good.
        self.connection.execute(
            select(ACCOUNTS.c.account_id).where(ACCOUNTS.c.account_id == account_id).with_for_update()
        )
        self._void_activations(account_id)
        made = insert(ACTIVATIONS).values(digest=digest, account_id=account_id, expires_at=_CLOCK + lifetime)
        expires_at: datetime = self.connection.execute(made.returning(ACTIVATIONS.c.expires_at)).scalar_one()
        return expires_at

    def activation(self, digest: bytes) -> Account | None:
        row = self.connection.execute(
            select(ACCOUNTS).join(ACTIVATIONS).where(*_good(digest), ACCOUNTS.c.disabled_at.is_(None))
        ).one_or_none()
        return account_of(row) if row else None

    def use_activation(self, digest: bytes, password_hash: str) -> Used | None:
        code = self.connection.execute(
            update(ACTIVATIONS).where(*_good(digest)).values(used_at=_CLOCK).returning(ACTIVATIONS)
        ).one_or_none()
        if code is None:
            return None
        known = select(ACCOUNTS).where(ACCOUNTS.c.account_id == code.account_id, ACCOUNTS.c.disabled_at.is_(None))
        row = self.connection.execute(known.with_for_update()).one_or_none()
        if row is None:
            return None
        self.set_password(code.account_id, password_hash)
        return Used(account_of(row), mailed=code.request_id is not None, is_first=row.password_hash is None)

    def set_password(self, account_id: UUID, password_hash: str) -> None:
        changed = update(ACCOUNTS).where(ACCOUNTS.c.account_id == account_id)
        self.connection.execute(changed.values(password_hash=password_hash))
        self._void_activations(account_id)  # who has set a password does not want another set by an older letter

    def _void_activations(self, account_id: UUID) -> None:
        table = ACTIVATIONS.c
        unused = update(ACTIVATIONS).where(
            table.account_id == account_id, table.used_at.is_(None), table.void_at.is_(None)
        )
        self.connection.execute(unused.values(void_at=_CLOCK))

    def disable_account(self, account_id: UUID, reason: str) -> datetime | None:
        disabled_at: datetime | None = self.connection.execute(
            update(ACCOUNTS)
            .where(ACCOUNTS.c.account_id == account_id, ACCOUNTS.c.disabled_at.is_(None))
            .values(disabled_at=_CLOCK, disabled_reason=reason)
            .returning(ACCOUNTS.c.disabled_at)
        ).scalar_one_or_none()
        return disabled_at


def _good(digest: bytes) -> list[Any]:
    return [
        ACTIVATIONS.c.digest == digest,
        ACTIVATIONS.c.used_at.is_(None),
        ACTIVATIONS.c.void_at.is_(None),
        ACTIVATIONS.c.expires_at > _CLOCK,
    ]


def account_of(row: Row[Any]) -> Account:
    return Account(
        account_id=row.account_id,
        login=row.login,
        name=row.name,
        roles=frozenset(row.roles),
        unit_code=row.unit_code,
        created_at=row.created_at,
        activated=row.password_hash is not None,
        disabled_at=row.disabled_at,
    )
