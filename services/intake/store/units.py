"""Units in PostgreSQL, and the accounts of a table."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, func, select, text, update

from services.intake.domain.accounts import Account
from services.intake.domain.imports import Unit
from services.intake.store.accounts import account_of
from services.intake.store.tables import ACCOUNTS, UNITS

_SAVE = text("""
    INSERT INTO units (code, name, kind, region, parent_code) VALUES (:code, :name, :kind, :region, :parent)
    ON CONFLICT (code) DO UPDATE SET name = excluded.name, kind = excluded.kind, region = excluded.region,
        parent_code = excluded.parent_code, changed_at = clock_timestamp()
""")


class UnitRows:
    """The part of a transaction that is about units."""

    connection: Connection

    def units(self) -> Sequence[Unit]:
        rows = self.connection.execute(select(UNITS).order_by(UNITS.c.code))
        return [Unit(row.code, row.name, row.kind, row.region, row.parent_code) for row in rows]

    def save_units(self, units: Sequence[Unit]) -> None:
        for unit in units:  # the units above may stand below in the table: their key is checked at the end
            values = {"code": unit.code, "name": unit.name, "kind": unit.kind, "region": unit.region}
            self.connection.execute(_SAVE, values | {"parent": unit.parent})

    def accounts_of(self, logins: Sequence[str]) -> Sequence[Account]:
        rows = self.connection.execute(select(ACCOUNTS).where(ACCOUNTS.c.login == func.any(list(logins))))
        return [account_of(row) for row in rows]

    def change_account(self, account_id: UUID, name: str, roles: frozenset[str], unit_code: str | None) -> None:
        changed = update(ACCOUNTS).where(ACCOUNTS.c.account_id == account_id)
        self.connection.execute(changed.values(name=name, roles=sorted(roles), unit_code=unit_code))
