"""What goes to paper: an entry's revisions, a unit's tables, and whether a paper at hand is the one that counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from contracts.campaign import CampaignDefinition, SummaryRule
from services.intake.domain.entries import Receipt, State
from services.intake.domain.errors import NotFoundError
from services.intake.domain.permissions import Action, Caller
from services.intake.ports import Ports
from services.intake.usecases.documents import Printable, list_documents


@dataclass(frozen=True, slots=True)
class EntryPapers:
    """What can be printed of an entry, and every revision that could be, the last one first."""

    about: Printable
    revisions: tuple[Receipt, ...]
    summaries: tuple[SummaryRule, ...]


@dataclass(frozen=True, slots=True)
class CampaignPapers:
    """What can be had of a campaign as a whole."""

    definition: CampaignDefinition
    summaries: tuple[SummaryRule, ...]
    may_download: bool


class Standing(StrEnum):
    """How a paper stands to what was submitted."""

    CURRENT = "current"
    REPLACED = "replaced"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class PaperCheck:
    """A paper that was printed here, and whether its revision counts."""

    definition: CampaignDefinition
    category_zh: str
    category_en: str
    receipt: Receipt
    standing: Standing
    last_revision: int
    paper_deadline: datetime | None


def entry_papers(ports: Ports, caller: Caller, entry_id: UUID) -> EntryPapers:
    """Raises NotFoundError, also for another unit's entry."""
    about = list_documents(ports, caller, entry_id)
    with ports.store.begin() as tx:
        receipts = tuple(submitted.receipt for submitted in tx.revisions(entry_id))
    return EntryPapers(about, receipts, summaries_for(about.definition, about.entry.unit.code))


def summaries_for(definition: CampaignDefinition, unit_code: str | None) -> tuple[SummaryRule, ...]:
    """The tables that a unit hands in; all of them for who reads every unit."""
    unit = definition.unit(unit_code) if unit_code is not None else None
    return tuple(
        rule
        for rule in definition.summaries
        if unit_code is None or not rule.unit_kinds or (unit is not None and unit.kind in rule.unit_kinds)
    )


def campaign_papers(ports: Ports, caller: Caller, campaign_id: str) -> CampaignPapers:
    """Raises NotFoundError."""
    with ports.store.begin() as tx:
        state = tx.campaign(campaign_id)
    if state is None:
        raise NotFoundError
    definition = state.campaign.definition
    return CampaignPapers(
        definition, summaries_for(definition, caller.reads_unit), caller.may(Action.DOWNLOAD_CAMPAIGN)
    )


def check_paper(ports: Ports, number: str, revision: int, digest: str) -> PaperCheck:
    """For whoever holds the paper: the digest on it is what lets him ask. Names and texts are not told.

    Raises NotFoundError if nothing that was submitted has this number, revision and digest.
    """
    with ports.store.begin() as tx:
        entry_id = tx.entry_of_number(number)
        entry = tx.entry(entry_id, None) if entry_id else None
        past = tx.past(entry.entry_id, revision) if entry else None
        state = tx.campaign(entry.campaign_id) if entry else None
    if entry is None or past is None or state is None or past.receipt.digest != digest.lower():
        raise NotFoundError
    definition = state.campaign.definition
    category = definition.category(entry.category)
    return PaperCheck(
        definition,
        category.title.zh if category else entry.category,
        category.title.en if category else entry.category,
        past.receipt,
        _standing(entry.state, revision, entry.revision),
        entry.revision,
        definition.calendar.paper_deadline,
    )


def _standing(state: State, revision: int, last: int) -> Standing:
    if state is State.WITHDRAWN:
        return Standing.WITHDRAWN
    if revision < last:
        return Standing.REPLACED
    return Standing.RETURNED if state is State.RETURNED else Standing.CURRENT


STANDING_WORDS: dict[Standing, tuple[str, str]] = {
    Standing.CURRENT: (
        "纸质材料与网上提交的现行版本一致。",
        "The paper is of the revision that counts.",
    ),
    Standing.REPLACED: (
        "纸质材料是较早的版本，之后又提交过新版本，请换用新版本的表格。",
        "The paper is of an earlier revision; print and post the later one.",
    ),
    Standing.RETURNED: (
        "此版本已退回修改，重新提交后请换用新版本的表格。",
        "This revision was returned; print and post the next one once it is submitted.",
    ),
    Standing.WITHDRAWN: ("此项申报已撤回，纸质材料不再有效。", "The entry was taken back; the paper no longer counts."),
}


def receipts_of(papers: EntryPapers) -> Sequence[Receipt]:
    """Earlier revisions that can be printed again, beside the one that stands."""
    standing = papers.about.past.receipt.revision if papers.about.past else None
    return [receipt for receipt in papers.revisions if receipt.revision != standing]
