"""Forms: what a category's definition says a paper shows, filled from an entry's texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from types import MappingProxyType

from contracts.campaign import Box, CampaignDefinition, Category, DocumentRule, FieldRule
from contracts.campaign.documents import SOURCES
from contracts.campaign.parts import Text
from services.intake.domain.documents.articles import blocks_of, sections_of
from services.intake.domain.documents.papers import Article, Cell, Form, FormBox, Stamp
from services.intake.domain.documents.texts import in_paragraphs, one_line, printable

HIDDEN = "（联系方式不对此账号显示）"
"""Stands where a reader may not see personal contact data."""
_LONG_ZI = 60
"""A field with room for more than this gets a row, and its label a column, of its own."""
_BESIDE = 2
_OPINION = Text(zh="推荐单位意见及公章", en="Opinion and seal of the recommending unit")
_SIGNATURE = Text(zh="本人签字", en="Signature")
_DASHES = "—－-–―"


def documents_of(category: Category) -> tuple[DocumentRule, ...]:
    """The papers of a category: those its definition names, else one form with every field."""
    return category.documents or (_made_up(category),)


def document_of(category: Category, key: str) -> DocumentRule | None:
    return next((rule for rule in documents_of(category) if rule.key == key), None)


def _made_up(category: Category) -> DocumentRule:
    rows: list[tuple[str, ...]] = [("$unit",)]
    beside: tuple[str, ...] = ()
    for rule in category.fields:
        if is_long(rule):
            rows += [*([beside] if beside else []), (rule.key,)]
            beside = ()
            continue
        beside = (*beside, rule.key)
        if len(beside) == _BESIDE:
            rows.append(beside)
            beside = ()
    if beside:
        rows.append(beside)
    boxes = tuple(Box(opinion=level) for level in category.opinion_chain) or (_last_box(category),)
    kind = "表" if category.title.zh.endswith(("填报", "申报")) else "申报表"
    title = Text(zh=f"{category.title.zh}{kind}", en=f"Form: {category.title.en}")
    return DocumentRule(key="form", kind="form", title=title, rows=tuple(rows), boxes=boxes)


def _last_box(category: Category) -> Box:
    """Individuals have no seal."""
    if set(category.recommenders) == {"individual"}:
        return Box(label=_SIGNATURE, seal=False)
    return Box(label=_OPINION)


def is_long(rule: FieldRule) -> bool:
    """Whether a field's text is a paragraph rather than a word or two."""
    return rule.kind == "text" or (rule.max_zi or 0) > _LONG_ZI


class Filling:
    """The texts of one state of an entry, by cell. `hidden` are the fields that this reader may not see."""

    def __init__(
        self,
        definition: CampaignDefinition,
        category: Category,
        unit: tuple[str, str],
        texts: Mapping[str, str],
        hidden: frozenset[str] = frozenset(),
    ) -> None:
        self.definition, self.category, self.texts, self.hidden = definition, category, texts, hidden
        name, region = unit
        self._known = {
            "$unit": one_line(name),
            "$region": one_line(region),
            "$category": category.title.zh,
            "$campaign": definition.title.zh,
        }

    def text(self, cell: str) -> str:
        """What stands in a cell."""
        if cell.startswith("$"):
            return self._known[cell]
        if cell in self.hidden:
            return HIDDEN
        rule, text = self.category.field(cell), self.texts.get(cell, "")
        if rule is not None and rule.kind == "date":
            return _day(text)
        if rule is not None and rule.measure is not None and rule.measure.unit is not None and text.strip():
            return f"{one_line(text)} {rule.measure.unit.zh}"
        return in_paragraphs(text) if rule is not None and is_long(rule) else one_line(text)

    def label(self, cell: str) -> str:
        rule = self.category.field(cell)
        return rule.label.zh if rule is not None else SOURCES[cell].zh

    def cell(self, key: str) -> Cell:
        rule = self.category.field(key)
        return Cell(self.label(key), self.text(key), long=rule is not None and is_long(rule))


def _day(text: str) -> str:
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return one_line(text)
    return f"{day.year}年{day.month}月{day.day}日"


def form_of(
    rule: DocumentRule,
    filling: Filling,
    notes: tuple[str, ...],
    stamp: Stamp,
    opinions: Mapping[str, str] = MappingProxyType({}),
) -> Form:
    """A form filled with what an entry says; `opinions` are those given on the platform, by their level."""
    return Form(
        campaign=filling.definition.title.zh,
        number=rule.number,
        title=rule.title.zh,
        rows=tuple(tuple(filling.cell(key) for key in row) for row in rule.rows),
        boxes=tuple(_boxes(rule, filling, opinions)),
        notes=notes,
        stamp=stamp,
    )


def _boxes(rule: DocumentRule, filling: Filling, opinions: Mapping[str, str]) -> Iterator[FormBox]:
    for box in rule.boxes:
        texts = (filling.text(box.field) if box.field else "", printable(opinions.get(box.opinion or "", "")))
        yield FormBox(box_label(filling.definition, box), "\n".join(text for text in texts if text), seal=box.seal)


def box_label(definition: CampaignDefinition, box: Box) -> str:
    """A box's own label, else the title of its level of the opinion chain."""
    titles = {opinion.key: opinion.title.zh for opinion in definition.opinions}
    return box.label.zh if box.label is not None else titles.get(box.opinion or "", box.opinion or "")


def article_of(rule: DocumentRule, filling: Filling, stamp: Stamp) -> Article:
    """An article as an official document; of several fields, each under its label as a heading."""
    fields = rule.body
    if len(fields) == 1:
        blocks = blocks_of(filling.text(fields[0]))
    else:
        blocks = sections_of([(filling.label(key), filling.text(key)) for key in fields])
    return Article(
        title=one_line(filling.text(rule.heading or filling.category.title_field)),
        subtitle=_subtitle(filling.text(rule.subtitle)) if rule.subtitle else "",
        unit=filling.text("$unit"),
        blocks=blocks,
        stamp=stamp,
    )


def _subtitle(text: str) -> str:
    """With the dash that a subtitle begins with, whether or not it was typed."""
    line = one_line(text).lstrip(_DASHES).strip()
    return f"——{line}" if line else ""
