"""The desk's pages over HTTP: what each says, who may see it, what the script's requests are answered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest

from tests.integration.intake.desk import FULL, Intake, definition
from tests.integration.intake.tabs import Tab, signed_in

PAGES = ("", "/preview", "/submit", "/receipt", "/history", "/withdraw")


@pytest.fixture
def desk(intake: Intake) -> Iterator[Tab]:
    """The browser of somebody of unit-a."""
    with signed_in(intake, "unit", unit="unit-a") as browser:
        yield browser


def begun(desk: Tab, campaign: str, category: str = "story") -> str:
    """Begin an entry by the form; its address."""
    page = desk.get(f"/desk/campaigns/{campaign}").text
    answer = desk.send(page, f"/desk/campaigns/{campaign}/entries", category=category)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def put(desk: Tab, url: str, fields: dict[str, str], version: int = 1) -> Any:
    return desk.script("PUT", f"{url}/fields", json={"version": version, "fields": fields})


def test_another_units_entry_does_not_exist_on_any_page(intake: Intake, desk: Tab) -> None:
    url = begun(desk, intake.open())
    with signed_in(intake, "unit", unit="unit-b") as other:
        for page in PAGES:
            assert other.get(f"{url}{page}").status_code == 404, page
        for page in ("", "/submit", "/history", "/withdraw"):
            answer = other.post(f"{url}{page}", {"csrf": other.token, "title": "x", "version": "1", "text": "1"})
            assert answer.status_code == 404, page
        assert put(other, url, {"title": "x"}).status_code == 404


def test_the_script_learns_when_it_was_saved_what_is_wrong_and_how_far_each_part_is(intake: Intake, desk: Tab) -> None:
    url = begun(desk, intake.open())

    told = put(desk, url, {"title": "标题", "article": "字" * 31}).json()

    assert re.fullmatch(r"\d\d:\d\d", told["at"])
    assert told["versions"] == {"title": 2, "article": 2}
    assert list(told["wrong"]) == ["article"]  # that others are missing is told when the unit asks for a check
    assert "需修改" in told["sections"]["texts"]
    assert "未开始" in told["sections"]["materials"]


def test_the_script_learns_what_is_missing_once_the_unit_has_asked_for_a_check(intake: Intake, desk: Tab) -> None:
    url = begun(desk, intake.open())
    plain = put(desk, url, {"title": "<b>标题"}).json()

    told = desk.script("GET", f"{url}/progress?check=true").json()

    assert plain["missing"] is None
    assert (plain["title"], told["title"]) == ("<b>标题", "<b>标题")
    assert "还有 4 处需要处理" in told["to_do"]
    assert told["missing"].count("<li>") == 4
    assert 'href="#at-materials.photo"' in told["missing"]
    assert sorted(told["wrong"]) == ["article", "email", "materials.photo", "mobile"]
    with signed_in(intake, "unit", unit="unit-b") as other:
        assert other.script("GET", f"{url}/progress").status_code == 404


def test_the_script_is_refused_with_both_texts(intake: Intake, desk: Tab) -> None:
    url = begun(desk, intake.open())
    put(desk, url, {"title": "先"})

    refused = put(desk, url, {"title": "后"})

    assert refused.status_code == 409
    (conflict,) = refused.json()["conflicts"]
    assert (conflict["yours"], conflict["saved"], conflict["version"]) == ("后", "先", 2)
    assert conflict["saved_by"] == "测试账号"


def test_whatever_was_typed_is_shown_as_it_was_typed(intake: Intake, desk: Tab) -> None:
    url = begun(desk, intake.open())
    hostile = '\n</textarea><script>alert(1)</script> "x" & {{ 7 * 7 }}'
    put(desk, url, {"article": hostile, "title": '"><img src=x onerror=alert(1)>'})

    for page in ("", "/preview", "/history"):
        shown = desk.get(f"{url}{page}").text
        assert "<script>alert" not in shown
        assert "<img src=x" not in shown
    area = re.search(r"<textarea[^>]*id=\"at-article\"[^>]*>(.*?)</textarea>", desk.get(url).text, re.DOTALL)
    assert area
    assert unescape(area[1]).removeprefix("\n") == hostile


def test_a_form_sent_twice_submits_once_and_leads_to_the_same_receipt(intake: Intake, desk: Tab) -> None:
    url = begun(desk, intake.open(), "note")
    put(desk, url, FULL["note"])
    page = desk.get(f"{url}/submit").text

    answers = [desk.send(page, f"{url}/submit") for _ in range(2)]

    assert [(a.status_code, a.headers["location"]) for a in answers] == [(303, f"{url}/receipt")] * 2
    assert len(intake.events(url.rsplit("/", 1)[-1])) == 1
    receipt = desk.get(f"{url}/receipt").text
    digest = intake.sql("SELECT digest FROM entries WHERE entry_id = :id", id=url.rsplit("/", 1)[-1])[0].digest
    assert digest in receipt


def test_an_entry_changed_after_the_check_is_not_submitted(intake: Intake, desk: Tab) -> None:
    url = begun(desk, intake.open(), "note")
    put(desk, url, FULL["note"])
    page = desk.get(f"{url}/submit").text
    put(desk, url, {"title": "又改了"}, version=2)

    answer = desk.send(page, f"{url}/submit")

    assert answer.status_code == 409
    assert "没有提交" in answer.text
    assert "又改了" in answer.text  # as it stands now, to be checked again
    assert intake.events(url.rsplit("/", 1)[-1]) == []


def test_after_the_deadline_the_draft_is_kept_and_cannot_be_submitted(intake: Intake, desk: Tab) -> None:
    campaign = intake.open()
    url = begun(desk, campaign, "note")
    put(desk, url, FULL["note"])
    page = desk.get(f"{url}/submit").text
    past = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    amendment = {"online_deadline": past, "reason": "测试"}
    intake.caller("secretariat").post(f"/campaigns/{campaign}/amendments", **amendment).ok(201)

    answer = desk.send(page, f"{url}/submit")

    assert answer.status_code == 409
    assert "已过截止时间" in answer.text
    assert "现在不能提交" in desk.get(f"{url}/submit").text
    assert FULL["note"]["title"] in desk.get(f"{url}/preview").text
    assert "开始一项" not in desk.get(f"/desk/campaigns/{campaign}").text


def test_a_full_quota_is_told_on_the_campaigns_page(intake: Intake, desk: Tab) -> None:
    campaign = intake.open()
    page = desk.get(f"/desk/campaigns/{campaign}").text
    begun(desk, campaign)

    answer = desk.send(page, f"/desk/campaigns/{campaign}/entries", category="story")

    assert answer.status_code == 409
    assert "名额已用完" in answer.text


def test_a_withdrawal_can_say_why_and_frees_the_place(intake: Intake, desk: Tab) -> None:
    campaign = intake.open()
    url = begun(desk, campaign)

    too_long = desk.fill(f"{url}/withdraw", reason="很" * 301)
    done = desk.fill(f"{url}/withdraw", reason="推荐对象有变")
    again = desk.post(f"{url}/withdraw", {"csrf": desk.token})

    assert too_long.status_code == 422
    assert "最多 300 个" in too_long.text
    assert (done.status_code, again.status_code) == (303, 303)
    assert intake.events(url.rsplit("/", 1)[-1])[-1]["data"]["reason"] == "推荐对象有变"
    assert begun(desk, campaign) != url


def test_a_form_that_came_too_late_is_kept_for_after_signing_in(intake: Intake, desk: Tab) -> None:
    url = begun(desk, intake.open())
    desk.http.cookies.clear()

    answer = desk.post(url, {"title": "会话失效时提交的标题", "version.title": "1", "was.title": ""})

    assert answer.status_code == 401
    assert "会话失效时提交的标题" in answer.text


def test_control_characters_in_a_form_are_named_and_the_rest_is_kept(intake: Intake, desk: Tab) -> None:
    url = begun(desk, intake.open())

    answer = desk.fill(url, title="标\x07题", article="正文")

    assert answer.status_code == 422
    assert "第 2 个字符是无法保存的控制字符" in answer.text
    assert "正文</textarea>" in answer.text


def test_messages_page_by_key(intake: Intake, desk: Tab) -> None:
    with signed_in(intake, "unit", unit="unit-c") as other:
        url = begun(other, intake.open(), "note")
        intake.sql(
            """INSERT INTO happenings (kind, at, zh, en, unit_code, entry_id, data)
               SELECT 'submitted', now(), '消息 ' || n, 'm', 'unit-c', :id, '{}' FROM generate_series(1, 35) n""",
            id=url.rsplit("/", 1)[-1],
        )

        first = other.get("/desk/messages").text
        following = re.search(r'rel="next" href="([^"]+)"', first)
        assert following
        second = other.get(unescape(following[1])).text

        assert "消息 35" in first
        assert "消息 5<" not in first
        assert "消息 5<" in second
        assert "消息 35" not in desk.get("/desk/messages").text


def with_conditions(intake: Intake) -> str:
    """A campaign whose units claim conditions; its id."""
    raw = definition()
    conditions = [{"key": key, "label": {"zh": f"条件{key}", "en": key}} for key in ("new", "proven", "known")]
    raw["categories"][0]["conditions"] = [
        {"require": "at-least", "least": 2, "claimed": True, "conditions": conditions}
    ]
    raw["categories"][0]["fields"].append(
        {
            "key": "area",
            "kind": "number",
            "label": {"zh": "面积", "en": "Area"},
            "required": False,
            "section": {"zh": "设施", "en": "Facilities"},
            "measure": {"unit": {"zh": "平方米", "en": "m²"}, "base": 95, "target": 110},
        }
    )
    intake.caller("secretariat").post("/campaigns", definition=raw).ok(201)
    return str(raw["id"])


def test_conditions_are_ticked_in_the_form_and_shown_to_reviewers(intake: Intake, desk: Tab) -> None:
    url = begun(desk, with_conditions(intake), "note")
    page = desk.get(url).text
    assert "至少符合 2 项" in page

    ticked = desk.fill(url, title="标题", claims=["new", "known"])
    shown = desk.get(f"{url}/preview").text
    unticked = desk.fill(url)

    assert (ticked.status_code, unticked.status_code) == (303, 303)
    assert "条件new" in shown
    assert "条件known" in shown
    assert "条件proven" not in shown
    assert "条件new" not in desk.get(f"{url}/preview").text
    told = put(desk, url, {"claims": "new"}, version=3).json()
    assert "进行中" in told["sections"]["claims"]
    assert "下列条件至少应符合 2 项" in desk.get(f"{url}/submit").text


def test_fields_stand_under_the_headings_of_the_definition(intake: Intake, desk: Tab) -> None:
    url = begun(desk, with_conditions(intake), "note")

    page = desk.get(url).text

    assert re.search(r'id="title-texts-2"><span class="zh">设施</span>', page)
    assert "单位：平方米" in page
    assert "目标 110" in page
