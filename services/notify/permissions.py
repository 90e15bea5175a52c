"""Who may do what with notify's api: one table, role × action. What is not in it is refused."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """What a route does."""

    WRITE_OWN_CONTACT = "write own contact"
    READ_OWN_CONTACT = "read own contact"
    READ_OWN_MESSAGES = "read own messages"
    READ_MESSAGE_LOG = "read a campaign's message log"
    READ_REMINDER_PLAN = "read a campaign's reminder plan"


_UNITS = frozenset({"unit", "committee", "working-group", "individual"})
_EVERYBODY = _UNITS | {"secretariat", "expert", "supervisor", "operator"}

MAY: dict[Action, frozenset[str]] = {
    Action.WRITE_OWN_CONTACT: _EVERYBODY,
    Action.READ_OWN_CONTACT: _EVERYBODY,
    Action.READ_OWN_MESSAGES: _EVERYBODY,
    Action.READ_MESSAGE_LOG: frozenset({"secretariat", "operator"}),
    Action.READ_REMINDER_PLAN: frozenset({"secretariat", "operator"}),
}
