"""What to print, stamp and post of an entry; and what the code on a paper leads to."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request, Response

from contracts import words
from contracts.campaign import CampaignDefinition
from infra.web.visits import Visitor
from services.intake.api.calling import ports_of
from services.intake.api.campaigns import CampaignId
from services.intake.api.documents import FILES
from services.intake.domain.documents.posting import filling_words
from services.intake.domain.entries import State
from services.intake.domain.errors import NotFoundError
from services.intake.domain.permissions import RECOMMENDERS, Action, Caller
from services.intake.pages.shell import PAGES, UNTITLED, page_caller, visitor_of
from services.intake.usecases import papers as use

router = APIRouter(include_in_schema=False)

Reader = Annotated[Caller, Depends(page_caller(Action.READ_ENTRY))]
Lister = Annotated[Caller, Depends(page_caller(Action.LIST_ENTRIES))]


@router.get("/desk/entries/{entry_id}/documents")
def documents(request: Request, who: Reader, entry_id: UUID) -> Response:
    """The papers of an entry: which revision is on them, what to do with them, until when."""
    papers = use.entry_papers(ports_of(request), who, entry_id)
    about = papers.about
    return PAGES.show(
        request,
        "documents/entry.html",
        about=about,
        entry=about.entry,
        category=about.category,
        documents=about.documents,
        posting=about.posting,
        filling=filling_words,
        past=about.past,
        title=about.entry.title(about.category) or UNTITLED,
        files=f"{FILES}/entries/{entry_id}",
        summaries=papers.summaries,
        earlier=use.receipts_of(papers),
        returned=about.entry.state is State.RETURNED,
        withdrawn=about.entry.state is State.WITHDRAWN,
        is_own=not who.roles.isdisjoint(RECOMMENDERS) and who.unit_code == about.entry.unit.code,
        **_times(about.definition),
    )


@router.get("/desk/campaigns/{campaign_id}/documents")
def campaign_documents(request: Request, who: Lister, campaign_id: CampaignId) -> Response:
    """A unit's summary tables; for the secretariat everything that was submitted, in one archive."""
    papers = use.campaign_papers(ports_of(request), who, campaign_id)
    return PAGES.show(
        request,
        "documents/campaign.html",
        papers=papers,
        files=f"{FILES}/campaigns/{campaign_id}",
        units=[] if who.unit_code else papers.definition.units,
        reads_all=who.reads_unit is None,
        **_times(papers.definition),
    )


@router.get("/paper/{number}/{revision}/{digest}")
def paper(
    request: Request,
    _visitor: Annotated[Visitor | None, Depends(visitor_of)],
    number: Annotated[str, Path(max_length=120)],
    revision: Annotated[str, Path(max_length=12)],
    digest: Annotated[str, Path(max_length=80)],
) -> Response:
    """Where a paper's code leads: whether its revision is the one that counts. It names nobody."""
    check = None
    if revision.isascii() and revision.isdecimal() and 0 < int(revision) < 2**31 and number.isprintable():
        try:
            check = use.check_paper(ports_of(request), number, int(revision), digest)
        except NotFoundError:
            check = None
    times = _times(check.definition) if check else {}
    said = use.STANDING_WORDS[check.standing] if check else ("", "")
    return PAGES.show(
        request, "documents/paper.html", status=200 if check else 404, check=check, said=said, number=number, **times
    )


def _times(definition: CampaignDefinition) -> dict[str, Any]:
    zone = definition.zone
    return {
        "definition": definition,
        "instant": lambda at: words.instant_zh(at, zone),
        "instant_en": lambda at: words.instant_en(at, zone),
        "deadline": lambda at: words.deadline_zh(at, zone),
        "deadline_en": lambda at: words.deadline_en(at, zone),
    }
