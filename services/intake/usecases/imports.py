"""Bring in units and people from a table: all of it or nothing, and the same table again changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import uuid4

import structlog

from contracts.events import Finding
from services.intake.domain import accounts as rules
from services.intake.domain.accounts import Account
from services.intake.domain.errors import LoginTakenError
from services.intake.domain.imports import Person, Table, Unit, check_hierarchy, read_rows
from services.intake.domain.permissions import Caller, may_govern
from services.intake.ports import Ports, Transaction
from services.intake.usecases.accounts import Issued
from services.intake.usecases.ending import end_sessions

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Invited:
    """A new account with its code, which is shown this once."""

    person: Person
    issued: Issued


@dataclass(frozen=True, slots=True)
class Imported:
    """What a table brought, or would bring. With findings nothing was taken from it."""

    findings: tuple[Finding, ...]
    new_units: tuple[Unit, ...] = ()
    changed_units: tuple[Unit, ...] = ()
    same_units: int = 0
    new_people: tuple[Person, ...] = ()
    changed_people: tuple[Person, ...] = ()
    same_people: int = 0
    invited: tuple[Invited, ...] = ()

    @property
    def changes(self) -> bool:
        return bool(self.new_units or self.changed_units or self.new_people or self.changed_people)


def import_people(
    ports: Ports, caller: Caller, rows: Iterable[tuple[int, Mapping[str, str]]], *, dry_run: bool
) -> Imported:
    """Take a table in, or with `dry_run` say what it would change. Raises LoginTakenError if somebody is quicker."""
    table = read_rows(rows, caller.roles)
    with ports.store.begin() as tx:
        units = {unit.code: unit for unit in tx.units()}
        check_hierarchy(table, {code: unit.parent for code, unit in units.items()})
        accounts = {account.login: account for account in tx.accounts_of(sorted(table.people))}
        _check_governed(table, accounts, caller)
        if table.findings:
            return Imported(tuple(sorted(table.findings, key=_line)))
        plan = _plan(table, units, accounts)
        if dry_run:
            return plan
        tx.save_units([*plan.new_units, *plan.changed_units])
        for person in plan.changed_people:
            account = accounts[person.login]
            tx.change_account(account.account_id, person.name, person.roles, person.unit_code)
            end_sessions(tx, account.account_id, "account-changed")  # their tokens say what the account was
        invited = tuple(_invite(tx, person) for person in plan.new_people)
    log.info(
        "accounts.imported",
        by=str(caller.account_id),
        units=len(plan.new_units) + len(plan.changed_units),
        made=len(plan.new_people),
        changed=len(plan.changed_people),
    )
    return Imported(
        (),
        plan.new_units,
        plan.changed_units,
        plan.same_units,
        plan.new_people,
        plan.changed_people,
        plan.same_people,
        invited,
    )


def list_units(ports: Ports) -> Sequence[Unit]:
    """Every unit, by code."""
    with ports.store.begin() as tx:
        return tx.units()


def _line(finding: Finding) -> int:
    return int(str(finding.place).removeprefix("row-"))


def _check_governed(table: Table, accounts: Mapping[str, Account], caller: Caller) -> None:
    """Nobody changes by a table an account that he may not change otherwise."""
    for login, account in accounts.items():
        line = table.lines[f"login:{login}"]
        if not may_govern(caller.roles, account.roles) or account.account_id == caller.account_id:
            if _same(account, table.people[login]):
                continue
            table.wrong(
                line,
                "forbidden",
                f"当前账号不能修改账号 {login}，请联系运维人员。",
                f"This account may not change {login}; ask an operator.",
            )
        elif account.disabled_at is not None:
            table.wrong(
                line, "account-disabled", f"账号 {login} 已停用，请换一个登录名。", f"The account {login} is disabled."
            )


def _same(account: Account, person: Person) -> bool:
    return (account.name, account.roles, account.unit_code) == (person.name, person.roles, person.unit_code)


def _plan(table: Table, units: Mapping[str, Unit], accounts: Mapping[str, Account]) -> Imported:
    fresh_units = tuple(unit for unit in table.units.values() if unit.code not in units)
    other_units = tuple(unit for unit in table.units.values() if unit.code in units and units[unit.code] != unit)
    fresh = tuple(person for person in table.people.values() if person.login not in accounts)
    other = tuple(
        person
        for person in table.people.values()
        if person.login in accounts and not _same(accounts[person.login], person)
    )
    return Imported(
        (),
        fresh_units,
        other_units,
        len(table.units) - len(fresh_units) - len(other_units),
        fresh,
        other,
        len(table.people) - len(fresh) - len(other),
    )


def _invite(tx: Transaction, person: Person) -> Invited:
    activation, account_id = rules.new_activation(), uuid4()
    account = Account(account_id, person.login, person.name, person.roles, person.unit_code, tx.now())
    if not tx.add_account(account):
        raise LoginTakenError(
            f"登录名 {person.login} 刚刚被占用，本次没有导入任何内容，请重试。",
            f"The login {person.login} was taken just now; nothing was imported, try again.",
        )
    expires_at = tx.add_activation(account_id, activation.digest, rules.ACTIVATION_LIFETIME)
    return Invited(person, Issued(account_id, activation.code, expires_at))
