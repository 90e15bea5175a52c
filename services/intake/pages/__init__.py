"""The public home page: open campaigns, how long there is, published lists. It works without scripts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from infra.web.static_files import PAGE_POLICY, mount_static, static_url
from services.intake.domain import words
from services.intake.ports import CampaignState, Ports
from services.intake.usecases.campaigns import list_campaigns

_TEMPLATES = Environment(
    loader=PackageLoader("services.intake.pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.globals["static_url"] = static_url


@dataclass(frozen=True, slots=True)
class Card:
    """A campaign as the home page shows it."""

    state: CampaignState
    phase: str
    when_zh: str
    when_en: str
    left_zh: str = ""
    left_en: str = ""

    @property
    def has_list(self) -> bool:
        """Whether a proposed or final list is public."""
        return self.state.notice_opens_at is not None or self.state.decided_at is not None


def card_of(state: CampaignState, now: datetime) -> Card:
    definition = state.campaign.definition
    calendar, zone = definition.calendar, definition.zone
    if now < calendar.opens:
        when_zh, when_en = words.instant_zh(calendar.opens, zone), words.instant_en(calendar.opens, zone)
        return Card(state, "coming", f"{when_zh}开始申报", f"Entries are taken from {when_en}")
    shown = calendar.online_deadline
    when_zh, when_en = f"{words.deadline_zh(shown, zone)}提交", f"Submit {words.deadline_en(shown, zone)}"
    if now >= shown:
        return Card(state, "closed", "申报已截止", "Entries are closed")
    return Card(state, "open", when_zh, when_en, *words.remaining(shown - now))


def add_to(app: FastAPI) -> None:
    """Add the pages and their style sheets to intake's application."""
    mount_static(app)

    @app.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
    def home(request: Request) -> Response:
        ports: Ports = request.app.state.ports
        cards = [card_of(state, ports.clock.now()) for state in list_campaigns(ports)]
        html = _TEMPLATES.get_template("home.html").render(
            open=[card for card in cards if card.phase == "open"],
            coming=[card for card in cards if card.phase == "coming"],
            closed=[card for card in cards if card.phase == "closed"],
        )
        return HTMLResponse(html, headers={"Content-Security-Policy": PAGE_POLICY, "Cache-Control": "no-cache"})
