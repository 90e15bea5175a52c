"""The secretariat's office: what is open and how it goes, the progress of each unit, an entry to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from contracts import words
from infra.web.paging import After, Pager
from services.intake.api.calling import ports_of
from services.intake.api.campaigns import CampaignId
from services.intake.api.progress import Of, Region, Search, Under, progress_file
from services.intake.domain.entries import State
from services.intake.domain.permissions import Action, Caller, allows
from services.intake.domain.progress import SENT, STANDING_WORDS, Order, UnitStanding, Wanted
from services.intake.domain.recommending import claimed_by
from services.intake.pages.shell import BY_ITSELF, PAGES, UNTITLED, page_caller
from services.intake.ports import CampaignState, Ports
from services.intake.usecases.campaigns import list_campaigns
from services.intake.usecases.entries import read_entry
from services.intake.usecases.progress import Progress, read_progress, read_unit

router = APIRouter(include_in_schema=False)

Looker = Annotated[Caller, Depends(page_caller(Action.READ_CAMPAIGN_RECORD))]
Watcher = Annotated[Caller, Depends(page_caller(Action.READ_PROGRESS))]
Reader = Annotated[Caller, Depends(page_caller(Action.READ_ENTRY))]

ORDER_WORDS = {
    Order.LISTED: ("名单顺序", "As listed"),
    Order.ABOVE: ("上级单位", "Unit above"),
    Order.REGION: ("地区", "Region"),
    Order.CHANGED: ("最近变动", "Latest change"),
    Order.SENT: ("提交数", "Number submitted"),
}
_ROWS = 50


@dataclass(frozen=True, slots=True)
class Standing:
    """A campaign as the office shows it: where it is in its calendar, and its numbers for who may see them."""

    state: CampaignState
    phase: str
    when_zh: str
    when_en: str
    left_zh: str
    left_en: str
    progress: Progress | None
    until: datetime | None
    """The end of what `left` says at the moment `now`."""
    now: datetime


def standing_of(ports: Ports, who: Caller, state: CampaignState) -> Standing:
    definition, now = state.campaign.definition, ports.clock.now()
    calendar, zone = definition.calendar, definition.zone
    phase = "coming" if now < calendar.opens else "open" if now < calendar.online_deadline else "closed"
    until = calendar.opens if phase == "coming" else calendar.online_deadline
    left = words.remaining(until - now) if phase != "closed" else ("", "")
    say_zh, say_en = words.deadline_zh(until, zone), words.deadline_en(until, zone)
    if phase == "coming":
        say_zh, say_en = f"{words.instant_zh(until, zone)}开放", f"Opens at {words.instant_en(until, zone)}"
    progress = read_progress(ports, state.campaign.id) if allows(Action.READ_PROGRESS, who.roles) else None
    return Standing(state, phase, say_zh, say_en, *left, progress, until if phase != "closed" else None, now)


@router.get("/office")
def office(request: Request, who: Looker) -> Response:
    """What is open, how long there is, and how many entries of each category stand where."""
    ports = ports_of(request)
    return PAGES.show(
        request,
        "office/home.html",
        scripts=True,
        campaigns=[standing_of(ports, who, state) for state in list_campaigns(ports)],
        may_open=allows(Action.OPEN_CAMPAIGN, who.roles),
    )


@router.get("/office/campaigns/{campaign_id}/progress")
def progress(
    request: Request,
    _who: Watcher,
    campaign_id: CampaignId,
    standing: Annotated[UnitStanding | None, Query()] = None,
    q: Search = "",
    region: Region = "",
    under: Under = "",
    sort: Order = Order.LISTED,
    after: After = None,
) -> Response:
    """How far each unit is."""
    found = read_progress(ports_of(request), campaign_id)
    wanted = Wanted(standing, q, region, sort, under)
    pager = Pager(request.app.state.cursor_secret, f"office {campaign_id} {wanted}")
    page = pager.page(wanted.among(found.units, pager.key(after, wanted.shape)), _ROWS, wanted.key)
    given = {"standing": standing or "", "q": q, "region": region, "sort": sort, "under": under}
    if sort is Order.LISTED:
        given["sort"] = ""  # as it is anyway
    narrowed = found.among(wanted)
    other = {key: str(text) for key, text in given.items() if text and key != "standing"}
    return PAGES.show(
        request,
        "office/progress.html",
        scripts=True,
        by_itself=BY_ITSELF,
        progress=narrowed,
        is_narrowed=len(narrowed.units) < len(found.units),
        definition=found.state.campaign.definition,
        page=page,
        first=after is None,
        given=given,
        query=urlencode({key: str(text) for key, text in given.items() if text}),
        regions=sorted({unit.unit.region for unit in found.units if unit.unit.region}),
        aboves=sorted({(one.code, one.name) for unit in found.units for one in unit.above}, key=lambda pair: pair[1]),
        standings=[
            (key, *STANDING_WORDS[key], narrowed.standings[key], urlencode({"standing": key.value, **other}))
            for key in UnitStanding
        ],
        whatever=len(replace(wanted, standing=None).among(found.units)),
        other=urlencode(other),
        orders=[(key.value, *say) for key, say in ORDER_WORDS.items()],
        STANDING_WORDS=STANDING_WORDS,
        State=State,
        SENT=SENT,
        words=words,
    )


@router.get("/office/campaigns/{campaign_id}/progress/file")
def progress_download(
    request: Request,
    _who: Watcher,
    campaign_id: CampaignId,
    standing: Annotated[UnitStanding | None, Query()] = None,
    q: Search = "",
    region: Region = "",
    under: Under = "",
    sort: Order = Order.LISTED,
    form: Annotated[str, Query(alias="format", pattern="^(xlsx|csv)$")] = "xlsx",
    of: Of = "units",
) -> Response:
    """The list that is shown, whole, as a spreadsheet, with its sums."""
    found = read_progress(ports_of(request), campaign_id)
    return progress_file(found, Wanted(standing, q, region, sort, under), form, of)


@router.get("/office/campaigns/{campaign_id}/units/{unit_code}")
def unit(request: Request, who: Watcher, campaign_id: CampaignId, unit_code: str) -> Response:
    """What one unit has begun, each with a link to read it."""
    found = read_unit(ports_of(request), campaign_id, unit_code)
    return PAGES.show(
        request,
        "office/unit.html",
        record=found,
        unit=found.unit,
        definition=found.state.campaign.definition,
        cutoff=found.state.campaign.ends_for(unit_code),
        may_amend=allows(Action.AMEND_CAMPAIGN, who.roles),
        STANDING_WORDS=STANDING_WORDS,
        words=words,
    )


@router.get("/office/entries/{entry_id}")
def entry(request: Request, who: Reader, entry_id: UUID) -> Response:
    """An entry to read, with what still keeps it from being submitted; nothing can be changed here."""
    ports = ports_of(request)
    view = read_entry(ports, who, entry_id)
    definition = ports.store.definition(view.entry.campaign_id)
    private = allows(Action.READ_PRIVATE_FIELDS, who.roles)
    texts = view.entry.texts if private else view.entry.fields
    return PAGES.show(
        request,
        "office/entry.html",
        view=view,
        entry=view.entry,
        category=view.category,
        definition=definition,
        title=view.entry.title(view.category) or UNTITLED,
        rows=_rows(view.category, texts),
        claims=claimed_by(view.entry, view.category, definition),
        hidden=not private,
        may_watch=allows(Action.READ_PROGRESS, who.roles),
        words=words,
    )


def _rows(category: Any, texts: Mapping[str, str]) -> list[tuple[Any, str, float | None]]:
    """Each field with its text; of an indicator also which share of the way to its target is done."""
    return [
        (rule, texts.get(rule.key, ""), _share(rule, texts.get(rule.key, "")))
        for rule in category.fields
        if rule.key in texts or not rule.private
    ]


def _share(rule: Any, text: str) -> float | None:
    try:
        return rule.measure.achieved(float(text)) if rule.measure is not None else None
    except ValueError:
        return None
