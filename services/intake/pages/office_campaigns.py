"""Campaigns in the office: opened from a definition, shown, amended with a preview, closed, exported."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from contracts import words
from contracts.campaign_loader import MAX_BYTES, DefinitionError, Problem, read_definition
from infra.web.csrf import posted
from infra.web.pages import redirect
from infra.web.sheets import download
from services.intake.api.calling import ports_of
from services.intake.api.campaigns import CampaignId
from services.intake.domain.campaigns import Amendment
from services.intake.domain.errors import BadDefinitionError, CampaignExistsError, IntakeError, WrongStateError
from services.intake.domain.permissions import Action, Caller, allows
from services.intake.pages.office import Looker, standing_of
from services.intake.pages.shell import PAGES, page_caller, texts_of
from services.intake.problems import problem_of
from services.intake.usecases import campaigns as use
from services.intake.usecases import progress as watch

router = APIRouter(include_in_schema=False)

Opener = Annotated[Caller, Depends(page_caller(Action.OPEN_CAMPAIGN))]
Amender = Annotated[Caller, Depends(page_caller(Action.AMEND_CAMPAIGN))]
Closer = Annotated[Caller, Depends(page_caller(Action.CLOSE_CAMPAIGN))]
ACT_WORDS = {
    "opened": ("开启", "opened"),
    "amended": ("修改日程", "amended"),
    "extended": ("个别延期", "extension"),
    "closed": ("提前关闭", "closed"),
}
_MOMENTS = ("online_deadline", "cutoff", "paper_deadline", "review_due")
_PLACES = {"extension.unit_code": "unit", "extension.cutoff": "until"} | {f"calendar.{name}": name for name in _MOMENTS}
_REFUSED, _MOST_REASON = 422, 300


@router.get("/office/campaigns")
def campaigns(request: Request, who: Looker) -> Response:
    """All campaigns, newest first."""
    ports = ports_of(request)
    return PAGES.show(
        request,
        "office/campaigns.html",
        campaigns=[standing_of(ports, who, state) for state in use.list_campaigns(ports)],
        may_open=allows(Action.OPEN_CAMPAIGN, who.roles),
    )


@router.get("/office/new-campaign")
def new_campaign(request: Request, _who: Opener) -> Response:
    """Where a definition is pasted or uploaded."""
    return PAGES.show(request, "office/new.html", text="", problems=[], findings=[])


@router.post("/office/new-campaign")
async def open_campaign(request: Request, who: Opener) -> Response:
    """Open a campaign, or say at which line and column what is wrong; what was pasted stays."""
    form = await posted(request)
    file, text = form.get("file"), str(form.get("text") or "")
    problems: list[Problem] = []
    findings: list[dict[str, str]] = []
    sent = await file.read(MAX_BYTES + 1) if isinstance(file, UploadFile) and file.filename else b""
    if sent:
        try:
            text = sent.decode("utf-8-sig")
        except UnicodeDecodeError:
            findings = [_said("文件不是 UTF-8 编码，请另存为 UTF-8 后再试。", "The file is not UTF-8.", "file")]
    if not findings:
        try:
            definition = await run_in_threadpool(read_definition, "definition", text.replace("\r\n", "\n"))
            raw = definition.model_dump(mode="json")
            opened = await run_in_threadpool(use.open_campaign, ports_of(request), who, raw)
            return redirect(f"/office/campaigns/{opened.campaign.id}")
        except DefinitionError as error:
            problems = list(error.problems)
        except (BadDefinitionError, CampaignExistsError) as error:
            findings = _told(error, "text")
    return PAGES.show(
        request, "office/new.html", status=_REFUSED, text=text[:MAX_BYTES], problems=problems, findings=findings
    )


@router.get("/office/campaigns/{campaign_id}")
def campaign(request: Request, who: Looker, campaign_id: CampaignId) -> Response:
    """A campaign: its calendar, its rules, its extensions, and everything that was ever done to it."""
    ports = ports_of(request)
    record = use.campaign_record(ports, campaign_id)
    return PAGES.show(
        request,
        "office/campaign.html",
        scripts=True,
        **_about(record.state),
        standing=standing_of(ports, who, record.state),
        versions=record.versions,
        acts=ACT_WORDS,
        may_amend=allows(Action.AMEND_CAMPAIGN, who.roles),
        may_watch=allows(Action.READ_PROGRESS, who.roles),
        words=words,
    )


def _about(state: Any) -> dict[str, Any]:
    definition = state.campaign.definition
    return {"campaign": state.campaign, "definition": definition, "calendar": definition.calendar}


@router.get("/office/campaigns/{campaign_id}/export")
def export(request: Request, _who: Looker, campaign_id: CampaignId) -> Response:
    """The definition as it stands, as a YAML file."""
    return download(use.export_campaign(ports_of(request), campaign_id), "application/yaml", f"{campaign_id}.yaml")


@router.get("/office/campaigns/{campaign_id}/amend")
def amend_page(request: Request, _who: Amender, campaign_id: CampaignId, unit: str = "") -> Response:
    """Deadlines for all, or a later end for one unit."""
    return _amending(request, campaign_id, {"unit": unit[:40]})


def _amending(
    request: Request, campaign_id: str, given: Mapping[str, str], *, status: int = 200, **more: Any
) -> Response:
    state = use.find_campaign(ports_of(request), campaign_id)
    definition = state.campaign.definition
    shown = {name: _input(getattr(definition.calendar, name), definition.zone) for name in _MOMENTS}
    names = (*_MOMENTS, "unit", "until", "reason")
    blank = dict.fromkeys(names, "") | shown
    extra = {"findings": [], "preview": None, **more}
    return PAGES.show(
        request,
        "office/amend.html",
        status=status,
        **_about(state),
        given=blank | {key: text for key, text in given.items() if key in names},
        units=[(unit.code, unit.name) for unit in definition.units],
        words=words,
        **extra,
    )


@router.post("/office/campaigns/{campaign_id}/amend")
async def amend(request: Request, who: Amender, campaign_id: CampaignId) -> Response:
    """First a preview of whom it touches; sent again from there, it is done."""
    return await run_in_threadpool(_amend, request, who, campaign_id, await texts_of(request))


def _amend(request: Request, who: Caller, campaign_id: str, texts: Mapping[str, str]) -> Response:
    ports = ports_of(request)
    definition = use.find_campaign(ports, campaign_id).campaign.definition
    amendment, findings = _read(texts, definition.calendar, definition.zone)
    if findings:
        return _amending(request, campaign_id, texts, status=_REFUSED, findings=findings)
    try:
        preview = watch.preview_amendment(ports, campaign_id, amendment)
        if texts.get("step") == "confirm" and texts.get("version") == str(preview.before.state.campaign.version):
            use.amend_campaign(ports, who, campaign_id, amendment)
            return redirect(f"/office/campaigns/{campaign_id}#record")
    except BadDefinitionError as error:
        findings = _told(error, "until" if amendment.extension_unit else "online_deadline", _PLACES)
        return _amending(request, campaign_id, texts, status=_REFUSED, findings=findings)
    return _amending(request, campaign_id, texts, preview=preview)


def _read(texts: Mapping[str, str], calendar: Any, zone: ZoneInfo) -> tuple[Amendment, list[dict[str, str]]]:
    """The amendment that a form asks for: only what differs from the calendar is given."""
    findings: list[dict[str, str]] = []
    moments: dict[str, datetime | None] = {}
    for name in (*_MOMENTS, "until"):
        text = texts.get(name, "").strip()
        try:
            moments[name] = datetime.fromisoformat(text).replace(tzinfo=zone) if text else None
        except ValueError:
            findings.append(_said(f"“{text[:40]}”不是日期时间。", "This is no date and time.", name))
    reason = " ".join(texts.get("reason", "").split())[:_MOST_REASON]
    if not reason:
        findings.append(_said("请写明原因，各单位会看到。", "Give the reason; units are told it.", "reason"))
    unit, until = texts.get("unit", "").strip(), moments.get("until")
    if bool(unit) != (until is not None):
        place = "unit" if not unit else "until"
        findings.append(_said("个别延期须同时填写单位和时间。", "An extension needs a unit and a time.", place))
    if not findings and moments["online_deadline"] is None:
        findings.append(_said("公布的截止时间不能为空。", "The deadline shown is needed.", "online_deadline"))
    changed = {name for name in _MOMENTS if name in texts and _differs(texts[name], getattr(calendar, name), zone)}
    amendment = Amendment(
        given=frozenset(changed),
        reason=reason,
        online_deadline=moments.get("online_deadline"),
        cutoff=moments.get("cutoff"),
        paper_deadline=moments.get("paper_deadline"),
        review_due=moments.get("review_due"),
        extension_unit=unit or None,
        extension_cutoff=until,
    )
    return amendment, findings


def _differs(text: str, now: datetime | None, zone: ZoneInfo) -> bool:
    return text.strip()[:16] != _input(now, zone)


def _input(at: datetime | None, zone: ZoneInfo) -> str:
    """As a field for date and time takes it."""
    return f"{at.astimezone(zone):%Y-%m-%dT%H:%M}" if at else ""


@router.get("/office/campaigns/{campaign_id}/close")
def close_page(request: Request, _who: Closer, campaign_id: CampaignId) -> Response:
    """What closing would do, before it is done."""
    return _closing(request, campaign_id, [])


def _closing(request: Request, campaign_id: str, findings: list[dict[str, str]]) -> Response:
    ports = ports_of(request)
    preview = None
    try:
        preview = watch.preview_closing(ports, campaign_id)
    except WrongStateError as error:
        findings = _told(error, "")
    return PAGES.show(
        request,
        "office/close.html",
        status=_REFUSED if findings else 200,
        **_about(use.find_campaign(ports, campaign_id)),
        preview=preview,
        findings=findings,
    )


@router.post("/office/campaigns/{campaign_id}/close")
async def close(request: Request, who: Closer, campaign_id: CampaignId) -> Response:
    """Nothing is accepted from now on."""
    reason = " ".join((await texts_of(request)).get("reason", "").split())[:_MOST_REASON]
    return await run_in_threadpool(_close, request, who, campaign_id, reason)


def _close(request: Request, who: Caller, campaign_id: str, reason: str) -> Response:
    if not reason:
        use.find_campaign(ports_of(request), campaign_id)
        return _closing(request, campaign_id, [_said("请写明原因。", "Give the reason.", "reason")])
    try:
        use.close_campaign(ports_of(request), who, campaign_id, reason)
    except WrongStateError:
        return _closing(request, campaign_id, [])
    return redirect(f"/office/campaigns/{campaign_id}#record")


def _said(zh: str, en: str, place: str) -> dict[str, str]:
    return {"zh": zh, "en": en, "place": place}


def _told(error: IntakeError, place: str, places: Mapping[str, str] | None = None) -> list[dict[str, str]]:
    """What is wrong at its field of the form; at `place` if the form has none for it."""
    if error.findings:
        return [_said(finding.zh, finding.en, (places or {}).get(finding.place, place)) for finding in error.findings]
    problem = problem_of(error)
    return [_said(problem.detail_zh or problem.type.zh, problem.detail_en or problem.type.en, place)]
