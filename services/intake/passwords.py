"""Passwords: argon2id, with the same work whether an account exists or not."""

from __future__ import annotations

import unicodedata

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP's first choice for argon2id: 46 MiB, one pass, one lane; about 40 ms of a core.
_HASHER = PasswordHasher(time_cost=1, memory_cost=47_104, parallelism=1, type=Type.ID)


class Argon2Passwords:
    """services.intake.ports.Passwords."""

    def __init__(self) -> None:
        self._nobody = _HASHER.hash("nobody has this password")

    def hash(self, password: str) -> str:
        return _HASHER.hash(_composed(password))

    def verify(self, hashed: str | None, password: str) -> bool:
        try:
            fits = _HASHER.verify(hashed or self._nobody, _composed(password))
        except (VerificationError, InvalidHashError):
            return False
        return fits and hashed is not None


def _composed(password: str) -> str:
    """Keyboards differ in how they write a letter with its mark; a few Chinese characters have two code points, too."""
    return unicodedata.normalize("NFC", password)
