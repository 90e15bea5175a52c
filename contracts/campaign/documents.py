"""The papers of a campaign as data: forms, articles, and the summary tables that a unit's entries make.

A form is a table: rows of cells, a field each, then boxes that are stamped by hand. What a category does not name is
made up from its fields (services/intake), so a campaign without a word on documents still has its papers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from contracts.campaign.parts import Key, Part, Text
from contracts.campaign.rules import Flaw, Place, refuse

SOURCES: Mapping[str, Text] = {
    "$unit": Text(zh="单位名称", en="Unit"),
    "$region": Text(zh="所在地区", en="Region"),
    "$category": Text(zh="申报类别", en="Category"),
    "$campaign": Text(zh="活动名称", en="Campaign"),
}
"""What a cell may show besides the category's fields: what the platform knows about an entry by itself."""

Cell = Annotated[str, Field(pattern=r"^(\$[a-z]{1,20}|[a-z][a-z0-9_]{0,39})$")]
"""The key of one of the category's fields, or one of SOURCES."""
FieldKey = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Row = Annotated[tuple[Cell, ...], Field(min_length=1, max_length=3)]


class Box(Part):
    """A box of a form: an opinion, with room for a seal, and for a date to be written by hand."""

    opinion: Key | None = Field(default=None, description="A level of the opinion chain; its title is the label.")
    label: Text | None = None
    field: FieldKey | None = Field(default=None, description="Key of a field whose text is printed in the box.")
    seal: bool = True
    by_organiser: bool = Field(
        default=False,
        description="The organiser fills it once the paper has arrived; it is posted blank.",
    )

    @model_validator(mode="after")
    def _is_named(self) -> Self:
        if self.opinion is None and self.label is None:
            flaw = Flaw(
                ("label",),
                "box-without-label",
                "意见栏需要 label（栏目名称）或 opinion（意见层级）。",
                "A box needs a label, or an opinion level whose title names it.",
            )
            refuse("Box", [flaw], self)
        return self


class DocumentRule(Part):
    """A paper of an entry."""

    key: Key
    kind: Literal["form", "article"] = "form"
    number: str = Field(default="", max_length=20, description="As the notice numbers it, e.g. 附件1-1.")
    title: Text
    rows: tuple[Row, ...] = Field(default=(), description="Of a form: the cells beside each other, row by row.")
    boxes: tuple[Box, ...] = Field(default=(), description="Of a form: opinions and seals, below the rows.")
    heading: FieldKey | None = Field(default=None, description="Of an article: its title; else the title field.")
    subtitle: FieldKey | None = None
    body: tuple[FieldKey, ...] = Field(
        default=(), description="Of an article: its text; with several fields each one's label is a heading."
    )

    @model_validator(mode="after")
    def _has_its_parts(self) -> Self:
        refuse("DocumentRule", self._flaws(), self)
        return self

    def _flaws(self) -> Iterator[Flaw]:
        if self.kind == "form" and not self.rows:
            yield Flaw(
                ("rows",),
                "form-without-rows",
                f"表格 {self.key!r} 没有 rows，请列出要打印的字段。",
                f"The form {self.key!r} has no rows; list the fields that it prints.",
            )
        if self.kind == "article" and not self.body:
            yield Flaw(
                ("body",),
                "article-without-body",
                f"正文 {self.key!r} 没有 body，请写明正文所在的字段。",
                f"The article {self.key!r} has no body; name the field that holds its text.",
            )


class EnclosureRule(Part):
    """A paper that is posted with the forms and that the platform does not make, such as a proof."""

    key: Key
    title: Text
    copies: int = Field(default=1, ge=1, le=20)
    help: Text | None = Field(default=None, description="Who issues and seals it, and what it says.")


class SummaryColumn(Part):
    """A column of a summary table; of several fields, those that are filled stand with a slash between them."""

    label: Text
    fields: tuple[Cell, ...] = Field(min_length=1, max_length=3)


class SummarySection(Part):
    """The entries of one category in a summary table, numbered."""

    category: str
    title: Text | None = None
    columns: tuple[SummaryColumn, ...] = Field(min_length=1, max_length=6)


class SummaryRule(Part):
    """A table of everything that a unit has submitted, made by itself; signed, sealed and posted by the unit."""

    key: Key
    number: str = Field(default="", max_length=20)
    title: Text
    unit_kinds: tuple[str, ...] = Field(default=(), description="Kinds of unit that hand it in; all if empty.")
    sections: tuple[SummarySection, ...] = Field(min_length=1)


