"""Summary tables: everything that a unit has submitted, made by itself."""

from __future__ import annotations

from contracts import words
from contracts.campaign import CampaignDefinition, SummaryRule
from services.intake.domain.campaigns import category_of
from services.intake.domain.documents.articles import numeral
from services.intake.domain.documents.forms import Filling
from services.intake.domain.documents.papers import SummaryTable, TableSection
from services.intake.domain.documents.texts import one_line
from services.intake.domain.entries import Entry
from services.intake.domain.errors import NotFoundError
from services.intake.domain.permissions import Caller
from services.intake.ports import Ports, Transaction
from services.intake.usecases.documents.printable import LISTED, Titled

_AT_ONCE = 200


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
