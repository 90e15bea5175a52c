"""The part of a transaction that is about people: accounts, units, sessions, second factors, tokens of programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from services.intake.domain.accounts import Account
from services.intake.domain.imports import Unit
from services.intake.domain.second_factor import SecondFactor
from services.intake.domain.sessions import OpenSession
from services.intake.domain.tokens import ProgramToken
from services.intake.ports.values import (
    Attempts,
    SignIn,
)


class PeopleRows(Protocol):
    """Accounts and what belongs to them."""

    # accounts
    def sign_in(self, login: str) -> SignIn | None: ...
    def count_attempt(self, login_digest: bytes, address: str, window: timedelta) -> Attempts: ...
    def forget_attempts(self, login_digest: bytes, address: str) -> None: ...
    def forget_old_attempts(self, window: timedelta) -> None: ...
    def account(self, account_id: UUID) -> Account | None: ...
    def accounts(self, after: str | None, limit: int, search: str = "") -> Sequence[Account]:
        """By login; with `search` those in whose login, name or unit's code it stands."""
        ...

    def add_account(self, account: Account) -> bool:
        """False if the login is taken."""
        ...

    def add_activation(self, account_id: UUID, digest: bytes, lifetime: timedelta) -> datetime:
        """Replaces every unused code of the account; returns when this one expires."""
        ...

    def activation(self, digest: bytes) -> Account | None:
        """The account of a code that is unused and in time, unless it is disabled."""
        ...

    def use_activation(self, digest: bytes, password_hash: str) -> Account | None:
        """Set the account's password and use the code up; None if it is no longer good."""
        ...

    def disable_account(self, account_id: UUID, reason: str) -> datetime | None:
        """When it was disabled; None if it was disabled before."""
        ...

    def accounts_of(self, logins: Sequence[str]) -> Sequence[Account]:
        """Those of these logins that there are."""
        ...

    def change_account(self, account_id: UUID, name: str, roles: frozenset[str], unit_code: str | None) -> None: ...

    # units
    def units(self) -> Sequence[Unit]: ...
    def save_units(self, units: Sequence[Unit]) -> None: ...

    # sessions
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
        """Returns when it ends at the latest."""
        ...

    def sessions(self, account_id: UUID, idle: timedelta) -> Sequence[OpenSession]:
        """Those that are good now, the newest first."""
        ...

    def end_sessions(
        self, account_id: UUID, why: str, *, only: UUID | None = None, but: UUID | None = None
    ) -> Sequence[UUID]:
        """End those sessions of an account that are good: all, one, or all but one; which were ended.

        Use cases call services.intake.usecases.ending, which tells the other services of it.
        """
        ...

    def forget_old_sessions(self, after: timedelta) -> None: ...

    # second factors
    def second_factor(self, account_id: UUID) -> SecondFactor | None: ...

    def begin_second_factor(self, account_id: UUID, secret: str) -> bool:
        """Keep a secret that is not confirmed yet, in place of an earlier one; False if there is a confirmed one."""
        ...

    def confirm_second_factor(self, account_id: UUID, step: int, recovery: Iterable[bytes]) -> bool:
        """It is good from now on, with these recovery codes; False if there is nothing to confirm."""
        ...

    def use_step(self, account_id: UUID, step: int) -> bool:
        """Note that the one-time password of this step was used; False if it, or a later one, was used before."""
        ...

    def use_recovery_code(self, account_id: UUID, digest: bytes) -> bool: ...
    def recovery_codes_left(self, account_id: UUID) -> int: ...
    def drop_second_factor(self, account_id: UUID) -> bool: ...

    # tokens of programs
    def add_program_token(
        self, account_id: UUID, token_id: UUID, digest: bytes, name: str, scopes: Iterable[str], lifetime: timedelta
    ) -> ProgramToken: ...

    def program_tokens(self, account_id: UUID) -> Sequence[ProgramToken]:
        """Those that are good now, the oldest first."""
        ...

    def revoke_program_token(self, account_id: UUID, token_id: UUID) -> bool: ...
