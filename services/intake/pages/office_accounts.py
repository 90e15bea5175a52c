"""Accounts for the secretariat: find, bring in from a table, hand out codes and print their letters, disable."""

from __future__ import annotations

import json
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from infra.web.csrf import posted
from infra.web.pages import redirect
from infra.web.paging import Pager
from infra.web.problems import INVALID, Problem
from services.intake.api.calling import ports_of
from services.intake.domain.accounts import MAX_CODES_AT_ONCE, why_no_code
from services.intake.domain.errors import BadSheetError, IntakeError, NotFoundError
from services.intake.domain.imports import COLUMNS, MAX_ROWS
from services.intake.domain.permissions import Action, Caller, may_govern
from services.intake.domain.roles import ROLE_WORDS
from services.intake.pages.letters import Letter, letters_pdf
from services.intake.pages.shell import PAGES, page_caller, texts_of
from services.intake.pages.times import shown
from services.intake.problems import problem_of
from services.intake.sheets_in import Row, read_table, template_csv, template_xlsx
from services.intake.usecases import accounts as use
from services.intake.usecases import imports as import_use
from services.intake.usecases import second_factor as factor_use

router = APIRouter(include_in_schema=False, prefix="/office/accounts")

_PAGE = 50
_REFUSED = 422
# What reading a text that should be JSON of ours ends in: also for one nested too deeply, and for a number without end.
_NOT_OURS = (ValueError, TypeError, OverflowError, RecursionError)
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Reader = Annotated[Caller, Depends(page_caller(Action.LIST_ACCOUNTS))]
Importer = Annotated[Caller, Depends(page_caller(Action.IMPORT_ACCOUNTS))]
Issuer = Annotated[Caller, Depends(page_caller(Action.REISSUE_ACTIVATION))]
Disabler = Annotated[Caller, Depends(page_caller(Action.DISABLE_ACCOUNT))]
Resetter = Annotated[Caller, Depends(page_caller(Action.RESET_SECOND_FACTOR))]


@router.get("")
def list_page(request: Request, who: Reader, q: str = "", after: str | None = None) -> Response:
    """Everybody who can sign in, by login."""
    search = " ".join(q.split())[:100]
    pager = Pager(request.app.state.cursor_secret, f"accounts page {search}")
    key = pager.key(after, (str,))
    rows = use.list_accounts(ports_of(request), str(key[0]) if key else None, _PAGE, search)
    page = pager.page(rows, _PAGE, lambda row: (row.login,))
    return PAGES.show(
        request,
        "office/accounts.html",
        scripts=True,
        rows=page.items,
        next=page.next,
        first=after is None,
        q=search,
        roles=ROLE_WORDS,
        may_import=who.may(Action.IMPORT_ACCOUNTS),
        may_issue=[
            row.account_id
            for row in page.items
            if who.may(Action.REISSUE_ACTIVATION) and why_no_code(row.account_id, row, who.roles) is None
        ],
    )


@router.get("/template.xlsx")
def template(_who: Importer) -> Response:
    """The table to fill in."""
    headers = {
        "Content-Disposition": f"attachment; filename=\"accounts.xlsx\"; filename*=UTF-8''{quote('单位与账号.xlsx')}"
    }
    return Response(template_xlsx(), media_type=_XLSX, headers=headers)


