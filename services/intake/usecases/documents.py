"""What can be printed of an entry, of which revision, and what stands on each paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from contracts.campaign import CampaignDefinition, Category, DocumentRule, SummaryRule
from services.intake.domain import words
from services.intake.domain.campaigns import Campaign, category_of
from services.intake.domain.documents.articles import numeral
from services.intake.domain.documents.forms import Filling, article_of, document_of, documents_of, form_of
from services.intake.domain.documents.papers import (
    Cell,
    ListedFile,
    Paper,
    Past,
    ReceiptPaper,
    Stamp,
    SummaryTable,
    TableSection,
)
from services.intake.domain.documents.texts import one_line
from services.intake.domain.entries import Entry, MaterialState, State
from services.intake.domain.errors import NotFoundError, TooLongToPrintError, WrongStateError
from services.intake.domain.happenings import VERDICTS
from services.intake.domain.permissions import Action, Caller
from services.intake.domain.revisions import MAX_CONTENT_BYTES
from services.intake.ports import Ports, Transaction

DRAFT, WITHDRAWN, OLD = "草稿", "已撤回", "旧版"
_AS_SUBMITTED = frozenset({State.SUBMITTED, State.ELIGIBLE, State.INELIGIBLE, State.WITHDRAWN})
"""The states in which an entry's texts are those of its last submission."""
LISTED = frozenset({State.SUBMITTED, State.ELIGIBLE})
"""The states in which an entry stands on its unit's summary table."""
_AT_ONCE = 200


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
    past: Past | None
    paper_deadline: datetime | None


def list_documents(ports: Ports, caller: Caller, entry_id: UUID) -> Printable:
    """Raises NotFoundError, also for another unit's entry."""
    with ports.store.begin() as tx:
        entry, campaign = _entry(tx, caller, entry_id)
        past = _past(tx, entry, None)
    return _printable(entry, campaign, past)


def _printable(entry: Entry, campaign: Campaign, past: Past | None) -> Printable:
    definition = campaign.definition
    category = category_of(definition, entry.category)
    deadline = definition.calendar.paper_deadline
    return Printable(entry, definition, category, documents_of(category), past, deadline)


def print_document(
    ports: Ports, caller: Caller, entry_id: UUID, key: str, revision: int | None, public_url: str
) -> Titled:
    """A form or an article: of a submission, with its number; of a draft, marked as one.

    Raises NotFoundError for another unit's entry, an unknown document or revision; TooLongToPrintError.
    """
    with ports.store.begin() as tx:
        entry, campaign = _entry(tx, caller, entry_id)
        past = _past(tx, entry, revision)
        opinions = _opinions(tx, entry, past, campaign.definition) if past else {}
    about = _printable(entry, campaign, past)
    rule = document_of(about.category, key)
    if rule is None:
        raise NotFoundError
    if past is None:
        _refuse_what_cannot_be_submitted(entry)
    filling = _filling(about, past, caller)
    stamp = _stamp(entry, past, about.definition, public_url)
    if rule.kind == "article":
        return Titled(article_of(rule, filling, stamp), _title(entry, about.category, rule.title.zh))
    return Titled(
        form_of(rule, filling, _notes(about, past), stamp, opinions), _title(entry, about.category, rule.title.zh)
    )


def _refuse_what_cannot_be_submitted(entry: Entry) -> None:
    given = sum(len(text.encode()) for text in entry.texts.values())
    if given > MAX_CONTENT_BYTES:
        raise TooLongToPrintError(
            f"草稿文字共 {words.size(given)}，最多 {words.size(MAX_CONTENT_BYTES)}，缩减后才能打印和提交。",
            f"The draft's texts are {words.size(given)}; at most {words.size(MAX_CONTENT_BYTES)} can be printed or "
            "submitted. Shorten them.",
            given=given,
            allowed=MAX_CONTENT_BYTES,
        )


def _opinions(tx: Transaction, entry: Entry, past: Past, definition: CampaignDefinition) -> dict[str, str]:
    """What the levels of the chain have said of this revision on the platform; the last word of each counts."""
    said: dict[str, str] = {}
    after: int | None = None
    while True:
        page = tx.happenings(entry.campaign_id, entry.unit.code, entry.entry_id, after, _AT_ONCE)
        for _, happening in page:
            data = happening.data
            if happening.kind == "opinion" and data.get("revision") == past.receipt.revision:
                verdict = VERDICTS[data["verdict"]][0]
                day = words.instant_zh(happening.at, definition.zone)
                said[data["level"]] = f"{verdict}。{data.get('text', '')}\n（平台意见，{day}）"
        if len(page) < _AT_ONCE:
            return said
        after = page[-1][0]


