"""The public page of a campaign's list: the decision, before it the notice."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from contracts.events import ListedEntry
from infra.web.static_files import PAGE_POLICY, static_url
from services.review.api.context import Shared
from services.review.domain.campaigns import Campaign
from services.review.domain.errors import NotPublishedError
from services.review.usecases import publishing

router = APIRouter(include_in_schema=False)

_CAMPAIGN = re.compile(r"[a-z0-9][a-z0-9-]{1,59}")
_WEEKDAYS = "一二三四五六日"
_HEADERS = {"Content-Security-Policy": PAGE_POLICY, "Cache-Control": "public, max-age=30"}
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.globals["static_url"] = static_url
_STYLE = (Path(__file__).parent / "list.css").read_text(encoding="utf-8")


@router.get("/list/style.css")
def style() -> Response:
    """The page's own few rules, on top of the shared style sheets."""
    return Response(_STYLE, media_type="text/css", headers={"Cache-Control": "public, max-age=300"})


@router.get("/list/{campaign_id}")
def public_list(shared: Shared, campaign_id: str) -> HTMLResponse:
    """The list, or a page that says that there is none yet (404)."""
    if not _CAMPAIGN.fullmatch(campaign_id):
        return _page(404, kind="none")
    with shared.review.read() as work:
        try:
            campaign, decision = publishing.read_decision(work, campaign_id)
        except NotPublishedError:
            pass
        else:
            entries = [candidate.listed() for candidate in decision.listed]
            dates = _dates(campaign, published=decision.published_at)
            return _page(200, kind="decision", listed=decision, **_about(campaign, entries), dates=dates)
        try:
            campaign, notice = publishing.read_notice(work, campaign_id)
        except NotPublishedError:
            return _page(404, kind="none")
    entries = [candidate.listed() for candidate in notice.listed]
    dates = _dates(campaign, opens=notice.opens_at, closes=notice.closes_at)
    return _page(200, kind="notice", listed=notice, **_about(campaign, entries), dates=dates)


def _about(campaign: Campaign, entries: list[ListedEntry]) -> dict[str, Any]:
    categories = [
        (category.title, [entry for entry in entries if entry.category == category.key])
        for category in campaign.definition.categories
    ]
    return {
        "title": campaign.definition.title,
        "organiser": campaign.definition.organiser,
        "categories": [(name, here) for name, here in categories if here],
        "count": len(entries),
    }


def _dates(campaign: Campaign, **times: datetime) -> dict[str, dict[str, str]]:
    """Each time in the campaign's zone, in Chinese, in English, and for machines."""
    return {name: _date(value, campaign.definition.zone) for name, value in times.items()}


def _date(value: datetime, zone: ZoneInfo) -> dict[str, str]:
    there = value.astimezone(zone)
    return {
        "zh": f"{there.year}年{there.month}月{there.day}日（周{_WEEKDAYS[there.weekday()]}）{there:%H:%M}",
        "en": f"{there:%A, %d %B %Y, %H:%M}",
        "iso": there.isoformat(timespec="seconds"),
    }


def _page(status: int, **values: Any) -> HTMLResponse:
    body = _TEMPLATES.get_template("list.html").render(**values)
    headers = _HEADERS if status == 200 else {**_HEADERS, "Cache-Control": "no-store"}  # noqa: PLR2004 - OK
    return HTMLResponse(body, status_code=status, headers=headers)
