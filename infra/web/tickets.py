"""Short-lived proofs that a browser carries from one step to the next: sealed, bound to that browser, never stored."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt


@dataclass(frozen=True, slots=True)
class Tickets:
    """Tickets of one service; `secret` is its own, `kind` tells them apart."""

    secret: bytes
    kind: str

    def issue(self, subject: str, holder: str, *, now: datetime, lifetime: timedelta) -> str:
        """A ticket that says `subject` to whoever shows it together with `holder`, such as a cookie's value."""
        claims = {"sub": subject, "aud": self.kind, "exp": now + lifetime, "holder": _digest(holder)}
        return jwt.encode(claims, self.secret, algorithm="HS256")

    def read(self, ticket: str, holder: str) -> str | None:
        """What the ticket says; None if it is forged, too old, or another's."""
        try:
            claims = jwt.decode(
                ticket, self.secret, algorithms=["HS256"], audience=self.kind, options={"require": ["exp", "sub"]}
            )
        except (jwt.PyJWTError, ValueError, RecursionError):  # whatever else its parts are read as
            return None
        return str(claims["sub"]) if claims.get("holder") == _digest(holder) else None


def _digest(holder: str) -> str:
    return hashlib.sha256(holder.encode()).hexdigest()
