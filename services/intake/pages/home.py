"""The public home page: open campaigns, how long there is, published lists. Scripts only let the time go on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from contracts import words
from infra.web.visits import Visitor
from services.intake.api.calling import ports_of
from services.intake.pages.shell import PAGES, visitor_of
from services.intake.ports import CampaignState
from services.intake.usecases.campaigns import list_campaigns


@dataclass(frozen=True, slots=True)
class Card:
    """A campaign as the home page shows it."""

    state: CampaignState
    phase: str
    when_zh: str
    when_en: str
    left_zh: str = ""
    left_en: str = ""
    until: datetime | None = None
    """The end of what `left` says at the moment `now`."""
    now: datetime | None = None

    @property
    def has_list(self) -> bool:
        """Whether a proposed or final list is public."""
        return self.state.notice_opens_at is not None or self.state.decided_at is not None


router = APIRouter(include_in_schema=False)


@router.api_route("/", methods=["GET", "HEAD"])
def home(request: Request, _visitor: Annotated[Visitor | None, Depends(visitor_of)]) -> Response:
    """Open campaigns for everybody."""
    ports = ports_of(request)
    cards = [card_of(state, ports.clock.now()) for state in list_campaigns(ports)]
    answer = PAGES.show(
        request,
        "home.html",
        scripts=True,
        open=[card for card in cards if card.phase == "open"],
        coming=[card for card in cards if card.phase == "coming"],
        closed=[card for card in cards if card.phase == "closed"],
    )
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


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
    return Card(state, "open", when_zh, when_en, *words.remaining(shown - now), until=shown, now=now)
