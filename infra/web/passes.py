"""Passes: how the pages of the other services know who is looking, without a question to intake for each page.

Sessions stand in intake's database alone. A pass is a cookie of minutes that intake signs for a session that is good:
who it is, which session, and the token of its forms. Whoever shows pages verifies it with the public key, refuses it as
soon as it has heard that the session has ended, and sends browsers whose pass has run out to `RENEWAL` and back.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

import jwt
from starlette.requests import HTTPConnection
from starlette.responses import Response

from infra.web.callers import Callers
from infra.web.cookies import drop_cookie, read_cookie, set_cookie
from infra.web.principal import ISSUER, ROLES, SigningKey, utc_now
from infra.web.visits import Visitor

COOKIE = "laurel-pass"
RENEWAL = "/pass"
LIFETIME = timedelta(minutes=10)
"""A browser is sent to intake so often, which is also how an idle session learns that somebody is at work elsewhere."""
_AUDIENCE = "laurel-pages"  # never that of access tokens: neither may stand in for the other
_KEPT = 4096


class PassSigner(SigningKey):
    """Signs passes."""

    def sign(self, visitor: Visitor, form_token: str, *, now: datetime) -> str:
        """A pass for this visitor's session; forms that carry `form_token` are his."""
        claims = {
            "iss": ISSUER,
            "aud": _AUDIENCE,
            "sub": str(visitor.account_id),
            "sid": str(visitor.session_id),
            "iat": now,
            "exp": now + LIFETIME,
            "name": visitor.name,
            "roles": sorted(visitor.roles),
            "unit": visitor.unit_code,
            "form": form_token,
        }
        return jwt.encode(claims, self.private_key_pem, algorithm="EdDSA")


def give_pass(request: HTTPConnection, answer: Response, signed: str) -> None:
    """Let the browser keep it; it goes to every path, since services are told apart by path alone."""
    set_cookie(request, answer, COOKIE, signed)


def drop_pass(request: HTTPConnection, answer: Response) -> None:
    drop_cookie(request, answer, COOKIE)


def renewal_of(request: HTTPConnection) -> str:
    """Where a browser gets a fresh pass and comes back from, with what it was sending."""
    query = request.url.query
    return f"{RENEWAL}?{urlencode({'to': request.url.path + (f'?{query}' if query else '')})}"


class PassHolders:
    """Who is looking, by his pass. Each is verified once, and its session is asked about as `callers` does."""

    def __init__(self, public_key_pem: str, callers: Callers) -> None:
        self._key = public_key_pem
        self._callers = callers
        self._known: dict[str, tuple[datetime, Visitor]] = {}

    async def visitor(self, request: HTTPConnection) -> Visitor | None:
        """The holder of a good pass; also kept in `request.state.visitor`, for the page that answers."""
        given = read_cookie(request, COOKIE)
        visitor = self._verified(given) if given else None
        if visitor is not None and await self._callers.refusal(visitor.account_id, visitor.session_id) is not None:
            visitor = None
        request.state.visitor = visitor
        return visitor

    def _verified(self, given: str) -> Visitor | None:
        known = self._known.get(given) or self._read(given)
        if known is None or known[0] <= utc_now():
            self._known.pop(given, None)
            return None
        self._known.pop(given, None)
        while len(self._known) >= _KEPT:
            self._known.pop(next(iter(self._known)))
        self._known[given] = known
        return known[1]

    def _read(self, given: str) -> tuple[datetime, Visitor] | None:
        try:
            claims = jwt.decode(
                given,
                self._key,
                algorithms=["EdDSA"],
                audience=_AUDIENCE,
                issuer=ISSUER,
                leeway=5,
                options={"require": ["exp", "sub", "sid", "form"]},
            )
            visitor = Visitor(
                account_id=UUID(claims["sub"]),
                name=str(claims.get("name", "")),
                roles=frozenset(claims.get("roles", ())) & frozenset(ROLES),
                unit_code=claims.get("unit"),
                session_id=UUID(claims["sid"]),
                form_token=str(claims["form"]),
            )
            return datetime.fromtimestamp(claims["exp"], UTC), visitor
        except (jwt.PyJWTError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
            return None