def _title(entry: Entry, category: Category, document: str) -> str:
    number = entry.receipt.receipt_number if entry.receipt else DRAFT
    return f"{number} {one_line(entry.title(category))[:40]} {document}".replace("  ", " ")


def _filling(about: Printable, past: Past | None, caller: Caller) -> Filling:
    entry = about.entry
    texts: Mapping[str, str] = {**past.fields, **past.private} if past else entry.texts
    may_see = caller.may(Action.READ_PRIVATE_FIELDS)
    hidden = frozenset() if may_see else frozenset(rule.key for rule in about.category.fields if rule.private)
    return Filling(about.definition, about.category, (entry.unit.name, entry.unit.region), texts, hidden)


def _stamp(entry: Entry, past: Past | None, definition: CampaignDefinition, public_url: str) -> Stamp:
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
        submitted=words.instant_zh(receipt.submitted_at, definition.zone),
        link=paper_link(public_url, receipt.receipt_number, receipt.revision, receipt.digest),
        mark=mark,
    )


def paper_link(public_url: str, number: str, revision: int, digest: str) -> str:
    """What the QR code on a paper says: where to learn whether that revision is the one that counts."""
    return f"{public_url.rstrip('/')}/paper/{number}/{revision}/{digest}"


def _notes(about: Printable, past: Past | None) -> tuple[str, ...]:
    if past is None:
        return ("本件为草稿，仅供核对。提交后请重新打印带编号和二维码的正式表格。",)
    organiser, deadline = about.definition.organiser.zh, about.paper_deadline
    when = f"于{words.deadline_zh(deadline, about.definition.zone)}寄达{organiser}" if deadline else f"报送{organiser}"
    return (f"请核对无误后打印，签署意见、填写日期并加盖公章，{when}。以二维码核对纸质材料与网上提交的版本。",)


def print_receipt(ports: Ports, caller: Caller, entry_id: UUID, revision: int | None, public_url: str) -> Titled:
    """The receipt of a submission. Raises NotFoundError; WrongStateError for what was never submitted."""
    with ports.store.begin() as tx:
        entry, campaign = _entry(tx, caller, entry_id)
        past = _past(tx, entry, revision if revision is not None else (entry.revision or None))
        if past is None:
            raise WrongStateError(
                "此材料尚未提交，没有回执。请提交后再下载。",
                "The entry has not been submitted, so there is no receipt yet.",
                state=entry.state.value,
            )
        held = tx.materials_by_id([material.material_id for material in past.materials])
    about = _printable(entry, campaign, past)
    definition, receipt = about.definition, past.receipt
    rows = (
        Cell("编号", receipt.receipt_number),
        Cell("推荐单位", one_line(entry.unit.name)),
        Cell("类别", about.category.title.zh),
        Cell("名称", one_line(past.fields.get(about.category.title_field, ""))),
        Cell("版本", f"第 {receipt.revision} 次提交"),
        Cell("提交时间", words.instant_zh(receipt.submitted_at, definition.zone)),
    )
    files = []
    for listed in sorted(past.materials, key=lambda m: m.position):
        rule, material = about.category.material(listed.kind), held.get(listed.material_id)
        judged = material is not None and material.state is MaterialState.ACCEPTED and material.object is not None
        digest = material.object.sha256 if material is not None and judged and material.object is not None else None
        kind = rule.label.zh if rule else listed.kind
        files.append(ListedFile(kind, one_line(listed.name), words.size(listed.size), digest or ""))
    stamp = _stamp(entry, past, definition, public_url)
    paper = ReceiptPaper(
        definition.title.zh,
        definition.organiser.zh,
        rows,
        tuple(files),
        next_steps(about),
        replace(stamp, mark="") if stamp.mark == OLD else stamp,
    )
    return Titled(paper, f"{receipt.receipt_number} 回执")


