"""Sessions: how long one lasts, what its holder may reach before he has a second factor, where he goes first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from services.intake.domain.accounts import Account
from services.intake.domain.permissions import RECOMMENDERS

IDLE = timedelta(hours=2)
"""A session of pages ends when nobody did anything for so long: opened a page, typed, sent a file.

What an open page asks by itself, such as how far a file is, counts for nothing."""
ABSOLUTE = timedelta(hours=12)
"""And at the latest so long after signing in."""
SCRIPT_TOKEN = timedelta(minutes=5)
"""So long the access token lasts that a page's script takes to another service, which does not know of sessions."""
KEPT_AFTER_END = timedelta(days=90)
"""So long its owner still sees it among his past sessions."""

Kind = Literal["page", "api"]

FACTOR_REQUIRED = frozenset({"secretariat", "expert"})
"""Roles that need a second factor for pages, unless the installation says otherwise."""

CONTACT_REQUIRED = RECOMMENDERS | {"expert"}
"""Roles that say how they are reached before they see other pages: whom deadlines, returns and tasks are told.

Pages alone ask. A program acts for people who are asked when they visit a page."""
FORM_PASS = timedelta(minutes=20)
"""So long somebody may take to fill in his contact without scripts."""


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session as its owner sees it in his list."""

    session_id: UUID
    kind: Kind
    agent: str
    address: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Visit:
    """A session that is good now, and whose it is."""

    session_id: UUID
    account: Account
    has_second_factor: bool
    has_contact: bool
    """Notify has said that the account has one, or the browser has just come back from there."""


def must_enrol(visit: Visit, required: frozenset[str]) -> bool:
    """Whether nothing but setting up the second factor is open to this visitor yet."""
    return not visit.has_second_factor and not visit.account.roles.isdisjoint(required)


def must_tell_contact(visit: Visit, required: frozenset[str]) -> bool:
    """Whether nothing but saying how he is reached is open to this visitor yet."""
    return not visit.has_contact and not visit.account.roles.isdisjoint(required)


def first_place(roles: frozenset[str]) -> str:
    """The page of ours that is the home of somebody with these roles."""
    if roles & RECOMMENDERS:
        return "/desk"
    if roles & {"secretariat", "operator", "supervisor"}:
        return "/office"
    return "/review" if "expert" in roles else "/account"


_BROWSERS = ("MicroMessenger", "Edg", "Firefox", "Chrome", "Safari")
_SYSTEMS = ("Windows", "Android", "iPhone", "iPad", "Mac OS", "Linux")
_KNOWN_AS = {"MicroMessenger": "微信", "Edg": "Edge", "Mac OS": "macOS"}


def browser_of(agent: str) -> str:
    """A user agent in few words: people recognise their browser and system, not its version string."""
    found = [next((mark for mark in marks if mark in agent), "") for marks in (_BROWSERS, _SYSTEMS)]
    words = " · ".join(_KNOWN_AS.get(mark, mark) for mark in found if mark)
    return words or agent.partition("/")[0][:40] or "程序 program"
