"""The history's pages: what was taken out and put in between two versions of a text, and nobody else's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest

from tests.integration.intake.desk import FULL, Caller, Intake
from tests.integration.intake.tabs import Tab, signed_in


@pytest.fixture
def desk(intake: Intake) -> Iterator[Tab]:
    with signed_in(intake, "unit", unit="unit-a") as browser:
        yield browser


def written(intake: Intake, text: str, category: str = "story") -> tuple[Caller, dict[str, Any], str]:
    """An entry of unit-a with that article; its owner, what it is, the address of its history."""
    unit = intake.unit("unit-a")
    fields = {"article": text} if category == "story" else FULL["note"]
    entry = unit.save(unit.entry(intake.open(), category), **fields)
    return unit, entry, f"/desk/entries/{entry['entry_id']}/history"


def replaced(intake: Intake, entry: dict[str, Any], text: str) -> None:
    """A colleague writes another article over it: what he replaces is kept."""
    colleague = intake.unit("unit-a")
    colleague.save(colleague.get(f"/entries/{entry['entry_id']}").ok(), article=text)


def marked(html: str) -> str:
    """The difference as it is shown, without what only screen readers hear."""
    (shown,) = re.findall(r'<div class="difference">(.*?)</div>', html, re.DOTALL)
    plain = re.sub(r'<span class="unseen">(\s*<span[^>]*>[^<]*</span>)*\s*</span>', "", shown)
    return unescape(re.sub(r"</?span[^>]*>", "", plain))


def test_an_earlier_text_is_compared_with_the_text_now_and_with_others(intake: Intake, desk: Tab) -> None:
    _, entry, history = written(intake, "书车开了二十年。")
    replaced(intake, entry, "书车开了二十一年。\n读者很多。")
    replaced(intake, entry, "书车开了二十一年。\n读者 & 很多。")
    links = [unescape(link) for link in re.findall(r'href="([^"]*difference[^"]*)"', desk.get(history).text)]
    last, first = [re.findall(r"old=(k\d+)", link)[0] for link in links]

    page = desk.get(links[1]).text
    assert marked(page) == "书车开了二十<ins>一</ins>年。<ins>↵\n读者 & 很多。</ins>"
    assert re.findall(r'<option value="(\w+)"', page) == ["now", last, first] * 2
    assert marked(desk.get(links[0]).text) == "书车开了二十一年。\n读者<ins> & </ins>很多。"
    between = desk.get(f"{history}/difference?field=article&old={first}&new={last}").text
    assert marked(between) == "书车开了二十<ins>一</ins>年。<ins>↵\n读者很多。</ins>"
    assert "两份文字相同" in desk.get(f"{history}/difference?field=article&old=now&new=now").text


def test_what_was_changed_since_a_submission_is_shown_by_field(intake: Intake, desk: Tab) -> None:
    unit, entry, history = written(intake, "", "note")
    unit.submit(entry).ok(201)
    intake.sql("UPDATE entries SET state = 'returned' WHERE entry_id = :id", id=entry["entry_id"])
    unit.save(unit.get(f"/entries/{entry['entry_id']}").ok(), title="一本旧书的<旅行>")

    link = re.findall(r'href="([^"]*difference[^"]*)"', desk.get(history).text)[0]
    page = desk.get(unescape(link)).text

    assert "第 1 次提交之后，到现在" in page
    assert re.search(r'<h2><span class="zh">标题</span>', page)
    assert marked(page) == "一本<ins>旧</ins>书的<ins><</ins>旅行<ins>></ins>"
    assert "<旅行>" not in page


def test_a_long_text_is_folded_around_its_changes_until_all_is_asked_for(intake: Intake, desk: Tab) -> None:
    long = "".join(f"第{n}次开进山里。" for n in range(200))
    _, entry, history = written(intake, long)
    replaced(intake, entry, long.replace("第77次", "第七十七次"))
    (kept,) = intake.sql("SELECT seq FROM earlier_texts WHERE entry_id = :id", id=entry["entry_id"])
    page = f"{history}/difference?field=article&old=k{kept.seq}"

    folded, whole = desk.get(page).text, desk.get(f"{page}&whole=true").text

    assert len(marked(folded)) < 400
    assert "个字符略" in folded
    assert marked(whole).replace("<del>77</del><ins>七十七</ins>", "77") == long
    assert "删去 1 字，新加 3 字" in whole


def test_a_version_of_another_entry_or_field_is_not_found(intake: Intake, desk: Tab) -> None:
    unit, entry, history = written(intake, "先。")
    _, _, elsewhere = written(intake, "别处。")
    unit.post(f"/entries/{entry['entry_id']}/withdrawal", reason="有变").ok()
    late = unit.put(f"/entries/{entry['entry_id']}/fields", version=1, fields={"article": "后。"})
    late.refused(409, "wrong-state")
    (kept,) = intake.sql("SELECT seq FROM earlier_texts WHERE entry_id = :id", id=entry["entry_id"])

    def status(page: str, who: Tab = desk) -> int:
        return who.get(page).status_code

    assert status(f"{history}/difference?field=article&old=k{kept.seq}") == 200
    assert status(f"{elsewhere}/difference?field=article&old=k{kept.seq}") == 404
    assert status(f"{history}/difference?field=title&old=k{kept.seq}") == 404
    assert status(f"{history}/difference?old=k{kept.seq}") == 404
    assert status(f"{history}/difference?field=nothing&old=now") == 404
    assert status(f"{history}/difference?field=article&old=r7") == 404
    assert status(f"{history}/difference?field=article&old=r{'9' * 9}") == 404
    for beyond in (f"k{'9' * 19}", f"r{'9' * 10}", "now2", ""):
        assert status(f"{history}/difference?field=article&old={beyond}") == 422
    with signed_in(intake, "unit", unit="unit-b") as other:
        assert status(f"{history}/difference?field=article&old=k{kept.seq}", other) == 404
    with signed_in(intake, "secretariat") as office:
        assert status(f"{history}/difference?field=article&old=k{kept.seq}", office) == 403
