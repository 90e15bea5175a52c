"""Files that hold secrets, and the keys in them."""

from __future__ import annotations

import base64
import os
import secrets
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

PRIVATE = 0o600


def write_file(path: Path, text: str, mode: int = PRIVATE) -> None:
    """Write a file whole or not at all; by default nobody but its owner may read it, at no moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        os.fchmod(file.fileno(), mode)
    Path(name).replace(path)


def password() -> str:
    """A random password of 192 bits that needs no quoting in a URL, a shell or an .env file."""
    return secrets.token_urlsafe(24)


def token_key_pair() -> tuple[str, str]:
    """The private and the public key (PEM, Ed25519) by which access tokens are signed and checked."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


def contact_key() -> str:
    """A Fernet key: 32 random bytes in URL-safe base64."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def write_keys(folder: Path, mode: int = PRIVATE) -> None:
    """Write the keys' three files that are not there yet; what is there stays, since data are sealed with it."""
    private, public = folder / "token_private_key.pem", folder / "token_public_key.pem"
    if not (private.exists() and public.exists()):
        for path, text in zip((private, public), token_key_pair(), strict=True):
            write_file(path, text, mode)
    contact = folder / "contact_key"
    if not contact.exists():
        write_file(contact, contact_key(), mode)
