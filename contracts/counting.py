"""The one 字 counter, as the word processors of library offices count 字数."""

from __future__ import annotations

import re

# Every CJK character and every full-width punctuation mark counts one; every run of other visible characters without
# white space counts one; white space counts none.
_WIDE = (
    "\u2e80-\u2fdf\u3001-\u303f\u3040-\u30ff\u3100-\u312f\u3130-\u318f\u31a0-\u31ff\u3200-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff01-\uffef\U00020000-\U0003ffff"
)
_TOKEN = re.compile(f"[{_WIDE}]|[^\\s{_WIDE}]+")


def count_zi(text: str) -> int:
    """Number of 字 in `text`."""
    return sum(1 for _ in _TOKEN.finditer(text))
