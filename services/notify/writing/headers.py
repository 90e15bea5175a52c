"""Header fields that nothing can be smuggled into: plain ASCII words, or encoded words (RFC 2047), folded by us.

The standard library's folding puts spaces into long encoded names and leaves `=?…?=` in a typed name to be decoded by
the reader; both are tested for.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from datetime import datetime
from email.utils import format_datetime

_FOLD = "\r\n "
_CHUNK_BYTES = 36  # 60 characters as an encoded word: with `Subject: ` before it still under the 76 of RFC 2047
_PLAIN = re.compile(r"[A-Za-z0-9]+([ -][A-Za-z0-9]+)*")
_MAX_PLAIN = 60
_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z-]*")
_VALUE = re.compile(r"[\x20-\x7e]+(\r\n [\x21-\x7e][\x20-\x7e]*)*")


def words(text: str) -> str:
    """`text` as header words: as it stands if it is short, plain ASCII, else in encoded words."""
    if _PLAIN.fullmatch(text) and len(text) <= _MAX_PLAIN:
        return text
    return _FOLD.join(f"=?utf-8?b?{base64.b64encode(chunk).decode()}?=" for chunk in _chunks(text))


def _chunks(text: str) -> Iterator[bytes]:
    """Whole characters, at most _CHUNK_BYTES of UTF-8 at a time: an encoded word never ends inside a character."""
    chunk = b""
    for character in text:
        encoded = character.encode()
        if len(chunk) + len(encoded) > _CHUNK_BYTES:
            yield chunk
            chunk = b""
        chunk += encoded
    if chunk:
        yield chunk


def mailbox(name: str, address: str) -> str:
    """`name <address>`; the bare address without a name. `address` must be ASCII without white space."""
    if not name:
        return address
    return f"{words(name)}{_FOLD}<{address}>"


def date(instant: datetime) -> str:
    """`Mon, 31 Aug 2026 16:00:00 +0000`."""
    return format_datetime(instant)


def block(fields: dict[str, str]) -> bytes:
    """The header fields in their order. Raises ValueError for a name or value that could break out of its field."""
    lines = []
    for name, value in fields.items():
        if not _FIELD_NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise ValueError(f"the header field {name} would hold something that is not allowed there")
        lines.append(f"{name}: {value}\r\n")
    return "".join(lines).encode("ascii")
