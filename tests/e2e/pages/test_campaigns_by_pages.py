"""Shipped campaigns gone through by pages alone, as a librarian does: from the activation letter to the form."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Mapping
from uuid import uuid4

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from tests.e2e.pages.conftest import WIDTHS, axe
from tests.integration.intake.desk import Intake
from tests.integration.intake.test_other_campaigns import ACTUAL, opened
from tests.integration.intake.verdicts import accept

OpenPage = Callable[..., Page]
PASSWORD = "书山 有路 勤为径"
STORY = {
    "title": "一本书的旅行",
    "subtitle": "流动书车二十年",
    "article": "一、缘起\n二十年前，书车第一次开进山里。",
    "summary": "流动书车二十年如一日为山区送书。",
    "person_in_charge": "张某",
    "mobile": "13800000000",
    "email": "reader@example.org",
    "honours": "省级先进集体",
    "process_note": "经提名、集体研究并公示五日，无异议。",
}
COLLECTIVE = {
    "unit_name": "淳化县图书馆",
    "head": "李某",
    "joined_on": "2019-05-01",
    "telephone": "029-80000000",
    "main_results": "全年办活动六十场。",
}
PERSON = {
    "name": "王某",
    "sex": "女",
    "age": "35",
    "unit_name": "三原县图书馆",
    "years_in_work": "8年",
    "department": "读者服务部",
    "education": "本科",
    "deeds": "牵头建成联盟通借通还。",
}

SERVICE = STORY
INNOVATION = {**STORY, "case_name": "掌上书房"}
SPECIAL = {
    **COLLECTIVE,
    "special_work": "联合阅读推广",
    "ranking_basis": "2024年全省活动场次统计，列第二位。",
}
CASE = {
    "title": "掌上书房",
    "unit_name": "三原县图书馆",
    "theme": "基层服务",
    "background": "村里没有书店。",
    "practice": "把书送到集市上。",
    "results": "一年借出两万册。",
    "next_steps": "",
}


def photo(shade: int) -> bytes:
    """A small JPEG of its own."""
    out = io.BytesIO()
    Image.new("RGB", (320, 240), (shade * 60, 90, 120)).save(out, "JPEG")
    return out.getvalue()


def at_both_widths(page: Page) -> None:
    """What stands there is as good on a telephone; the window is wide again afterwards."""
    axe(page)
    page.set_viewport_size(WIDTHS["narrow"])
    axe(page)
    page.set_viewport_size(WIDTHS["wide"])


def write(page: Page, texts: Mapping[str, str]) -> None:
    """Fill the fields of the editor as they come, and wait until the page says that all is saved."""
    for key, text in texts.items():
        field = page.locator(f"#at-{key}")
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(text)
        else:
            field.fill(text)
    saved(page)


def saved(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.locator("#saved")).to_contain_text("已保存")


def check(page: Page) -> None:
    page.get_by_role("link", name="检查并提交").last.click()
    page.wait_for_url("**/submit")


def submit(page: Page) -> str:
    """Check, submit; the receipt's number."""
    check(page)
    expect(page.get_by_text("内容齐全，可以提交。")).to_be_visible()
    page.get_by_role("button", name="确认提交").click()
    page.wait_for_url("**/receipt")
    return page.locator(".number").inner_text()


def begin(page: Page, campaign: str, category: str, post: str | None = None) -> None:
    page.goto(f"/desk/campaigns/{campaign}")
    offer = page.locator(f"#category-{category}")
    if post:
        offer.get_by_label("候选人身份").select_option(post)
    offer.get_by_role("button", name=re.compile("开始一项")).click()


def begun(page: Page, campaign: str, category: str, post: str | None = None) -> str:
    """Begin an entry from the campaign's page; its id."""
    begin(page, campaign, category, post)
    page.wait_for_url("**/desk/entries/*")
    return page.url.rsplit("/", 1)[-1]


