"""An entry as it can be printed: which of its submissions goes to paper, under which number, with which mark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from contracts import words
from contracts.campaign import CampaignDefinition, Category, DocumentRule
from services.intake.domain.campaigns import Campaign, category_of
from services.intake.domain.documents.forms import Filling, documents_of
from services.intake.domain.documents.papers import Paper, Past, Stamp
from services.intake.domain.documents.posting import Posting, posting_of
from services.intake.domain.documents.texts import one_line
from services.intake.domain.entries import Entry, State
from services.intake.domain.errors import NotFoundError
from services.intake.domain.permissions import Action, Caller
from services.intake.ports import Ports, Transaction

DRAFT, WITHDRAWN, OLD = "草稿", "已撤回", "旧版"
_AS_SUBMITTED = frozenset({State.SUBMITTED, State.ELIGIBLE, State.INELIGIBLE, State.WITHDRAWN})
"""The states in which an entry's texts are those of its last submission."""
LISTED = frozenset({State.SUBMITTED, State.ELIGIBLE})
"""The states in which an entry stands on its unit's summary table."""


class Titled(NamedTuple):
    """A paper and what its file is called."""

    paper: Paper
    title: str


@dataclass(frozen=True, slots=True)
class Printable:
    """What can be printed of an entry now. `past` is the submission that goes to paper; none of a draft."""

    entry: Entry
    definition: CampaignDefinition
    category: Category
    documents: tuple[DocumentRule, ...]
    posting: Posting
    past: Past | None
    paper_deadline: datetime | None


def list_documents(ports: Ports, caller: Caller, entry_id: UUID) -> Printable:
    """Raises NotFoundError, also for another unit's entry."""
    with ports.store.begin() as tx:
        entry, campaign = entry_of(tx, caller, entry_id)
        past = past_of(tx, entry, None)
    return printable_of(entry, campaign.definition, past)


def printable_of(entry: Entry, definition: CampaignDefinition, past: Past | None) -> Printable:
    category = category_of(definition, entry.category)
    posting, deadline = posting_of(definition, category), definition.calendar.paper_deadline
    return Printable(entry, definition, category, documents_of(category), posting, past, deadline)


def entry_of(tx: Transaction, caller: Caller, entry_id: UUID) -> tuple[Entry, Campaign]:
    """Raises NotFoundError, also for another unit's entry."""
    entry = tx.entry(entry_id, caller.reads_unit)
    state = tx.campaign(entry.campaign_id) if entry else None
    if entry is None or state is None:
        raise NotFoundError
    return entry, state.campaign


def past_of(tx: Transaction, entry: Entry, revision: int | None) -> Past | None:
    """The submission that is asked for; else the one that the entry's texts are; none of a draft."""
    if revision is None:
        if entry.state not in _AS_SUBMITTED or entry.revision == 0:
            return None
        revision = entry.revision
    past = tx.past(entry.entry_id, revision)
    if past is None:
        raise NotFoundError
    return past


def filling_of(about: Printable, caller: Caller) -> Filling:
    entry, past = about.entry, about.past
    texts: Mapping[str, str] = {**past.fields, **past.private} if past else entry.texts
    may_see = caller.may(Action.READ_PRIVATE_FIELDS)
    hidden = frozenset() if may_see else frozenset(rule.key for rule in about.category.fields if rule.private)
    return Filling(about.definition, about.category, (entry.unit.name, entry.unit.region), texts, hidden)


def stamp_of(about: Printable, public_url: str) -> Stamp:
    entry, past = about.entry, about.past
    if past is None:
        return Stamp(mark=WITHDRAWN if entry.state is State.WITHDRAWN else DRAFT)
    receipt = past.receipt
    mark = ""
    if entry.state is State.WITHDRAWN:
        mark = WITHDRAWN
    elif receipt.revision < entry.revision:
        mark = OLD
    return Stamp(
        number=receipt.receipt_number,
        revision=receipt.revision,
        digest=receipt.digest,
        submitted=words.instant_zh(receipt.submitted_at, about.definition.zone),
        link=paper_link(public_url, receipt.receipt_number, receipt.revision, receipt.digest),
        mark=mark,
    )


def paper_link(public_url: str, number: str, revision: int, digest: str) -> str:
    """What the QR code on a paper says: where to learn whether that revision is the one that counts."""
    return f"{public_url.rstrip('/')}/paper/{number}/{revision}/{digest}"


def file_title(about: Printable, document: str) -> str:
    """What a paper's file is called: number, title of the entry, document."""
    entry = about.entry
    number = entry.receipt.receipt_number if entry.receipt else DRAFT
    return f"{number} {one_line(entry.title(about.category))[:40]} {document}".replace("  ", " ")
