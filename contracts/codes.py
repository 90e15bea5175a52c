"""One-time codes: how they look, and the digest by which one service knows a code that another has made.

A code has 125 random bits in groups that can be read over a telephone. Its digest tells nothing of it, so it may
travel as an event; the code itself never does.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata

# Crockford's base 32: without I, L, O and U, which people confuse or misread.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GROUPS, GROUP = 5, 5
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})


def new_code() -> str:
    """A fresh code, from the system's source of randomness."""
    symbols = [secrets.choice(ALPHABET) for _ in range(GROUPS * GROUP)]
    return "-".join("".join(symbols[at : at + GROUP]) for at in range(0, len(symbols), GROUP))


def code_digest(code: str) -> bytes:
    """SHA-256 of the code's symbols, however it was typed. Plain SHA-256 will do: 125 random bits cannot be guessed."""
    symbols = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", code)).upper().translate(_MISREAD)
    return hashlib.sha256(symbols.encode()).digest()