def document_flaws(data: Mapping[str, Any]) -> Iterator[Flaw]:
    """Every broken reference of documents and summaries in a definition given as plain data."""
    levels = [opinion.get("key") for _, opinion in _items(data, "opinions")]
    for at, category in _items(data, "categories"):
        keys: list[object] = []
        for number, rule in _items(category, "documents"):
            yield from _of_document(category, rule, levels, ("categories", at, "documents", number))
            if rule.get("key") in keys:
                yield _repeated(rule.get("key"), ("categories", at, "documents", number, "key"))
            keys.append(rule.get("key"))
        keys = []
        for number, rule in _items(category, "enclosures"):
            if rule.get("key") in keys:
                yield _repeated(rule.get("key"), ("categories", at, "enclosures", number, "key"))
            keys.append(rule.get("key"))
    keys = []
    for number, rule in _items(data, "summaries"):
        yield from _of_summary(data, rule, ("summaries", number))
        if rule.get("key") in keys:
            yield _repeated(rule.get("key"), ("summaries", number, "key"))
        keys.append(rule.get("key"))


def _of_document(
    category: Mapping[str, Any], rule: Mapping[str, Any], levels: list[object], path: Place
) -> Iterator[Flaw]:
    for row, cells in enumerate(_list(rule.get("rows"))):
        yield from _known(category, _list(cells), (*path, "rows", row))
    for part in ("heading", "subtitle"):
        if rule.get(part) is not None:
            yield from _known(category, [rule[part]], (*path, part))
    yield from _known(category, _list(rule.get("body")), (*path, "body"))
    for number, box in _items(rule, "boxes"):
        if box.get("field") is not None:
            yield from _known(category, [box["field"]], (*path, "boxes", number, "field"))
        level = box.get("opinion")
        if isinstance(level, str) and level not in levels:
            yield Flaw(
                (*path, "boxes", number, "opinion"),
                "unknown-opinion",
                f"意见层级 {level!r} 未在 opinions 中定义（已定义：{_listed(levels)}）。",
                f"The opinion level {level!r} is not defined in opinions (defined: {_listed(levels)}).",
            )


def _of_summary(data: Mapping[str, Any], rule: Mapping[str, Any], path: Place) -> Iterator[Flaw]:
    categories = {str(category.get("key")): category for _, category in _items(data, "categories")}
    for number, section in _items(rule, "sections"):
        place, key = (*path, "sections", number), section.get("category")
        category = categories.get(str(key))
        if category is None:
            yield Flaw(
                (*place, "category"),
                "unknown-category",
                f"汇总表引用的类别 {key!r} 不存在（本活动的类别：{_listed(categories)}）。",
                f"The summary names the category {key!r}, which the campaign does not have ({_listed(categories)}).",
            )
            continue
        private = [field.get("key") for _, field in _items(category, "fields") if field.get("private") is True]
        for at, column in _items(section, "columns"):
            where = (*place, "columns", at, "fields")
            fields = _list(column.get("fields"))
            yield from _known(category, fields, where)
            for index, field in enumerate(fields):
                if field in private:
                    yield Flaw(
                        (*where, index),
                        "private-column",
                        f"汇总表不能列出保密字段 {field!r}。",
                        f"A summary table may not show the private field {field!r}.",
                    )


def _known(category: Mapping[str, Any], cells: Iterable[object], path: Place) -> Iterator[Flaw]:
    fields = [field.get("key") for _, field in _items(category, "fields")]
    for index, cell in enumerate(cells):
        if isinstance(cell, str) and cell not in fields and cell not in SOURCES:
            known = f"{_listed(fields)}、{_listed(SOURCES)}"
            place = path if path[-1] in {"heading", "subtitle", "field"} else (*path, index)
            yield Flaw(
                place,
                "unknown-field",
                f"文件引用的字段 {cell!r} 不存在（可用：{known}）。",
                f"The document names the field {cell!r}, which this category does not have (it has: {known}).",
            )


def _repeated(key: object, path: Place) -> Flaw:
    return Flaw(
        path,
        "repeated-key",
        f"文件代码 {key!r} 出现了不止一次，请改名或删去。",
        f"The key {key!r} stands here more than once; rename or remove one.",
    )


def _list(value: object) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _items(data: Mapping[str, Any], part: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for index, item in enumerate(_list(data.get(part))):
        if isinstance(item, Mapping):
            yield index, item


def _listed(names: Iterable[object]) -> str:
    return "、".join(str(name) for name in names) or "—"
