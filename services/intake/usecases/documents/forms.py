"""Forms and articles: of a submission with its number, of a draft marked as one."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from uuid import UUID

from contracts import words
from contracts.campaign import CampaignDefinition, DocumentRule
from services.intake.domain.documents.forms import article_of, document_of, form_of
from services.intake.domain.documents.papers import Past
from services.intake.domain.documents.posting import filling_words
from services.intake.domain.entries import Entry
from services.intake.domain.errors import NotFoundError, TooLongToPrintError
from services.intake.domain.happenings import VERDICTS
from services.intake.domain.permissions import Caller
from services.intake.domain.revisions import MAX_CONTENT_BYTES
from services.intake.ports import Ports, Transaction
from services.intake.usecases.documents.printable import (
    Printable,
    Titled,
    entry_of,
    file_title,
    filling_of,
    past_of,
    printable_of,
    stamp_of,
)

_AT_ONCE = 200


def print_document(
    ports: Ports, caller: Caller, entry_id: UUID, key: str, revision: int | None, public_url: str
) -> Titled:
    """A form or an article: of a submission, with its number; of a draft, marked as one.

    Raises NotFoundError for another unit's entry, an unknown document or revision; TooLongToPrintError.
    """
    with ports.store.begin() as tx:
        entry, campaign = entry_of(tx, caller, entry_id)
        past = past_of(tx, entry, revision)
        opinions = opinions_on(tx, entry, past, campaign.definition)
    about = printable_of(entry, campaign.definition, past)
    rule = document_of(about.category, key)
    if rule is None:
        raise NotFoundError
    if past is None and (given := _bytes_of(entry)) > MAX_CONTENT_BYTES:
        raise TooLongToPrintError(
            f"草稿文字共 {words.size(given)}，最多 {words.size(MAX_CONTENT_BYTES)}，缩减后才能打印和提交。",
            f"The draft's texts are {words.size(given)}; at most {words.size(MAX_CONTENT_BYTES)} can be printed or "
            "submitted. Shorten them.",
            given=given,
            allowed=MAX_CONTENT_BYTES,
        )
    return _made(about, rule, caller, public_url, opinions)


def forms_and_articles(
    tx: Transaction, about: Printable, caller: Caller, public_url: str
) -> tuple[tuple[DocumentRule, Titled], ...]:
    """All of them; none of a draft that is too long to be printed."""
    if about.past is None and _bytes_of(about.entry) > MAX_CONTENT_BYTES:
        return ()
    opinions = opinions_on(tx, about.entry, about.past, about.definition)
    return tuple((rule, _made(about, rule, caller, public_url, opinions)) for rule in about.documents)


def _made(
    about: Printable,
    rule: DocumentRule,
    caller: Caller,
    public_url: str,
    opinions: Mapping[str, str] = MappingProxyType({}),
) -> Titled:
    filling, stamp = filling_of(about, caller), stamp_of(about, public_url)
    title = file_title(about, rule.title.zh)
    if rule.kind == "article":
        return Titled(article_of(rule, filling, stamp), title)
    return Titled(form_of(rule, filling, notes_of(about, rule), stamp, opinions), title)


def _bytes_of(entry: Entry) -> int:
    return sum(len(text.encode()) for text in entry.texts.values())


def notes_of(about: Printable, rule: DocumentRule) -> tuple[str, ...]:
    """What stands below a form: what to do with it."""
    if about.past is None:
        return ("本件为草稿，仅供核对。提交后请重新打印带编号和二维码的正式表格。",)
    posted = next((form for form in about.posting.forms if form.rule == rule), None)
    if posted is None:
        return ("本表由平台按网上提交的内容生成，供核对和留存，无须寄送。",)
    organiser, deadline = about.definition.organiser.zh, about.paper_deadline
    when = f"于{words.deadline_zh(deadline, about.definition.zone)}寄达{organiser}" if deadline else f"报送{organiser}"
    enclosed = f"，连同{about.posting.enclosed}" if about.posting.enclosures else ""
    return (f"请核对无误后打印，{filling_words(posted)}{enclosed}，{when}。以二维码核对纸质材料与网上提交的版本。",)


def opinions_on(tx: Transaction, entry: Entry, past: Past | None, definition: CampaignDefinition) -> dict[str, str]:
    """What the levels of the chain have said of this revision on the platform; the last word of each counts."""
    said: dict[str, str] = {}
    after: int | None = None
    while past is not None:
        page = tx.happenings(entry.campaign_id, entry.unit.code, entry.entry_id, after, _AT_ONCE)
        for _, happening in page:
            data = happening.data
            if happening.kind == "opinion" and data.get("revision") == past.receipt.revision:
                verdict = VERDICTS[data["verdict"]][0]
                day = words.instant_zh(happening.at, definition.zone)
                said[data["level"]] = f"{verdict}。{data.get('text', '')}\n（平台意见，{day}）"
        if len(page) < _AT_ONCE:
            break
        after = page[-1][0]
    return said
