"""The part of a transaction that is about people: accounts, units, sessions, second factors, tokens of programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from services.intake.domain.accounts import Account
from services.intake.domain.imports import Unit
from services.intake.domain.resets import Asked
from services.intake.domain.second_factor import SecondFactor
from services.intake.domain.sessions import OpenSession
from services.intake.domain.tokens import ProgramToken
from services.intake.ports.values import (
    Attempts,
    SignIn,
    Used,
)


class PeopleRows(Protocol):
    """Accounts and what belongs to them."""

    # accounts
    def sign_in(self, login: str, address: str) -> SignIn | None: ...
    def count_attempt(self, login_digest: bytes, address: str, window: timedelta) -> Attempts: ...
    def forget_attempts(self, login_digest: bytes, address: str) -> None: ...
    def take_back_attempt(self, login_digest: bytes, address: str) -> None:
        """One that was counted has not failed."""
        ...

    def forget_old_attempts(self, window: timedelta, longer: Mapping[bytes, timedelta]) -> None:
        """Those of an earlier window; `longer` names the windows of others."""
        ...

    def account(self, account_id: UUID) -> Account | None: ...
    def accounts(self, after: str | None, limit: int, search: str = "") -> Sequence[Account]:
        """By login; with `search` those in whose login, name or unit's code it stands."""
        ...

    def accounts_by_id(self, account_ids: Sequence[UUID]) -> Sequence[Account]:
        """Those of these accounts that there are."""
        ...

    def accounts_without_password(self, limit: int) -> Sequence[Account]:
        """Those that were never activated and are not disabled, by login; first who holds no code that is good."""
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

    def use_activation(self, digest: bytes, password_hash: str) -> Used | None:
        """Set the account's password, use the code up and void the account's others; None if it is no longer good."""
        ...

    def set_password(self, account_id: UUID, password_hash: str) -> None: ...

    # forgotten passwords
    def add_reset_request(self, request_id: UUID, login_digest: bytes, address: str) -> None: ...

    def reset_requests(self, limit: int) -> Sequence[Asked]:
        """Requests that are not settled yet, the oldest first, ours alone until the transaction ends."""
        ...

    def resets_mailed(self, account_id: UUID, *, at_home: bool) -> tuple[int, int]:
        """How many requests of this account and kind were passed on in the last hour, and in the last day."""
        ...

    def settle_reset_request(self, request: Asked, *, sent: bool) -> None: ...

    def add_mailed_code(
        self, request_id: UUID, account_id: UUID, digest: bytes, expires_at: datetime, latest_use: timedelta
    ) -> bool:
        """Accept a code in place of earlier mailed ones; False if its request is none of ours, over, or overtaken."""
        ...

    def forget_old_reset_requests(self, after: timedelta) -> None: ...

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

    def contact_registered(self, account_id: UUID, at: datetime) -> bool:
        """Notify knows how this account is reached; False if that was known."""
        ...

    def has_contact(self, account_id: UUID) -> bool:
        """Notify has said so, or a browser has come back from there."""
        ...

    def contact_told(self, session_id: UUID) -> None:
        """The holder of this session has come from telling notify; the account's own word for it is on its way."""
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
