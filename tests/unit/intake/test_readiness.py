"""What keeps an entry from being submitted, and what a submission consists of."""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.events import Finding
from services.intake.domain.entries import Entry, MaterialState
from services.intake.domain.readiness import findings_of
from services.intake.domain.revisions import (
    canonical,
    content_bytes,
    content_bytes_at_most,
    content_of,
    digest_of,
    receipt_number,
)
from tests.unit.intake.builders import category, entry, material


def slugs(found: Entry) -> list[tuple[str, str]]:
    return [(finding.slug, finding.place) for finding in findings_of(found, category())]


def texts(**changes: str) -> Entry:
    fields = {"title": "标题", "article": "正文。", **changes}
    private = {key: fields.pop(key) for key in ("mobile", "email") if key in fields}
    return entry(fields=fields, private=private)


def test_a_complete_entry_has_no_findings() -> None:
    assert slugs(entry()) == []


def test_limits_are_counted_in_zi_and_told_with_figures() -> None:
    assert slugs(texts(article="字" * 20)) == []
    assert slugs(texts(article="library " * 20)) == []

    (finding,) = findings_of(texts(article="字" * 25 + " library"), category())

    assert (finding.slug, finding.place, finding.figures) == ("text-too-long", "article", {"given": 26, "allowed": 20})
    assert finding.zh == "“正文”现有 26 字，最多 20 字，请删减 6 字。"


@pytest.mark.parametrize(
    ("field", "good", "bad", "slug"),
    [
        ("title", "标题", "标\n题", "one-line-only"),
        ("day", "2026-02-28", "2026-02-30", "invalid-date"),
        ("day", "2026-02-28", "昨天", "invalid-date"),
        ("years", "3.5", "三年", "invalid-number"),
        ("years", "-1", "1e9", "invalid-number"),
        ("sex", "女", "其他", "not-an-option"),
        ("mobile", "+86 138-0000-0000", "一三八", "invalid-phone"),
        ("mobile", "029-85200000转8001", "12", "invalid-phone"),
        ("email", "a@b.cn", "a@b", "invalid-email"),
        ("email", " reader@example.org ", "a b@c.d", "invalid-email"),
    ],
)
def test_each_kind_of_field_is_checked(field: str, good: str, bad: str, slug: str) -> None:
    assert slugs(texts(**{field: good})) == []
    assert slugs(texts(**{field: bad})) == [(slug, field)]


@pytest.mark.parametrize("blank", ["", " ", "\n\t", "\u3000"])
def test_a_blank_text_is_missing(blank: str) -> None:
    assert slugs(texts(article=blank)) == [("missing-field", "article")]
    assert slugs(texts(library=blank)) == []


def test_materials_that_count_and_materials_that_block() -> None:
    states: dict[MaterialState, list[str]] = {
        MaterialState.UPLOADED: [],
        MaterialState.ACCEPTED: [],
        MaterialState.UPLOADING: ["too-few-materials", "upload-unfinished"],
        MaterialState.REJECTED: ["too-few-materials", "material-rejected"],
        MaterialState.REMOVED: ["too-few-materials"],
    }
    for state, expected in states.items():
        assert [slug for slug, _ in slugs(entry(materials=(material(state=state),)))] == expected


def test_a_rejected_material_says_why() -> None:
    reason = Finding(slug="not-a-jpeg", zh="这是 PNG 文件。", en="This is a PNG.")
    held = (material(1), material(2, state=MaterialState.REJECTED, findings=(reason,)))

    (finding,) = findings_of(entry(materials=held), category())

    assert finding.place == f"material:{UUID(int=2)}"
    assert "这是 PNG 文件。" in finding.zh
    assert finding.figures == {"reasons": ["not-a-jpeg"]}


def test_an_entry_too_large_for_an_event_says_so() -> None:
    (finding,) = findings_of(texts(library="x" * 60_000), category())

    assert finding.slug == "entry-too-large"


@given(
    fields=st.dictionaries(
        st.text("abc_", min_size=1, max_size=40), st.text(st.sampled_from('字\x00\n"a😀'), max_size=50), max_size=5
    ),
    name=st.text(min_size=1, max_size=30),
    caption=st.text(max_size=60),
    files=st.integers(0, 3),
)
def test_no_entry_is_larger_than_its_bound(fields: dict[str, str], name: str, caption: str, files: int) -> None:
    held = tuple(replace(material(n + 1), name=name, caption=caption) for n in range(files))
    one = entry(fields=fields, materials=held)

    assert content_bytes(one) <= content_bytes_at_most(one)


def test_the_digest_does_not_depend_on_any_order() -> None:
    fields = {f"k{n}": f"文字{n}" for n in range(20)}
    held = [material(n) for n in range(1, 6)]
    first = digest_of(content_of(entry(fields=fields, materials=tuple(held)), 1))
    shuffled = list(fields.items())
    for seed in range(5):
        random.Random(seed).shuffle(shuffled)
        random.Random(seed).shuffle(held)
        assert digest_of(content_of(entry(fields=dict(shuffled), materials=tuple(held)), 1)) == first


@pytest.mark.parametrize(
    "change",
    [
        {"fields": {"title": "一本书的旅行", "article": "正文"}},
        {"fields": {"title": "一本书的旅行 ", "article": "正文。"}},
        {"materials": (material(2),)},
        {"materials": (material(1, size=1001),)},
        {"materials": (material(1, name="二.jpg"),)},
        {"materials": ()},
    ],
)
def test_the_digest_depends_on_everything_that_is_judged(change: dict[str, Any]) -> None:
    assert digest_of(content_of(entry(**change), 1)) != digest_of(content_of(entry(), 1))
    assert digest_of(content_of(entry(), 2)) != digest_of(content_of(entry(), 1))


def test_the_digest_does_not_depend_on_what_is_private_or_comes_later() -> None:
    first = digest_of(content_of(entry(), 1))

    assert digest_of(content_of(entry(private={"mobile": "1"}), 1)) == first
    assert digest_of(content_of(entry(materials=(material(state=MaterialState.ACCEPTED),)), 1)) == first
    removed = (material(), material(9, state=MaterialState.REMOVED))
    assert digest_of(content_of(entry(materials=removed), 1)) == first
    assert digest_of(content_of(replace(entry(), version=99), 1)) == first


def test_the_digest_is_pinned() -> None:
    """Receipts and printed forms carry it: the same content has this digest for ever."""
    content = content_of(entry(), 1)

    assert canonical(content).decode() == (
        '{"campaign_id":"test-2026","category":"story","entry_id":"00000000-0000-0000-0000-000000000064",'
        '"fields":{"article":"正文。","title":"一本书的旅行"},"materials":[{"bytes":1000,"kind":"photo",'
        '"material_id":"00000000-0000-0000-0000-000000000001","name":"1.jpg","position":0}],"revision":1,'
        '"unit_code":"unit-a"}'
    )
    assert digest_of(content) == hashlib.sha256(canonical(content)).hexdigest()


@given(st.dictionaries(st.text(), st.text()))
def test_canonical_json_reads_back_as_it_was(fields: dict[str, str]) -> None:
    assert json.loads(canonical({"fields": fields}))["fields"] == fields


def test_receipt_numbers_of_two_campaigns_never_meet() -> None:
    assert receipt_number("cls-2017", "story", 42) == "cls-2017.story.0042"
    assert receipt_number("a", "b-c", 1) != receipt_number("a-b", "c", 1)
    assert receipt_number("a", "b", 12345) == "a.b.12345"
