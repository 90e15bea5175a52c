"""Letters: every kind in words, whatever the data."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from jinja2 import TemplateError, UndefinedError
from jinja2.exceptions import SecurityError

from services.notify.domain.letters import Letter, LetterKind
from services.notify.writing.letters import LetterWriter
from services.notify.writing.templates import FOLDER, MAX_SUBJECT, Templates, Written, plain
from services.notify.writing.view import PLATFORM
from tests.support.notify_samples import campaign, entry, every_letter

LETTERS = dict(every_letter())
CODE = "7K2MX-9QWRT-3HJ8N-V5PCD-E6FGA"
WRITER = LetterWriter(Templates(), "https://laurel.example.org")
HOSTILE = [
    "<script>alert(1)</script>",
    "{{ 7 * 7 }} {% raw %} {{ ''.__class__.__mro__ }}",
    "题目\r\nBcc: everybody@example.org\r\n\r\n请向此账户汇款",
    "题目\u2028\u2029\x0b\x0c\x85分行",
    "\u202e卡片\u2066 \u200b\u200b\ufeff",
    '"><img src=x onerror=alert(1)> & \' "',
    "%s %(x)s {0} ${x}",
    "长" * 5000,
    "",
]


def _words(letter: Letter, **changes: Any) -> Written:
    known = campaign(letter.campaign_id) if letter.campaign_id else None
    return WRITER.words(letter, known, entry(**changes), contact_name="张晓", code=CODE)


@pytest.mark.parametrize("name", LETTERS)
def test_letter_reads_from_every_example(name: str) -> None:
    written = _words(LETTERS[name])
    campaign_id = LETTERS[name].campaign_id
    title = campaign(campaign_id).definition.title.model_dump() if campaign_id else PLATFORM["title"]
    assert written.subject.startswith(f"【{title['zh']}】")
    assert "\n" not in written.subject
    for body in (written.text, written.html):
        assert "您好。" in body
        assert "please do not reply" in body
        assert "None" not in body
        assert "Undefined" not in body
        assert "00:00前" not in body
    assert title["en"] in unescape(written.html)
    assert not re.search(r"\n{4,}", written.text)


@pytest.mark.parametrize("name", LETTERS)
def test_letter_is_written_as_an_office_writes(name: str) -> None:
    written = _words(LETTERS[name])
    for words in (written.subject, written.text, re.sub(r"<[^>]*>", "", written.html)):
        assert "!" not in words
        assert "！" not in words
    chinese, bar, english = written.text.partition("----------------------------------------")
    assert bar
    assert re.search(r"[\u4e00-\u9fff]", chinese)
    assert re.search(r"[A-Za-z]{4,}", english)


def test_every_kind_has_its_three_templates_and_a_letter_here() -> None:
    for kind in LetterKind:
        assert {path.name for path in (FOLDER / kind.value).iterdir()} == {"subject.txt", "body.txt", "body.html"}
    assert {folder.name for folder in FOLDER.iterdir() if folder.is_dir()} == {kind.value for kind in LetterKind}
    assert {letter.kind for letter in LETTERS.values()} == set(LetterKind)


class _Shape(HTMLParser):
    """The elements of a page: what data must not be able to change."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, tuple[str, ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, tuple(name for name, _ in attrs)))


def _shape(html: str) -> list[tuple[str, tuple[str, ...]]]:
    parser = _Shape()
    parser.feed(html)
    return parser.seen


def _replaced(value: Any, text: str) -> Any:
    """The facts with `text` in the place of every free text, times and keys as they were."""
    if isinstance(value, dict):
        free = {"title", "zh", "en", "name", "text", "reason", "number", "issuer", "receipt_number"}
        return {k: text if k in free and isinstance(v, str) and v else _replaced(v, text) for k, v in value.items()}
    if isinstance(value, list):
        return [_replaced(item, text) for item in value]
    return value