def next_steps(about: Printable) -> tuple[str, ...]:
    """What happens after a submission, in sentences."""
    definition, deadline = about.definition, about.paper_deadline
    forms = "、".join(f"《{rule.title.zh}》" for rule in about.documents if rule.kind == "form")
    steps = []
    if forms:
        when = f"，于{words.deadline_zh(deadline, definition.zone)}寄达{definition.organiser.zh}" if deadline else ""
        steps.append(f"打印{forms}，核对编号和版本，签署意见、填写日期并加盖公章{when}。")
    steps.append(
        "秘书处进行资格审查，结果在平台上通知。如退回修改，请在通知的期限内改好后重新提交，并换寄新版本的表格。"
    )
    if definition.calendar.review_due is not None:
        due = words.deadline_zh(definition.calendar.review_due, definition.zone)
        steps.append(f"通过审查的材料进入专家评议，预计{due}完成。")
    return tuple(steps)


def summary_of(definition: CampaignDefinition, key: str) -> SummaryRule:
    """Raises NotFoundError."""
    rule = next((rule for rule in definition.summaries if rule.key == key), None)
    if rule is None:
        raise NotFoundError
    return rule


def print_summary(ports: Ports, caller: Caller, campaign_id: str, key: str, unit_code: str | None) -> Titled:
    """The table of everything that a unit has submitted; `unit_code` is the caller's own where he reads one unit.

    Raises NotFoundError for an unknown campaign, summary or unit, and for another unit's table.
    """
    own = caller.reads_unit
    unit_code = unit_code or own
    if unit_code is None or (own is not None and unit_code != own):
        raise NotFoundError
    with ports.store.begin() as tx:
        state = tx.campaign(campaign_id)
        if state is None:
            raise NotFoundError
        definition = state.campaign.definition
        rule = summary_of(definition, key)
        unit = definition.unit(unit_code)
        if unit is not None and rule.unit_kinds and unit.kind not in rule.unit_kinds:
            raise NotFoundError
        entries = _listed(tx, campaign_id, unit_code)
        now = tx.now()
    if unit is None and not entries:
        raise NotFoundError
    name = unit.name if unit is not None else entries[0].unit.name
    sections = tuple(_section(rule, at, definition, entries) for at in range(len(rule.sections)))
    table = SummaryTable(
        campaign=definition.title.zh,
        number=rule.number,
        title=rule.title.zh,
        unit=one_line(name),
        sections=sections,
        made=words.instant_zh(now, definition.zone),
    )
    return Titled(table, f"{rule.number} {rule.title.zh} {one_line(name)}".strip())


def _listed(tx: Transaction, campaign_id: str, unit_code: str) -> list[Entry]:
    found: list[Entry] = []
    after: int | None = None
    while True:
        rows = tx.entries(campaign_id, unit_code, after, _AT_ONCE, state=None)
        for row in rows:
            entry = tx.entry(row.entry_id, unit_code) if row.state in LISTED else None
            if entry is not None and entry.state in LISTED:
                found.append(entry)
        if len(rows) < _AT_ONCE:
            return found
        after = rows[-1].seq


def _section(rule: SummaryRule, at: int, definition: CampaignDefinition, entries: list[Entry]) -> TableSection:
    section = rule.sections[at]
    category = category_of(definition, section.category)
    rows, numbers = [], []
    for entry in entries:
        if entry.category != section.category or entry.receipt is None:
            continue
        filling = Filling(definition, category, (entry.unit.name, entry.unit.region), entry.fields)
        cells = [[one_line(filling.text(field)) for field in column.fields] for column in section.columns]
        rows.append(tuple("/".join(part for part in parts if part) for parts in cells))
        numbers.append(f"{entry.receipt.receipt_number}\n第 {entry.receipt.revision} 次提交")
    title = (section.title or category.title).zh
    head = f"{numeral(at + 1)}、{title}" if len(rule.sections) > 1 else title
    return TableSection(head, tuple(column.label.zh for column in section.columns), tuple(rows), tuple(numbers))


def _entry(tx: Transaction, caller: Caller, entry_id: UUID) -> tuple[Entry, Campaign]:
    entry = tx.entry(entry_id, caller.reads_unit)
    state = tx.campaign(entry.campaign_id) if entry else None
    if entry is None or state is None:
        raise NotFoundError
    return entry, state.campaign


def _past(tx: Transaction, entry: Entry, revision: int | None) -> Past | None:
    """The submission that is asked for; else the one that the entry's texts are; none of a draft."""
    if revision is None:
        if entry.state not in _AS_SUBMITTED or entry.revision == 0:
            return None
        revision = entry.revision
    past = tx.past(entry.entry_id, revision)
    if past is None:
        raise NotFoundError
    return past
