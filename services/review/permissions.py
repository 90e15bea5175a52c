"""Who may do what in review: one table, role × action. What is not listed is refused.

Supervisors read everything and change nothing. Beyond this table, an account that is on a campaign's panel sees nothing
of that campaign's desk, and an expert sees his own work alone: those rules need the data and stand in the use cases.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from enum import StrEnum
from typing import Any

from fastapi import Depends

from infra.web.app import caller
from infra.web.principal import Principal
from services.review.domain.acts import Actor


class Action(StrEnum):
    """What an account may do by the API."""

    READ_CASES = "read-cases"
    RULE = "rule-on-eligibility"
    READ_PANEL = "read-panel"
    ENROL_EXPERT = "enrol-expert"
    PIN_CONFLICT = "pin-conflict"
    ASSIGN = "assign"
    READ_OWN_WORK = "read-own-work"
    SCORE = "score"
    RECUSE = "recuse"
    READ_RANKING = "read-ranking"
    OPEN_NOTICE = "open-notice"
    PUBLISH_DECISION = "publish-decision"


PERMISSIONS: Mapping[Action, frozenset[str]] = {
    Action.READ_CASES: frozenset({"secretariat", "supervisor"}),
    Action.RULE: frozenset({"secretariat"}),
    Action.READ_PANEL: frozenset({"secretariat", "supervisor"}),
    Action.ENROL_EXPERT: frozenset({"secretariat"}),
    Action.PIN_CONFLICT: frozenset({"secretariat"}),
    Action.ASSIGN: frozenset({"secretariat"}),
    Action.READ_OWN_WORK: frozenset({"expert"}),
    Action.SCORE: frozenset({"expert"}),
    Action.RECUSE: frozenset({"expert"}),
    Action.READ_RANKING: frozenset({"secretariat", "supervisor"}),
    Action.OPEN_NOTICE: frozenset({"secretariat"}),
    Action.PUBLISH_DECISION: frozenset({"secretariat"}),
}


def allowed(action: Action) -> Callable[..., Coroutine[Any, Any, Actor]]:
    """A FastAPI dependency: the account that asks, if one of its roles may do this. Raises Problem (401, 403)."""
    roles = PERMISSIONS[action]
    if not roles:  # caller() without roles would let everybody in
        raise ValueError(f"nobody may {action}")

    holder = Depends(caller(*sorted(roles)))

    # A default, not Annotated: an annotation is read outside of this function, where `holder` is not known.
    async def actor(principal: Principal = holder) -> Actor:
        return Actor(principal.account_id, principal.name)

    return actor
