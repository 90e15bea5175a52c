"""The documents page in a browser: what is printed, of which revision, what to do with it, until when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.pages.conftest import axe
from tests.integration.intake.desk import Intake, definition
from tests.integration.intake.paper_desk import submitted

OpenPage = Callable[..., Page]


def test_a_draft_is_said_to_be_one_and_has_nothing_to_post(intake: Intake, open_page: OpenPage, width: str) -> None:
    entry = intake.unit("unit-a").written(intake.open(), "story")
    page = open_page("unit", unit="unit-a", width=width)

    page.goto(f"/desk/entries/{entry['entry_id']}/documents")

    expect(page.get_by_text("请勿盖章寄送")).to_be_visible()
    expect(page.get_by_role("link", name="PDF：感人事迹申报表")).to_have_attribute(
        "href", f"/api/files/v1/entries/{entry['entry_id']}/documents/form.pdf"
    )
    expect(page.get_by_role("link", name="提交回执")).to_have_count(0)
    axe(page)


def test_what_was_submitted_is_to_be_printed_sealed_and_posted_in_time(
    intake: Intake, open_page: OpenPage, width: str
) -> None:
    campaign = intake.open(paper_deadline=datetime(2031, 8, 31, 16, tzinfo=UTC))
    entry = submitted(intake.unit("unit-a"), campaign, {"a.jpg": b"\xff\xd8 x"})
    page = open_page("unit", unit="unit-a", width=width)

    page.goto(f"/desk/entries/{entry['entry_id']}/documents")

    expect(page.get_by_role("heading", level=1)).to_contain_text("打印、盖章、寄送")
    expect(page.locator(".remaining")).to_contain_text("2031年8月31日（周日）24:00前")
    expect(page.get_by_text(f"编号 {entry['receipt']['receipt_number']}")).to_be_visible()
    expect(page.get_by_text("第 1 次提交的内容")).to_be_visible()
    expect(page.get_by_role("link", name="提交回执")).to_be_visible()
    axe(page)


def test_the_page_lists_every_paper_to_post_and_how_it_is_made_ready(
    intake: Intake, open_page: OpenPage, width: str
) -> None:
    raw = definition(paper_deadline=datetime(2031, 8, 31, 16, tzinfo=UTC))
    raw["categories"][1]["enclosures"] = [
        {
            "key": "proof",
            "title": {"zh": "纪检证明", "en": "Discipline-inspection proof"},
            "help": {"zh": "由本单位纪检部门出具并盖章。", "en": "Sealed by the discipline office."},
        }
    ]
    intake.caller("secretariat").post("/campaigns", definition=raw).ok(201)
    entry = submitted(intake.unit("unit-a"), raw["id"], {"a.jpg": b"\xff\xd8 x"})
    page = open_page("unit", unit="unit-a", width=width)

    page.goto(f"/desk/entries/{entry['entry_id']}/documents")

    papers = page.get_by_role("table").first
    expect(papers).to_contain_text("感人事迹申报表")
    expect(papers).to_contain_text("在“推荐单位意见及公章”栏签署意见、填写日期并加盖公章")
    expect(papers).to_contain_text("纪检证明")
    expect(papers).to_contain_text("由本单位纪检部门出具并盖章")
    expect(page.get_by_text("以上材料在2031年8月31日（周日）24:00前寄到测试学会")).to_be_visible()
    axe(page)
    page.goto(f"/desk/entries/{entry['entry_id']}/receipt")
    expect(page.get_by_text("一并寄送：纪检证明1份")).to_be_visible()
    axe(page)
    listed = intake.unit("unit-a").get(f"/entries/{entry['entry_id']}/documents").ok()
    assert (listed["posted"], [paper["key"] for paper in listed["enclosures"]]) == (["form"], ["proof"])


def test_where_nothing_goes_by_post_the_page_says_so(intake: Intake, open_page: OpenPage) -> None:
    entry = submitted(intake.unit("unit-a"), intake.open(), {"a.jpg": b"\xff\xd8 x"})
    page = open_page("unit", unit="unit-a")

    page.goto(f"/desk/entries/{entry['entry_id']}/documents")

    expect(page.get_by_text("不需要寄送纸质材料")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_contain_text("表格文件")
    expect(page.get_by_role("link", name="PDF：感人事迹申报表")).to_be_visible()
    axe(page)


def test_a_returned_entry_says_that_the_posted_paper_is_void(intake: Intake, open_page: OpenPage) -> None:
    entry = submitted(intake.unit("unit-a"), intake.open(), {"a.jpg": b"\xff\xd8 x"})
    intake.sql("UPDATE entries SET state = 'returned' WHERE entry_id = :id", id=entry["entry_id"])
    page = open_page("unit", unit="unit-a")

    page.goto(f"/desk/entries/{entry['entry_id']}/documents")

    expect(page.get_by_text("已寄出的旧版本作废")).to_be_visible()
    page.get_by_text("较早的版本").click()
    expect(page.get_by_text("第 1 次提交，")).to_be_visible()
    axe(page)


def test_a_supervisor_sees_the_papers_without_the_units_ways(intake: Intake, open_page: OpenPage) -> None:
    entry = submitted(intake.unit("unit-a"), intake.open(), {"a.jpg": b"\xff\xd8 x"})
    page = open_page("supervisor")

    page.goto(f"/desk/entries/{entry['entry_id']}/documents")

    expect(page.get_by_role("link", name="PDF：感人事迹申报表")).to_be_visible()
    expect(page.locator("nav.tabs")).to_have_count(0)
    axe(page)


def test_another_units_papers_are_not_there(intake: Intake, open_page: OpenPage) -> None:
    entry = submitted(intake.unit("unit-a"), intake.open(), {"a.jpg": b"\xff\xd8 x"})
    page = open_page("unit", unit="unit-b")

    answer = page.goto(f"/desk/entries/{entry['entry_id']}/documents")

    assert answer is not None
    assert answer.status == 404


@pytest.fixture
def alliance(intake: Intake) -> str:
    raw = definition()
    raw["units"][0]["kind"] = "committee"
    raw["categories"][2]["recommenders"] = ["committee"]
    column = {"label": {"zh": "姓名", "en": "Name"}, "fields": ["title"]}
    raw["summaries"] = [
        {
            "key": "city",
            "number": "附件1-3",
            "title": {"zh": "推荐汇总表", "en": "Table"},
            "unit_kinds": ["committee"],
            "sections": [{"category": "pair", "columns": [column]}],
        }
    ]
    intake.caller("secretariat").post("/campaigns", definition=raw).ok(201)
    return str(raw["id"])


def test_a_committee_library_finds_its_table_and_the_secretariat_everything(
    open_page: OpenPage, alliance: str, width: str
) -> None:
    unit = open_page("committee", unit="unit-a", width=width)
    unit.goto(f"/desk/campaigns/{alliance}/documents")
    expect(unit.get_by_role("link", name=".xlsx：推荐汇总表")).to_be_visible()
    expect(unit.get_by_role("link", name="下载全部已提交的材料")).to_have_count(0)
    axe(unit)

    office = open_page("secretariat", width=width)
    office.goto(f"/desk/campaigns/{alliance}/documents")
    expect(office.get_by_role("link", name="PDF：单位 unit-a")).to_be_visible()
    expect(office.get_by_role("link", name="PDF：单位 unit-b")).to_have_count(0)
    expect(office.get_by_role("button", name="下载全部已提交的材料")).to_be_visible()
    axe(office)


def test_the_code_on_a_paper_tells_whether_it_counts(intake: Intake, open_page: OpenPage, width: str) -> None:
    unit = intake.unit("unit-a")
    entry = submitted(unit, intake.open(), {"a.jpg": b"\xff\xd8 x"})
    receipt = entry["receipt"]
    path = f"/paper/{receipt['receipt_number']}/1/{receipt['digest']}"
    page = open_page(width=width)

    page.goto(path)
    expect(page.get_by_text("与网上提交的现行版本一致")).to_be_visible()
    expect(page.get_by_text("一本书的旅行")).to_have_count(0)
    axe(page)
    unit.post(f"/entries/{entry['entry_id']}/withdrawal", reason="更换").ok()
    page.goto(path)
    expect(page.get_by_text("已撤回，纸质材料不再有效")).to_be_visible()
    for wrong in (path.replace("/1/", "/2/"), path.replace("/1/", "/x/"), path[:-1], f"{path[:-8]}00000000"):
        answer = page.goto(wrong)
        assert answer is not None
        assert answer.status == 404
        expect(page.get_by_text("没有与此二维码相符的提交记录")).to_be_visible()
    axe(page)


def test_the_check_of_a_paper_is_the_same_by_the_interface(intake: Intake) -> None:
    unit, anybody = intake.unit("unit-a"), intake.anybody()
    entry = submitted(unit, intake.open(), {"a.jpg": b"\xff\xd8 x"})
    receipt = entry["receipt"]
    path = f"/papers/{receipt['receipt_number']}/1/{receipt['digest']}"

    assert anybody.get(path).ok()["standing"] == "current"
    intake.sql("UPDATE entries SET state = 'returned' WHERE entry_id = :id", id=entry["entry_id"])
    assert anybody.get(path).ok()["standing"] == "returned"
    assert unit.submit(unit.save(unit.get(f"/entries/{entry['entry_id']}").ok(), title="新标题")).status == 201
    told = anybody.get(path).ok()
    assert (told["standing"], told["revision"], told["last_revision"]) == ("replaced", 1, 2)
    assert "title" not in told
    anybody.get(f"{path[:-4]}0000").refused(404, "not-found")
    assert datetime.fromisoformat(told["submitted_at"]) > datetime.now(UTC) - timedelta(minutes=5)
