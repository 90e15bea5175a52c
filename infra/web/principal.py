"""Who is calling: access tokens signed by intake (EdDSA), verified by every service with the public key alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self
from uuid import UUID, uuid4

import jwt

ISSUER = "laurel-intake"
AUDIENCE = "laurel"
ROLES = ("unit", "committee", "working-group", "individual", "secretariat", "expert", "supervisor", "operator")


@dataclass(frozen=True, slots=True)
class Principal:
    """The account behind a request, as its token says."""

    account_id: UUID
    name: str
    roles: frozenset[str]
    unit_code: str | None = None
    token_id: str = ""
    expires_at: datetime | None = None
    """When the token ends; absent on a principal that came from no token."""
    session_id: UUID | None = None
    """The session that the token belongs to: when that ends, so does the token."""
    password_at: datetime | None = None
    """When its holder gave his password for this token; None if he was signed in already."""
    scopes: frozenset[str] | None = None
    """What a program's token is limited to; None for a person, who may do whatever his roles may."""

    def has(self, *roles: str) -> bool:
        """Whether the account holds one of these roles."""
        return not self.roles.isdisjoint(roles)


class TokenError(Exception):
    """The token is missing, malformed, expired, or not signed by intake."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """Held by intake alone."""

    private_key_pem: str

    @classmethod
    def from_file(cls, path: str) -> Self:
        return cls(Path(path).read_text())


class TokenSigner(SigningKey):
    """Signs access tokens."""

    def sign(self, principal: Principal, *, now: datetime, lifetime: timedelta) -> str:
        """An access token; `now` and `lifetime` bound it."""
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(principal.account_id),
            "jti": principal.token_id or uuid4().hex,
            "iat": now,
            "exp": now + lifetime,
            "name": principal.name,
            "roles": sorted(principal.roles),
            "unit": principal.unit_code,
        }
        if principal.session_id is not None:
            claims["sid"] = str(principal.session_id)
        if principal.password_at is not None:
            claims["auth_time"] = int(principal.password_at.timestamp())
        return jwt.encode(claims, self.private_key_pem, algorithm="EdDSA")


@dataclass(frozen=True, slots=True)
class TokenVerifier:
    """Held by every api."""

    public_key_pem: str

    @classmethod
    def from_file(cls, path: str) -> TokenVerifier:
        return cls(Path(path).read_text())

    def verify(self, token: str) -> Principal:
        """The principal of a valid token. Raises TokenError."""
        try:
            claims = jwt.decode(
                token,
                self.public_key_pem,
                algorithms=["EdDSA"],
                audience=AUDIENCE,
                issuer=ISSUER,
                leeway=5,
                options={"require": ["exp", "iat", "sub", "jti"]},
            )
            return Principal(
                account_id=UUID(claims["sub"]),
                name=str(claims.get("name", "")),
                roles=frozenset(claims.get("roles", ())) & frozenset(ROLES),
                unit_code=claims.get("unit"),
                token_id=str(claims["jti"]),
                expires_at=datetime.fromtimestamp(claims["exp"], UTC),
                session_id=UUID(claims["sid"]) if "sid" in claims else None,
                password_at=datetime.fromtimestamp(claims["auth_time"], UTC) if "auth_time" in claims else None,
            )
        except (jwt.PyJWTError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise TokenError(str(error)) from error


def utc_now() -> datetime:
    """This process's clock; never what a deadline is decided on."""
    return datetime.now(UTC)