def test_a_culture_office_recommends_a_story_from_its_letter_to_the_form(intake: Intake, open_page: OpenPage) -> None:
    campaign = opened(intake, "cls-2017")
    invited = {"login": f"c-{uuid4().hex[:12]}", "name": "陕西省文化厅", "roles": ["unit"], "unit_code": "shxwht"}
    code = intake.caller("secretariat").post("/accounts", **invited).ok(201)["activation_code"]
    page = open_page()
    page.goto(f"/activate#code={code}")
    page.get_by_label("新密码").fill(PASSWORD)
    page.get_by_label("再输入一次").fill(PASSWORD)
    page.get_by_role("button", name="设置密码并登录").click()
    page.route("**/api/notify/v1/contact", lambda route: route.fulfill(json={}))  # where notify would be
    page.get_by_label("联系人姓名").fill("赵联络员")
    page.get_by_label("手机").fill("19900000001")
    page.get_by_label("电子邮箱").fill("nobody@example.org")
    page.get_by_role("button", name="保存").click()
    page.get_by_role("button", name="继续").click()
    page.wait_for_url("**/desk")
    page.locator(f'a[href="/desk/campaigns/{campaign}"]').first.click()
    at_both_widths(page)

    entry_id = begun(page, campaign, "story")
    write(page, STORY)
    photos = [photo(n) for n in range(2)]
    files: list[FilePayload] = [
        {"name": f"书车{n}.jpg", "mimeType": "image/jpeg", "buffer": content} for n, content in enumerate(photos)
    ]
    page.locator("[data-kind=photo] .choose input[type=file]").set_input_files(files)
    rows = page.locator("[data-kind=photo] li.file")
    expect(page.locator("[data-kind=photo] li.file[data-state=uploaded]")).to_have_count(2)
    rows.first.locator("[data-part=caption]").fill("书车进山")
    expect(rows.first.locator("[data-part=kept]")).not_to_be_empty()
    for number, content in enumerate(photos):
        material = rows.nth(number).get_attribute("data-id")
        assert material
        accept(intake, material, sha256=hashlib.sha256(content).hexdigest())
    expect(page.locator("[data-kind=photo] li.file[data-state=accepted]")).to_have_count(2)
    at_both_widths(page)
    check(page)
    at_both_widths(page)

    assert submit(page) == f"{campaign}.story.0001"
    at_both_widths(page)
    page.get_by_role("button", name="打印表格").click()
    expect(page.locator("tbody tr", has_text="推荐表（感人事迹）").first).to_contain_text("签署意见")
    expect(page.locator("tbody tr", has_text="纪检证明")).to_contain_text("纪检部门出具并盖章")
    expect(page.locator("main")).to_contain_text(f"{campaign}.story.0001")
    expect(page.get_by_label("PDF：推荐表（感人事迹）")).to_have_attribute(
        "href", f"/api/files/v1/entries/{entry_id}/documents/form.pdf"
    )
    at_both_widths(page)

    office = open_page("secretariat")
    office.goto(f"/office/campaigns/{campaign}/progress?standing=submitted")
    at_both_widths(office)
    office.get_by_role("link", name="陕西省文化厅").click()
    at_both_widths(office)
    office.get_by_role("link", name="一本书的旅行").click()
    office.wait_for_url(f"**/office/entries/{entry_id}")
    expect(office.locator("main")).to_contain_text(STORY["process_note"])
    at_both_widths(office)


def test_a_committee_library_recommends_a_library_and_its_people(intake: Intake, open_page: OpenPage) -> None:
    campaign = opened(intake, "shaanxi-2024")
    page = open_page("committee", unit="xianyang")
    page.goto(f"/desk/campaigns/{campaign}")
    page.get_by_role("link", name=re.compile("成员馆进度")).click()
    expect(page.locator("main")).to_contain_text("单位的上下级关系由秘书处导入")
    at_both_widths(page)

    begun(page, campaign, "collective")
    write(page, {**COLLECTIVE, "unit_name": "咸阳市委员馆"})
    check(page)
    expect(page.locator(".missing")).to_contain_text("不能推荐本单位（咸阳市委员馆），请填写其他单位。")
    page.get_by_role("link", name=re.compile("不能推荐本单位")).click()
    expect(page.locator("#wrong-unit_name")).to_contain_text("不能推荐本单位")
    write(page, {"unit_name": COLLECTIVE["unit_name"]})
    assert submit(page) == f"{campaign}.collective.0001"

    begun(page, campaign, "individual", "工作人员")
    write(page, PERSON)
    assert submit(page) == f"{campaign}.individual.0001"
    late = page.context.new_page()
    late.goto(f"/desk/campaigns/{campaign}")  # open in another window while the last place is taken here

    begun(page, campaign, "individual", "馆长")
    write(page, {**PERSON, "name": "赵某"})
    check(page)
    expect(page.locator(".missing li")).to_have_count(1)
    page.get_by_role("link", name=re.compile("原则上不推荐")).click()
    expect(page.locator("#wrong-director_reason")).to_contain_text("请填写“推荐馆长的理由”")
    write(page, {"director_reason": "本馆仅三人，馆长一人承担联盟全部工作。"})
    assert submit(page) == f"{campaign}.individual.0002"

    offer = late.locator("#category-individual")
    offer.get_by_label("候选人身份").select_option("工作人员")
    offer.get_by_role("button", name=re.compile("开始一项")).click()
    expect(late.get_by_role("alert")).to_contain_text("最多推荐 2 项，名额已用完。联盟联络员不占名额。")
    offer = late.locator("#category-individual")
    expect(offer).to_contain_text("名额已用完，只能再推荐联盟联络员")
    expect(offer.get_by_label("候选人身份").locator("option")).to_have_text(["联盟联络员（不占名额） (does not count)"])
    at_both_widths(late)
    offer.get_by_role("button", name=re.compile("开始一项")).click()
    late.wait_for_url("**/desk/entries/*")
    expect(late.locator("#at-alliance_post")).to_have_value("联盟联络员")
    write(late, {**PERSON, "name": "孙某", "alliance_post": "工作人员"})
    check(late)
    expect(late.locator(".missing")).to_contain_text("名额已用完")
    late.get_by_role("link", name=re.compile("名额已用完")).click()
    write(late, {"alliance_post": "联盟联络员"})
    assert submit(late) == f"{campaign}.individual.0003"


