"""Texts in the cells of a table: never the beginning of a formula on the way out, and themselves on the way in."""

from __future__ import annotations

import re

# Excel and WPS take full-width signs for the plain ones, too; a tab or line break before them does not help.
_BLANK = "[\\s\x00-\x1f\u200b-\u200f\u2028-\u202e\u2060\ufeff]*"
_BEGINS = re.compile(f"'*{_BLANK}[=+\\-@|\uff1d\uff0b\uff0d\uff20\uff5c\ufe66\ufe62\ufe63\ufe6b\u2212\t\r]")


def inert(text: str) -> str:
    """A text that no spreadsheet program takes for a formula: an apostrophe before what would begin one."""
    return f"'{text}" if _BEGINS.match(text) else text


def restored(text: str) -> str:
    """What `inert` was given."""
    return text[1:] if text.startswith("'") and _BEGINS.match(text) else text
