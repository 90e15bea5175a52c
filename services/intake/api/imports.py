"""Units and accounts from a table: a template, a dry run, the import."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from infra.web.openapi import SIGNED_IN, problem_responses
from services.intake.api.calling import PREFIX, Allowed, answer, ports_of
from services.intake.domain import errors as e
from services.intake.domain.imports import Person, Unit
from services.intake.domain.permissions import Action, Caller
from services.intake.problems import types_of
from services.intake.sheets_in import read_table, template_csv
from services.intake.usecases import imports as use

router = APIRouter(prefix=PREFIX, tags=["accounts"])

_CSV, _XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in (_CSV, _XLSX)},
    }
}


class UnitOut(BaseModel):
    code: str
    name: str
    kind: str
    region: str
    parent: str | None

    @classmethod
    def of(cls, unit: Unit) -> UnitOut:
        return cls(code=unit.code, name=unit.name, kind=unit.kind, region=unit.region, parent=unit.parent)


class PersonOut(BaseModel):
    login: str
    name: str
    roles: list[str]
    unit_code: str | None

    @classmethod
    def of(cls, person: Person) -> PersonOut:
        return cls(login=person.login, name=person.name, roles=sorted(person.roles), unit_code=person.unit_code)


class InvitedOut(PersonOut):
    """The code is shown this once."""

    account_id: UUID
    activation_code: str
    activation_expires_at: datetime


class ImportedOut(BaseModel):
    dry_run: bool
    new_units: list[UnitOut]
    changed_units: list[UnitOut]
    same_units: int
    new_accounts: list[PersonOut]
    changed_accounts: list[PersonOut]
    same_accounts: int
    invited: list[InvitedOut]

    @classmethod
    def of(cls, done: use.Imported, *, dry_run: bool) -> ImportedOut:
        return cls(
            dry_run=dry_run,
            new_units=[UnitOut.of(unit) for unit in done.new_units],
            changed_units=[UnitOut.of(unit) for unit in done.changed_units],
            same_units=done.same_units,
            new_accounts=[PersonOut.of(person) for person in done.new_people],
            changed_accounts=[PersonOut.of(person) for person in done.changed_people],
            same_accounts=done.same_people,
            invited=[
                InvitedOut(
                    **PersonOut.of(one.person).model_dump(),
                    account_id=one.issued.account_id,
                    activation_code=one.issued.activation_code,
                    activation_expires_at=one.issued.activation_expires_at,
                )
                for one in done.invited
            ],
        )


@router.post(
    "/accounts/imports",
    response_model=ImportedOut,
    responses=problem_responses(*SIGNED_IN, *types_of(e.BadSheetError, e.RowsRefusedError, e.LoginTakenError)),
    openapi_extra=_FILE,
)
async def import_accounts(
    request: Request,
    who: Annotated[Caller, Depends(Allowed(Action.IMPORT_ACCOUNTS))],
    dry_run: Annotated[bool, Query(description="Only say what would change.")] = False,  # noqa: FBT002 - a query's name stands beside its value
) -> Response:
    """Units and accounts from a table (.csv or .xlsx): all of it or nothing. The same table again changes nothing."""
    rows = await run_in_threadpool(read_table, await request.body())
    done = await run_in_threadpool(use.import_people, ports_of(request), who, rows, dry_run=dry_run)
    if done.findings:
        raise e.RowsRefusedError(findings=done.findings)
    return answer(ImportedOut.of(done, dry_run=dry_run))


@router.get(
    "/accounts/imports/template.csv",
    response_class=Response,
    responses={200: {"content": {_CSV: {"schema": {"type": "string"}}}}, **problem_responses(*SIGNED_IN)},
)
def template(_who: Annotated[Caller, Depends(Allowed(Action.IMPORT_ACCOUNTS))]) -> Response:
    """The table to fill in, with invented examples."""
    headers = {"Content-Disposition": 'attachment; filename="accounts.csv"'}
    return Response(template_csv(), media_type="text/csv; charset=utf-8", headers=headers)
