"""The second factor: one-time passwords by time (RFC 6238), and recovery codes for the day the telephone is gone."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

STEP_SECONDS = 30
DIGITS = 6
_DRIFT = 1
"""Steps that a telephone's clock may be off."""
RECOVERY_CODES = 8
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RECOVERY_LENGTH = 16
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})


@dataclass(frozen=True, slots=True, repr=False)
class SecondFactor:
    """What an account has set up; unconfirmed until a first password has proven that the telephone has the secret."""

    secret: str
    confirmed: bool
    last_step: int


def new_secret() -> str:
    """160 random bits in base 32, as the applications take it."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def new_recovery_codes() -> tuple[str, ...]:
    """80 random bits each, in groups of four."""
    codes = ("".join(secrets.choice(_ALPHABET) for _ in range(_RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES))
    return tuple("-".join(code[at : at + 4] for at in range(0, _RECOVERY_LENGTH, 4)) for code in codes)


def recovery_digest(code: str) -> bytes:
    """What is kept of a recovery code. Plain SHA-256 will do: 80 random bits behind a count of attempts."""
    symbols = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", code)).upper().translate(_MISREAD)
    return hashlib.sha256(symbols.encode()).digest()


def attempts_digest(account_id: object) -> bytes:
    """How the second factor of an account stands in the count of failed sign-ins."""
    return hashlib.sha256(f"second factor\0{account_id}".encode()).digest()


def one_time_password(secret: str, step: int) -> str:
    mac = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1")
    at = mac[-1] & 0x0F
    number = int.from_bytes(mac[at : at + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def step_of(factor: SecondFactor, given: str, now: datetime) -> int | None:
    """The step whose password was given; None if it is none of these minutes', or was used before."""
    digits = re.sub(r"\s", "", unicodedata.normalize("NFKC", given))
    if not re.fullmatch(rf"[0-9]{{{DIGITS}}}", digits):
        return None
    current = int(now.timestamp()) // STEP_SECONDS
    fits = [
        step
        for step in range(current - _DRIFT, current + _DRIFT + 1)
        if hmac.compare_digest(one_time_password(factor.secret, step), digits) and step > factor.last_step
    ]
    return fits[-1] if fits else None


def enrolment_uri(secret: str, login: str) -> str:
    """What the QR code says."""
    label = quote(f"桂冠 Laurel:{login}")
    return f"otpauth://totp/{label}?secret={secret}&issuer={quote('桂冠 Laurel')}&digits={DIGITS}&period={STEP_SECONDS}"
