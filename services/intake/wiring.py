"""Intake put together: settings in, ports out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from infra.store import Database
from infra.web.principal import Principal, TokenSigner, utc_now
from services.intake.contact_cipher import ContactCipher
from services.intake.domain.accounts import Account
from services.intake.domain.sessions import CONTACT_REQUIRED, FACTOR_REQUIRED
from services.intake.objects import QuarantineObjects
from services.intake.passwords import Argon2Passwords
from services.intake.ports import Ports
from services.intake.settings import ApiSettings, Settings
from services.intake.store import PostgresStore


class SystemClock:
    """services.intake.ports.Clock."""

    def now(self) -> datetime:
        return utc_now()


@dataclass(frozen=True, slots=True)
class SignedTokens:
    """services.intake.ports.Tokens."""

    signer: TokenSigner

    def sign(
        self,
        account: Account,
        *,
        now: datetime,
        lifetime: timedelta,
        session_id: UUID | None = None,
        password_at: datetime | None = None,
    ) -> str:
        principal = Principal(
            account.account_id,
            account.name,
            account.roles,
            account.unit_code,
            session_id=session_id,
            password_at=password_at,
        )
        return self.signer.sign(principal, now=now, lifetime=lifetime)


class NoTokens:
    """Tokens of a process that signs nobody in: the worker and the command line hold no private key."""

    def sign(
        self,
        account: Account,
        *,
        now: datetime,
        lifetime: timedelta,
        session_id: UUID | None = None,
        password_at: datetime | None = None,
    ) -> str:
        raise PermissionError(
            f"this process signs no tokens (asked for {account.account_id} at {now} for {lifetime}, {session_id}, "
            f"{password_at})"
        )


def store_of(settings: Settings, *, name: str) -> PostgresStore:
    """The Store on the service's database; `name` shows in the server's list of connections."""
    return PostgresStore(Database(settings.database_dsn, name=name), ContactCipher.from_file(settings.contact_key_file))


def ports_of(settings: Settings, store: PostgresStore, api: ApiSettings | None = None) -> Ports:
    """The ports of the api, or without its settings those of the worker."""
    return Ports(
        store=store,
        objects=QuarantineObjects(
            endpoint=settings.s3_endpoint,
            public_endpoint=settings.s3_public_endpoint,
            access_key=settings.s3_access_key,
            secret_key=settings.s3_secret_key,
        ),
        clock=SystemClock(),
        passwords=Argon2Passwords(),
        tokens=SignedTokens(TokenSigner.from_file(api.token_private_key_file)) if api else NoTokens(),
        factor_required=api.factor_required if api else FACTOR_REQUIRED,
        contact_required=api.contact_required if api else CONTACT_REQUIRED,
    )
