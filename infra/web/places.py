"""The places that the header of every page links to, whichever service shows that page."""

from __future__ import annotations

from collections.abc import Iterable

from infra.web.pages import MenuItem
from infra.web.visits import Visitor

_DESK = frozenset({"unit", "committee", "working-group", "individual"})
_OFFICE = frozenset({"secretariat", "operator", "supervisor"})
_REVIEW = frozenset({"secretariat", "supervisor", "expert"})


def places_of(visitor: Visitor) -> Iterable[MenuItem]:
    """What is open to somebody with these roles; nothing while he has to do something else first."""
    if visitor.confined_to:
        return
    if visitor.roles & _DESK:
        yield MenuItem("/desk", "申报", "My desk")
    if visitor.roles & _OFFICE:
        yield MenuItem("/office", "办公", "Office")
    if visitor.roles & _REVIEW:
        yield MenuItem("/review", "评审", "Review")