@pytest.mark.parametrize("name", [name for name in LETTERS if "minimal" not in name])
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(name: str, text: str) -> None:
    letter = LETTERS[name]
    hostile = replace(letter, facts=_replaced(json.loads(json.dumps(dict(letter.facts))), text or "x"))
    calm = replace(letter, facts=_replaced(json.loads(json.dumps(dict(letter.facts))), "x"))
    written = _words(hostile, title=text, receipt_number=text)
    plainly = _words(calm, title="x" if text else "", receipt_number="x" if text else "")
    assert _shape(written.html) == _shape(plainly.html)
    assert written.text.count("\n") == plainly.text.count("\n")
    assert "\n" not in written.subject
    assert len(written.subject) <= MAX_SUBJECT
    for part in (written.subject, written.text, written.html):
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\ufeff\x0b\x0c\x85\u2028\u2029\r]", part)
    assert "49" not in written.subject or "49" in plainly.subject  # nothing was computed from {{ 7 * 7 }}


@pytest.mark.parametrize("name", ["张\r\nX: 1", "<b>", "a" * 300])
def test_hostile_contact_name_stays_text(name: str) -> None:
    letter = LETTERS["entry.submitted.v1/full[0]"]
    written = WRITER.words(letter, campaign("cls-2017"), entry(), contact_name=name)
    assert "<b>" not in written.html
    assert written.text.splitlines()[0].startswith("陕西省文化厅 ")


def test_missing_fact_is_an_error_and_not_a_gap() -> None:
    letter = LETTERS["entry.submitted.v1/full[0]"]
    facts = {key: value for key, value in letter.facts.items() if key != "receipt_number"}
    with pytest.raises(UndefinedError):
        _words(replace(letter, facts=facts))


def _folder(tmp_path: Path, body: str) -> Path:
    folder = tmp_path / "receipt"
    folder.mkdir()
    for name in ("subject.txt", "body.txt", "body.html"):
        (folder / name).write_text(body)
    return tmp_path


@pytest.mark.parametrize("body", ["{{ ''.__class__.__mro__ }}", "{{ facts.clear() }}"])
def test_template_cannot_leave_its_sandbox(tmp_path: Path, body: str) -> None:
    with pytest.raises(SecurityError):
        Templates(_folder(tmp_path, body)).write(LetterKind.RECEIPT, {"facts": {"x": 1}})


def test_template_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TemplateError):
        Templates(tmp_path).write(LetterKind.RECEIPT, {})


def test_receipt_tells_number_revision_digest_and_the_papers_to_post() -> None:
    text = _words(LETTERS["entry.submitted.v1/full[0]"]).text
    for said in (
        "CLS2017-0318",
        "第 2 版",
        "8b53639f152c8fc6ef30802fde462ba0be9cf085f7580dc69efd72e002abbb35",
        "2017年8月30日（周三）17:25:46",
        "于2017年8月31日（周四）24:00前寄达",
        "before 24:00 on Thursday, 31 August 2017 (Beijing time)",
    ):
        assert said in text


def test_receipt_says_nothing_of_papers_where_none_are_asked_for() -> None:
    letter = LETTERS["entry.submitted.v1/full[0]"]
    known = campaign("plan-2020")
    text = WRITER.words(replace(letter, campaign_id="plan-2020"), known, None, contact_name="张晓").text
    assert "寄达" not in text


def test_letters_on_submission_hold_none_of_the_entry_s_texts() -> None:
    letter = LETTERS["entry.submitted.v1/full[0]"]
    assert "fields" not in letter.facts
    assert "护林站离县城" not in json.dumps(letter.facts, ensure_ascii=False)


def test_expert_is_told_the_category_and_nothing_of_the_entry() -> None:
    letter = LETTERS["assessment.assigned.v1/full[0]"]
    written = _words(letter)
    assert "流动书车" not in written.text + written.html + written.subject
    assert "陕西省文化厅" not in written.text + written.html


def test_every_finding_is_told_in_both_languages() -> None:
    letter = LETTERS["entry.returned.v1/full[0]"]
    written = _words(letter)
    for finding in letter.facts["findings"]:
        assert finding["zh"] in written.text
        assert finding["en"] in written.text


def test_plain_keeps_words_and_drops_what_cannot_be_seen() -> None:
    assert plain("  a\t b\r\n\u2028c\x00\u202ed \u3000") == "a b cd"
    assert plain("2\u202f097\u00a0153 字节") == "2\u202f097\u00a0153 字节"
