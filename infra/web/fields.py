"""Types for what people type: texts that PostgreSQL, JSON and a page can all hold."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

# C0 and C1 controls but tab, line feed, carriage return; lone surrogates; the permanent non-characters of the BMP.
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
# Marks that reorder what is shown: a name may end in another way than it looks.
_REORDERING = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def storable(text: str) -> str:
    """The text itself with line ends as LF. Raises ValueError, naming the character and where it stands."""
    found = _UNSTORABLE.search(text)
    if found:
        code, at = f"U+{ord(found[0]):04X}", found.start() + 1
        raise ValueError(
            f"第 {at} 个字符是无法保存的控制字符（{code}），请删除后重试。"
            f" | Character {at} is a control character that cannot be stored ({code}); remove it."
        )
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def one_line(text: str) -> str:
    """A storable text without breaks, reordering marks and outer white space. Raises ValueError if nothing is left."""
    line = " ".join(_REORDERING.sub("", storable(text)).split())
    if not line:
        raise ValueError("不能为空。 | This must not be empty.")
    return line


LongText = Annotated[str, AfterValidator(storable)]
"""A text of several lines."""
Line = Annotated[str, StringConstraints(max_length=300), AfterValidator(one_line)]
"""A name, a title, a reason in one line: at most 300 characters, never empty."""
