"""The papers of a campaign as data: what the shipped ones print, and every broken reference told."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.campaign import CampaignDefinition
from contracts.campaign.explain import examine
from contracts.campaign_loader import shipped


def broken(change: dict[str, Any], **whole: Any) -> set[tuple[str, str]]:
    """(place, slug) of every flaw of a small definition whose only category has `change`."""
    raw: dict[str, Any] = {
        "id": "papers",
        "title": {"zh": "活动", "en": "Campaign"},
        "organiser": {"zh": "学会", "en": "Society"},
        "calendar": {"opens": "2026-01-01T00:00:00+08:00", "online_deadline": "2026-02-01T00:00:00+08:00"},
        "opinions": [{"key": "unit", "title": {"zh": "意见", "en": "Opinion"}}],
        "categories": [
            {
                "key": "note",
                "title": {"zh": "短文", "en": "Note"},
                "title_field": "title",
                "fields": [
                    {"key": "title", "label": {"zh": "标题", "en": "Title"}},
                    {"key": "head", "label": {"zh": "负责人", "en": "Head"}, "private": True},
                ],
                **change,
            }
        ],
        **whole,
    }
    definition, flaws = examine(raw)
    assert (definition is None) == bool(flaws)
    return {(".".join(str(step) for step in flaw.path), flaw.slug) for flaw in flaws}


def form(**changes: Any) -> dict[str, Any]:
    return {"documents": [{"key": "form", "title": {"zh": "表", "en": "Form"}, "rows": [["title"]], **changes}]}


def test_the_forms_of_the_notices_are_there() -> None:
    cls, shaanxi = shipped("cls-2017"), shipped("shaanxi-2024")

    assert [[(d.key, d.kind) for d in c.documents] for c in cls.categories] == [
        [("form", "form"), ("article", "article")]
    ] * 3
    assert [(c.key, d.number) for c in shaanxi.categories for d in c.documents] == [
        ("collective", "附件1-1"),
        ("special-collective", "附件1-4"),
        ("individual", "附件1-2"),
        ("case", ""),
    ]
    assert [(s.number, s.unit_kinds) for s in shaanxi.summaries] == [("附件1-3", ("committee",))]


def test_each_shipped_form_of_the_alliance_has_the_three_opinions() -> None:
    shaanxi = shipped("shaanxi-2024")
    for category in shaanxi.categories:
        if category.opinion_chain:
            (form,) = category.documents
            assert tuple(box.opinion for box in form.boxes) == category.opinion_chain


@pytest.mark.parametrize("name", ["cls-2017", "shaanxi-2024"])
def test_a_form_leaves_out_only_what_is_not_for_paper(name: str) -> None:
    left_out = {
        "article", "title", "subtitle",  # printed as the article
        "alliance_post", "director_reason",  # asked for the quota's sake
    }  # fmt: skip
    definition: CampaignDefinition = shipped(name)
    for category in definition.categories:
        for document in category.documents:
            if document.kind == "form":
                printed = {cell for row in document.rows for cell in row} | {box.field for box in document.boxes}
                assert {field.key for field in category.fields} - printed <= left_out


def test_what_the_notices_ask_to_be_enclosed_is_there() -> None:
    cls, shaanxi = shipped("cls-2017"), shipped("shaanxi-2024")

    assert [[(e.title.zh, e.copies) for e in c.enclosures] for c in cls.categories] == [[("纪检证明", 1)]] * 3
    assert all(not category.enclosures for category in shaanxi.categories)
    for category in shaanxi.categories:
        for document in category.documents:
            theirs = [box.opinion for box in document.boxes if box.by_organiser]
            assert theirs == (["alliance"] if document.boxes else [])


def test_good_documents_have_no_flaw() -> None:
    boxes = [{"opinion": "unit"}, {"label": {"zh": "盖章", "en": "Seal"}, "field": "title"}]

    assert broken(form(rows=[["$unit"], ["title", "head"]], boxes=boxes)) == set()


@pytest.mark.parametrize(
    ("change", "flaw"),
    [
        (form(rows=[["title", "tilte"]]), ("categories.0.documents.0.rows.0.1", "unknown-field")),
        (form(rows=[["$phone"]]), ("categories.0.documents.0.rows.0.0", "unknown-field")),
        (form(boxes=[{"opinion": "alliance"}]), ("categories.0.documents.0.boxes.0.opinion", "unknown-opinion")),
        (form(boxes=[{"seal": True}]), ("categories.0.documents.0.boxes.0.label", "box-without-label")),
        (
            form(boxes=[{"opinion": "unit", "field": "note"}]),
            ("categories.0.documents.0.boxes.0.field", "unknown-field"),
        ),
        (form(rows=[]), ("categories.0.documents.0.rows", "form-without-rows")),
        (form(kind="article", rows=[]), ("categories.0.documents.0.body", "article-without-body")),
        (
            form(kind="article", body=["title"], subtitle="sub"),
            ("categories.0.documents.0.subtitle", "unknown-field"),
        ),
        (
            {"enclosures": [{"key": "proof", "title": {"zh": "证明", "en": "Proof"}}] * 2},
            ("categories.0.enclosures.1.key", "repeated-key"),
        ),
        ({"documents": form()["documents"] * 2}, ("categories.0.documents.1.key", "repeated-key")),
    ],
)
def test_a_broken_document_is_told_at_its_place(change: dict[str, Any], flaw: tuple[str, str]) -> None:
    assert broken(change) == {flaw}


def summary(*fields: str, category: str = "note") -> dict[str, Any]:
    column = {"label": {"zh": "列", "en": "Column"}, "fields": list(fields)}
    section = {"category": category, "columns": [column]}
    return {"key": "table", "title": {"zh": "汇总表", "en": "Table"}, "sections": [section]}


def test_a_summary_shows_only_what_exists_and_is_not_private() -> None:
    assert broken({}, summaries=[summary("title", "$unit")]) == set()
    place = "summaries.0.sections.0"
    assert broken({}, summaries=[summary("head")]) == {(f"{place}.columns.0.fields.0", "private-column")}
    assert broken({}, summaries=[summary("nothing")]) == {(f"{place}.columns.0.fields.0", "unknown-field")}
    assert broken({}, summaries=[summary("title", category="film")]) == {(f"{place}.category", "unknown-category")}
    assert broken({}, summaries=[summary("title"), summary("title")]) == {("summaries.1.key", "repeated-key")}
