"""Personal contact data at rest: Fernet (AES-128-CBC with HMAC-SHA-256), each text by itself."""

from __future__ import annotations

from pathlib import Path

from cryptography.fernet import Fernet


class ContactCipher:
    """services.intake.store.entries.Cipher. Raises InvalidToken for what another key has sealed."""

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(key)

    @classmethod
    def from_file(cls, path: str) -> ContactCipher:
        """The key file holds 32 bytes in URL-safe base64, as Fernet.generate_key() makes them."""
        return cls(Path(path).read_bytes().strip())

    def seal(self, clear: str) -> str:
        return self._fernet.encrypt(clear.encode()).decode()

    def open(self, sealed: str) -> str:
        return self._fernet.decrypt(sealed.encode()).decode()