@pytest.mark.parametrize(
    ("name", "category", "role", "unit", "texts", "printed"),
    [
        ("cls-2017", "service", "unit", "bjwhj", SERVICE, "推荐表（优秀服务）"),
        ("cls-2017", "innovation", "unit", "bjwhj", INNOVATION, "推荐表（创新案例）"),
        ("shaanxi-2024", "special-collective", "working-group", "reading-group", SPECIAL, "联盟专项工作先进集体申报表"),
        ("shaanxi-2024", "case", "committee", "xianyang", CASE, "案例正文"),
    ],
)
def test_every_other_category_is_recommended_by_pages_too(
    intake: Intake,
    open_page: OpenPage,
    name: str,
    category: str,
    role: str,
    unit: str,
    texts: dict[str, str],
    printed: str,
) -> None:
    campaign = opened(intake, name)
    page = open_page(role, unit=unit)

    begun(page, campaign, category)
    write(page, texts)
    if name == "cls-2017":
        page.locator("[data-kind=photo] .choose input[type=file]").set_input_files(
            {"name": "书车.jpg", "mimeType": "image/jpeg", "buffer": photo(2)}
        )
        expect(page.locator("[data-kind=photo] li.file[data-state=uploaded]")).to_have_count(1)

    assert submit(page) == f"{campaign}.{category}.0001"
    page.goto(page.url.replace("/receipt", "/documents"))
    expect(page.locator("main")).to_contain_text(printed)


def test_a_province_ticks_what_it_claims_and_reports(intake: Intake, open_page: OpenPage) -> None:
    campaign, unit = opened(intake, "plan-2020"), f"p-{uuid4().hex[:8]}"
    page = open_page("unit", unit=unit)

    begun(page, campaign, "report")
    write(page, {"region": "某省", **ACTUAL, "standard_rate": "172"})
    check(page)
    expect(page.locator(".missing li")).to_have_count(2)
    page.get_by_role("link", name=re.compile("至少应符合 2 项")).click()
    expect(page.locator("#at-claims .wrong")).to_be_visible()
    write(page, {"standard_rate": ACTUAL["standard_rate"]})
    page.locator("label.choice", has_text="数据已与年报核对").click()
    page.locator("label.choice", has_text="经单位负责人审签").click()
    saved(page)
    page.reload()
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(2)
    at_both_widths(page)

    assert submit(page) == f"{campaign}.report.0001"
    expect(page.locator("main")).to_contain_text("不需要寄送纸质材料")
    page.goto(f"/desk/campaigns/{campaign}")
    expect(page.locator("#category-report")).to_contain_text("名额已用完")


def test_a_reader_enters_a_photo_and_the_jury_learns_no_name(intake: Intake, open_page: OpenPage) -> None:
    campaign, code = opened(intake, "reading-photos"), f"r-{uuid4().hex[:8]}"
    page = open_page("individual", unit=code, width="narrow")
    page.goto("/desk")
    page.locator(f'a[href="/desk/campaigns/{campaign}"]').first.click()
    expect(page.locator("#category-photo")).to_contain_text("名额 3 项，已用 0 项")

    entry_id = begun(page, campaign, "photo")
    photo_of = photo(3)
    page.locator("[data-kind=photo] .choose input[type=file]").set_input_files(
        {"name": "窗边.jpg", "mimeType": "image/jpeg", "buffer": photo_of}
    )
    write(
        page,
        {"title": "窗边", "place": "市图书馆", "taken_on": "2026-03-08", "author": "陈某", "mobile": "13800000000"},
    )
    row = page.locator("[data-kind=photo] li.file[data-state=uploaded]")
    expect(row).to_have_count(1)
    accept(intake, str(row.get_attribute("data-id")), sha256=hashlib.sha256(photo_of).hexdigest())
    for condition in ("照片由本人拍摄", "同意展示"):
        page.locator("label.choice", has_text=condition).click()
    expect(page.locator("#to-do")).to_contain_text("内容齐全，可以提交")
    axe(page)

    assert submit(page) == f"{campaign}.photo.0001"
    page.goto(f"/desk/entries/{entry_id}/preview")  # as the jury will see it
    expect(page.locator(".shown")).to_contain_text(f"编号 {code}")
    expect(page.locator(".shown")).not_to_contain_text("陈某")
    axe(page)
    (event,) = [one for one in intake.events(entry_id) if one["type"].endswith("entry.submitted.v1")]
    assert (event["data"]["unit"]["name"], event["data"]["claims"]) == (f"编号 {code}", ["consent", "own"])
    assert "陈某" not in str(event)
