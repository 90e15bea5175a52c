"""A forgotten password, replaced by mail: how often it may be asked for, and which code counts.

Nobody learns from the answer, or from how long it takes, whether there is such an account. Whoever asks for somebody
else's account can neither fill its mailbox nor use up what its owner may ask for: requests from addresses where the
account has been signed in are counted apart from all others.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.intake.domain.accounts import login_digest

MAX_ASKED = 3
"""Requests for one login from one address within FAILURE_WINDOW (15 minutes)."""
MAX_ASKED_OF_ALL = 30
"""Requests for any login from one address within FAILURE_WINDOW."""
MAILS_AN_HOUR = 3
MAILS_A_DAY = 6
"""Mails to one account, twice: asked for from addresses where it has been signed in, and from all others together."""
CODE_LIFETIME = timedelta(minutes=30)
"""What notify's codes last; they say it themselves."""
LATEST_USE = timedelta(minutes=90)
"""After the request, whatever the code's own time says: notify answers within an hour."""
KEPT = timedelta(days=2)
"""So long a request is kept, to be counted."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as the schedule finds it: whose account it is for, if there is one that may be mailed to."""

    request_id: UUID
    account_id: UUID | None
    asked_at: datetime
    at_home: bool
    """It came from an address where this account has been signed in."""


def asking_digest(login: str) -> bytes:
    """How requests for a login are counted: apart from failed sign-ins."""
    return hashlib.sha256(b"forgotten password\0" + login_digest(login)).digest()


ASKING_OF_ALL = hashlib.sha256(b"forgotten passwords of anybody").digest()
"""How all requests from an address are counted."""


def may_mail(last_hour: int, last_day: int) -> bool:
    """Whether one more mail may go to an account, which has been sent so many of this kind."""
    return last_hour < MAILS_AN_HOUR and last_day < MAILS_A_DAY