@router.get("/template.csv")
def plain_template(_who: Importer) -> Response:
    """The same for programs that know no .xlsx."""
    headers = {"Content-Disposition": 'attachment; filename="accounts.csv"'}
    return Response(template_csv(), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/import")
def import_page(request: Request, _who: Importer) -> Response:
    """Choose the table."""
    return _import_page(request)


def _import_page(request: Request, problem: Any = None, findings: Any = (), status: int = 200) -> Response:
    return PAGES.show(
        request,
        "office/import.html",
        status=status,
        problem=problem,
        findings=findings,
        columns=COLUMNS,
        most=MAX_ROWS,
    )


@router.post("/import")
async def import_table(request: Request, who: Importer) -> Response:
    """First what the table would change; with the button on that page, the change itself."""
    form = await posted(request)
    file, kept = form.get("file"), form.get("rows")
    try:
        if isinstance(kept, str):
            rows = _kept_rows(kept)
        else:
            content = await file.read() if isinstance(file, UploadFile) else b""
            rows = await run_in_threadpool(read_table, content)
        dry_run = kept is None
        done = await run_in_threadpool(import_use.import_people, ports_of(request), who, rows, dry_run=dry_run)
    except IntakeError as error:
        return await run_in_threadpool(_import_page, request, problem_of(error), (), _REFUSED)
    if done.findings:
        return await run_in_threadpool(_import_page, request, None, done.findings, _REFUSED)
    if dry_run:
        text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
        return PAGES.show(request, "office/import_check.html", plan=done, rows=text, roles=ROLE_WORDS)
    letters = [
        Letter(one.person.name, one.person.login, one.issued.activation_code, one.issued.activation_expires_at)
        for one in done.invited
    ]
    return _codes(request, letters, done)


def _kept_rows(text: str) -> list[Row]:
    """The rows as our own page sent them back. Raises BadSheetError for anything else."""
    try:
        return [
            (int(line), {str(key): str(cell) for key, cell in row.items()}) for line, row in json.loads(text)[:MAX_ROWS]
        ]
    except (*_NOT_OURS, AttributeError) as error:
        raise BadSheetError(
            "导入内容不完整，没有导入任何内容。请重新选择文件，再次核对后导入。",
            "What came back is not the table that was checked, and nothing was imported. Choose the file again.",
        ) from error


def _codes(request: Request, letters: list[Letter], done: import_use.Imported | None = None) -> Response:
    """The only page that shows these codes; the letters are printed from what stands on it."""
    sealed = json.dumps([letter.plain() for letter in letters], ensure_ascii=False)
    return PAGES.show(request, "office/codes.html", letters=letters, sealed=sealed, done=done, when=shown)


@router.post("/letters.pdf")
async def letters(request: Request, _who: Issuer) -> Response:
    """The activation letters of the page before as one file to print; their codes are kept nowhere here."""
    try:
        found = [Letter.of(plain) for plain in json.loads((await texts_of(request)).get("letters", ""))[:MAX_ROWS]]
    except (*_NOT_OURS, KeyError) as error:
        raise Problem(
            INVALID,
            "激活函的内容不完整，无法打印。请回到显示激活码的页面再试，或重新发放激活码。",
            "These are not the letters of the page before. Print them from there again, or issue new codes.",
        ) from error
    made = await run_in_threadpool(letters_pdf, found, request.app.state.public_url)
    headers = {"Content-Disposition": f"attachment; filename=\"letters.pdf\"; filename*=UTF-8''{quote('激活函.pdf')}"}
    return Response(made, media_type="application/pdf", headers=headers)


@router.get("/codes")
def codes_page(
    request: Request,
    who: Issuer,
    account: Annotated[list[UUID] | None, Query(max_length=_PAGE)] = None,
    all_waiting: Annotated[str, Query(alias="all")] = "",
) -> Response:
    """Ask first: the codes that these accounts hold now will be void. `all` is for those never activated."""
    ports = ports_of(request)
    chosen = use.never_activated(ports, who) if all_waiting else use.chosen_accounts(ports, who, account or [])
    return PAGES.show(
        request,
        "office/codes_check.html",
        accounts=chosen,
        roles=ROLE_WORDS,
        all=bool(all_waiting),
        most=MAX_CODES_AT_ONCE,
    )


@router.post("/codes")
async def reissue_many(request: Request, who: Issuer) -> Response:
    """New codes for all of them, or for none."""
    try:
        ids = [UUID(one) for one in (await texts_of(request)).get("accounts", "").split()[:MAX_CODES_AT_ONCE]]
    except ValueError as error:
        raise NotFoundError from error
    done = await run_in_threadpool(use.reissue_many, ports_of(request), who, ids)
    letters = [
        Letter(one.account.name, one.account.login, one.issued.activation_code, one.issued.activation_expires_at)
        for one in done
    ]
    return _codes(request, letters)


@router.get("/{account_id}")
def account_page(request: Request, who: Reader, account_id: UUID) -> Response:
    """One account, and what may be done about it."""
    account = use.find_account(ports_of(request), account_id)
    if account is None:
        raise NotFoundError
    governs = who.may(Action.DISABLE_ACCOUNT) and may_govern(who.roles, account.roles)
    return PAGES.show(
        request,
        "office/account.html",
        account=account,
        roles=[ROLE_WORDS[role] for role in sorted(account.roles)],
        governs=governs,
        oneself=account_id == who.account_id,
        when=shown,
    )


@router.post("/{account_id}/code")
def reissue(request: Request, who: Issuer, account_id: UUID) -> Response:
    """A new code; earlier ones are void."""
    ports = ports_of(request)
    issued = use.reissue_activation(ports, who, account_id)
    account = use.find_account(ports, account_id)
    if account is None:
        raise NotFoundError
    return _codes(request, [Letter(account.name, account.login, issued.activation_code, issued.activation_expires_at)])


@router.get("/{account_id}/disable")
def disable_page(request: Request, who: Disabler, account_id: UUID) -> Response:
    """Ask, and say what will happen."""
    account = use.governed(use.find_account(ports_of(request), account_id), who)
    return PAGES.show(request, "office/disable.html", account=account, findings=[])


@router.post("/{account_id}/disable")
async def disable(request: Request, who: Disabler, account_id: UUID) -> Response:
    """Refuse the account from now on, everywhere."""
    ports, reason = ports_of(request), " ".join((await texts_of(request)).get("reason", "").split())[:300]
    if not reason:
        account = use.governed(await run_in_threadpool(use.find_account, ports, account_id), who)
        findings = [{"zh": "请填写停用原因。", "en": "Say why.", "place": "reason"}]
        return PAGES.show(request, "office/disable.html", status=_REFUSED, account=account, findings=findings)
    await run_in_threadpool(use.disable_account, ports, who, account_id, reason)
    return redirect(f"/office/accounts/{account_id}")


@router.post("/{account_id}/second-factor")
def reset_factor(request: Request, who: Resetter, account_id: UUID) -> Response:
    """The account sets up a new second factor at its next visit."""
    factor_use.reset_second_factor(ports_of(request), who, account_id)
    return redirect(f"/office/accounts/{account_id}")
