"""How failed attempts to get in are counted, so that nobody gets far by guessing and nobody is locked out.

Of one login from one address: its own count, which stops guessing at one account (accounts.MAX_FAILURES). Of all logins
from one address: counts that stop one common password from being tried on everybody. An office's whole building may
share an address, so these are generous, count failures alone, and never keep out an account that has been signed in
from there before. Of a second factor: by account, since only who knows its password is asked for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta

MAX_OF_ALL = 150
"""Failed sign-ins from one address within accounts.FAILURE_WINDOW: sixty units of one building may each err twice."""
DAY = timedelta(days=1)
MAX_A_DAY = 600
"""And within a day, so that going slowly does not help."""
MAX_CODES = 20
"""Wrong one-time passwords of one account within accounts.FAILURE_WINDOW, wherever they come from."""

OF_ALL = hashlib.sha256(b"sign-ins of anybody").digest()
OF_ALL_TODAY = hashlib.sha256(b"sign-ins of anybody in a day").digest()
"""How sign-ins of all logins from an address stand in the count."""
LONGER: Mapping[bytes, timedelta] = {OF_ALL_TODAY: DAY}
"""Counts that are kept for longer than accounts.FAILURE_WINDOW."""
ANYWHERE = ""
"""Stands for the address where all addresses are counted together."""


def in_words(wait: timedelta) -> tuple[str, str]:
    """How long to wait, rounded up: (Chinese, English)."""
    minutes = max(1, -(-int(wait.total_seconds()) // 60))
    hours = -(-minutes // 60)
    if minutes > 120:  # noqa: PLR2004 - from here on nobody counts minutes
        return f"{hours} 小时", f"{hours} hours"
    return f"{minutes} 分钟", "a minute" if minutes == 1 else f"{minutes} minutes"
