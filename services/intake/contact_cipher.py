"""Personal contact data at rest: Fernet (AES-128-CBC with HMAC-SHA-256), each text by itself."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet

_KEPT = 4096


class ContactCipher:
    """services.intake.store.entries.Cipher. Raises InvalidToken for what another key has sealed."""

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(key)
        # The same sealed texts come again with every save of an entry; opening one costs as much as a small query.
        self.open = lru_cache(_KEPT)(self._open)

    @classmethod
    def from_file(cls, path: str) -> ContactCipher:
        """The key file holds 32 bytes in URL-safe base64, as Fernet.generate_key() makes them."""
        return cls(Path(path).read_bytes().strip())

    def seal(self, clear: str) -> str:
        return self._fernet.encrypt(clear.encode()).decode()

    def _open(self, sealed: str) -> str:
        return self._fernet.decrypt(sealed.encode()).decode()
