"""Registering paper copies: scanned or typed, told at once whether the paper is of the revision that stands."""

from __future__ import annotations

from collections.abc import Sequence

from services.review.domain.acts import Act, Actor
from services.review.domain.cases import Case
from services.review.domain.errors import UnknownPaperError
from services.review.domain.papers import Paper, code_in, standing_of
from services.review.ports import Work
from services.review.usecases.common import the_desk


def register(work: Work, caller: Actor, campaign_id: str, text: str) -> tuple[Paper, Case]:
    """Note that a paper came. Whatever its standing, it came, and is on record.

    Raises UnknownCampaignError, ExpertInSecretariatError, UnknownPaperError.
    """
    the_desk(work, caller, campaign_id)
    code = code_in(text)
    found = work.papers.case(campaign_id, code.number) if code else None
    case = work.cases.lock(found.entry_id) if found else None
    if code is None or case is None or case.revision == 0:
        raise UnknownPaperError(given=text[:60])
    named = work.cases.revision(case.entry_id, code.revision) if code.revision else None
    paper = Paper(
        entry_id=case.entry_id,
        revision=code.revision,
        standing=standing_of(code, case, named.digest if named else None),
        by=caller,
        at=work.now(),
    )
    work.papers.add(paper)
    work.record(
        Act(
            campaign_id=campaign_id,
            subject=str(case.entry_id),
            action="paper.registered",
            by=caller,
            before={"revision": case.revision},
            after={"revision": paper.revision, "standing": paper.standing.value},
        )
    )
    return paper, case


def missing(work: Work, caller: Actor, campaign_id: str, limit: int) -> Sequence[Case]:
    """Entries whose present revision has no paper yet, by unit.

    Raises UnknownCampaignError, ExpertInSecretariatError.
    """
    the_desk(work, caller, campaign_id)
    return work.papers.missing(campaign_id, limit)
