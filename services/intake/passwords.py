"""Passwords: argon2id, with the same work whether an account exists or not."""

from __future__ import annotations

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP's first choice for argon2id: 46 MiB, one pass, one lane; about 40 ms of a core.
_HASHER = PasswordHasher(time_cost=1, memory_cost=47_104, parallelism=1, type=Type.ID)


class Argon2Passwords:
    """services.intake.ports.Passwords."""

    def __init__(self) -> None:
        self._nobody = _HASHER.hash("nobody has this password")

    def hash(self, password: str) -> str:
        return _HASHER.hash(password)

    def verify(self, hashed: str | None, password: str) -> bool:
        try:
            fits = _HASHER.verify(hashed or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return False
        return fits and hashed is not None
