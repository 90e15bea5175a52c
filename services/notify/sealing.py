"""Contact data and codes at rest: Fernet (AES-128-CBC with HMAC-SHA-256), bound to the account they belong to."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken

from services.notify.domain.contacts import Contact
from services.notify.domain.errors import SealBrokenError


class FernetSealer:
    """Seals with one key of 32 bytes in URL-safe base64."""

    def __init__(self, key: str | bytes) -> None:
        self._fernet = Fernet(key)

    @classmethod
    def from_file(cls, path: str) -> FernetSealer:
        """Raises OSError for an unreadable file and ValueError for something that is no key."""
        return cls(Path(path).read_text().strip())

    def seal(self, account_id: UUID, contact: Contact) -> str:
        """The contact as one opaque text."""
        private = {"name": contact.name, "mobile": contact.mobile, "email": contact.email}
        return self._seal(account_id, private)

    def unseal(self, account_id: UUID, sealed: str) -> Contact:
        """The contact. Raises SealBrokenError: another key, damaged, or sealed for another account."""
        private = self._unseal(account_id, sealed)
        return Contact(private["name"], private["mobile"], private["email"])

    def seal_code(self, account_id: UUID, code: str) -> str:
        """A one-time code as one opaque text."""
        return self._seal(account_id, {"code": code})

    def unseal_code(self, account_id: UUID, sealed: str) -> str:
        """The code. Raises SealBrokenError, as `unseal` does."""
        return self._unseal(account_id, sealed)["code"]

    def _seal(self, account_id: UUID, private: dict[str, str]) -> str:
        whole = {"account": str(account_id), **private}
        return self._fernet.encrypt(json.dumps(whole, ensure_ascii=False).encode()).decode()

    def _unseal(self, account_id: UUID, sealed: str) -> dict[str, str]:
        try:
            private: dict[str, str] = json.loads(self._fernet.decrypt(sealed.encode()))
        except InvalidToken:
            raise SealBrokenError(f"the contact of {account_id} cannot be opened with this key") from None
        if private["account"] != str(account_id):
            raise SealBrokenError(f"what stands as the contact of {account_id} was sealed for another account")
        return private
