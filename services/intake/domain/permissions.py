"""Who may do what: one table. What is not in it is denied.

Recommenders (unit, committee, working-group, individual) act on the entries of their own unit alone; a scope that
services/intake enforces in every query, so that another unit's entry does not exist for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from services.intake.domain.errors import ForbiddenError

RECOMMENDERS = frozenset({"unit", "committee", "working-group", "individual"})
EVERYBODY = RECOMMENDERS | {"secretariat", "expert", "supervisor", "operator"}


class Action(StrEnum):
    """What a signed-in account may ask of intake."""

    CREATE_ACCOUNT = "create-account"
    REISSUE_ACTIVATION = "reissue-activation"
    DISABLE_ACCOUNT = "disable-account"
    LIST_ACCOUNTS = "list-accounts"
    IMPORT_ACCOUNTS = "import-accounts"
    RESET_SECOND_FACTOR = "reset-second-factor"
    MANAGE_OWN_ACCOUNT = "manage-own-account"
    OPEN_CAMPAIGN = "open-campaign"
    AMEND_CAMPAIGN = "amend-campaign"
    CLOSE_CAMPAIGN = "close-campaign"
    READ_CAMPAIGN_RECORD = "read-campaign-record"
    READ_PROGRESS = "read-progress"
    READ_MEMBERS = "read-members"
    CREATE_ENTRY = "create-entry"
    LIST_ENTRIES = "list-entries"
    READ_ENTRY = "read-entry"
    READ_PRIVATE_FIELDS = "read-private-fields"
    EDIT_ENTRY = "edit-entry"
    READ_HISTORY = "read-history"
    SUBMIT_ENTRY = "submit-entry"
    WITHDRAW_ENTRY = "withdraw-entry"
    READ_HAPPENINGS = "read-happenings"
    DOWNLOAD_CAMPAIGN = "download-campaign"


PERMISSIONS: dict[Action, frozenset[str]] = {
    Action.CREATE_ACCOUNT: frozenset({"secretariat", "operator"}),
    Action.REISSUE_ACTIVATION: frozenset({"secretariat", "operator"}),
    Action.DISABLE_ACCOUNT: frozenset({"secretariat", "operator"}),
    Action.LIST_ACCOUNTS: frozenset({"secretariat", "operator", "supervisor"}),
    Action.IMPORT_ACCOUNTS: frozenset({"secretariat", "operator"}),
    Action.RESET_SECOND_FACTOR: frozenset({"secretariat", "operator"}),
    Action.MANAGE_OWN_ACCOUNT: EVERYBODY,
    Action.OPEN_CAMPAIGN: frozenset({"secretariat", "operator"}),
    Action.AMEND_CAMPAIGN: frozenset({"secretariat"}),
    Action.CLOSE_CAMPAIGN: frozenset({"secretariat"}),
    Action.READ_CAMPAIGN_RECORD: frozenset({"secretariat", "supervisor", "operator"}),
    Action.READ_PROGRESS: frozenset({"secretariat", "supervisor"}),
    Action.READ_MEMBERS: frozenset({"committee"}),
    Action.CREATE_ENTRY: RECOMMENDERS,
    Action.LIST_ENTRIES: RECOMMENDERS | {"secretariat", "supervisor"},
    Action.READ_ENTRY: RECOMMENDERS | {"secretariat", "supervisor"},
    Action.READ_PRIVATE_FIELDS: RECOMMENDERS | {"secretariat"},
    Action.EDIT_ENTRY: RECOMMENDERS,
    Action.READ_HISTORY: RECOMMENDERS,
    Action.SUBMIT_ENTRY: RECOMMENDERS,
    Action.WITHDRAW_ENTRY: RECOMMENDERS,
    Action.READ_HAPPENINGS: RECOMMENDERS | {"secretariat", "supervisor"},
    Action.DOWNLOAD_CAMPAIGN: frozenset({"secretariat", "supervisor"}),
}

SEES_ALL_UNITS = frozenset({"secretariat", "supervisor"})
"""Roles whose reading is not limited to one unit."""

GRANTS: dict[str, frozenset[str]] = {
    "secretariat": RECOMMENDERS | {"secretariat", "expert", "supervisor"},
    "operator": RECOMMENDERS | {"secretariat", "expert", "supervisor", "operator"},
}
"""Which roles an account of a role may give to others, and whose accounts it may reset or disable."""


def allows(action: Action, roles: frozenset[str]) -> bool:
    """Whether one of these roles may do this."""
    return not PERMISSIONS.get(action, frozenset()).isdisjoint(roles)


def may_govern(own: frozenset[str], others: frozenset[str]) -> bool:
    """Whether an account with roles `own` may create, reset or disable one with roles `others`."""
    granted = frozenset().union(*(GRANTS.get(role, frozenset()) for role in own))
    return others <= granted


@dataclass(frozen=True, slots=True)
class Caller:
    """The account behind a command."""

    account_id: UUID
    name: str
    roles: frozenset[str]
    unit_code: str | None = None
    actions: frozenset[Action] | None = None
    """What a program's token is limited to; None for a person."""
    session_id: UUID | None = None

    def may(self, action: Action) -> bool:
        """Whether the caller's roles allow this, and a program's token does, too."""
        return allows(action, self.roles) and (self.actions is None or action in self.actions)

    @property
    def own_unit(self) -> str:
        """The unit whose entries this caller may change. Raises ForbiddenError if the caller acts for none."""
        if self.unit_code is None:
            raise ForbiddenError
        return self.unit_code

    @property
    def reads_unit(self) -> str | None:
        """The only unit whose entries this caller may read; None if all."""
        return self.own_unit if self.roles.isdisjoint(SEES_ALL_UNITS) else None
