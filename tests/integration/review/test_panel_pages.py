"""From the panel to the final list, by pages alone: enrolling, assigning, scoring, stepping back, notice, decision."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from contracts.events import AssessmentSubmittedV1, DecisionPublishedV1
from tests.integration.review.desk import Desk, Season
from tests.integration.review.pages import Browser, browser, visitor

FULL = {"score:merit": "90", "score:reach": "４０"}  # full-width digits are digits


@pytest.fixture
def office(desk: Desk) -> Iterator[Browser]:
    with browser(desk, visitor("secretariat", name="秘书甲")) as found:
        yield found


@pytest.fixture
def experts(desk: Desk, season: Season, office: Browser) -> Iterator[list[Browser]]:
    """Three on the panel, enrolled by the form."""
    panel = f"/review/campaigns/{season.campaign_id}/panel"
    with ExitStack() as stack:
        found = []
        for number in range(3):
            who = visitor("expert", name=f"专家{number}")
            found.append(stack.enter_context(browser(desk, who)))
            page = f"{panel}?account={who.account_id}&name={who.name}"
            answer = office.fill(
                page,
                f"{panel}/experts",
                account_id=str(who.account_id),
                name=who.name,
                organisation=f"某大学{number}",
                region="四川",
            )
            assert f"已登记专家 {who.name}" in answer.text
        yield found


def tasks_of(who: Browser) -> list[str]:
    return list(
        dict.fromkeys(re.findall(r'href="(/review/assessments/[0-9a-f-]{36})"', who.page("/review/assessments")))
    )


def hand_in(who: Browser, path: str, **scores: str) -> str:
    answer = who.fill(path, f"{path}/scores", act="hand-in", **{**FULL, **scores})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def assigned(season: Season, office: Browser) -> str:
    panel = f"/review/campaigns/{season.campaign_id}/panel"
    return office.fill(panel, f"{panel}/assignment").text


def test_a_campaign_comes_to_its_list_by_pages(
    desk: Desk, season: Season, office: Browser, experts: list[Browser]
) -> None:
    first, second, third = season.eligible(3)
    assert "新分配 9 份" in assigned(season, office)
    merit = {first: "90", second: "80", third: "80"}
    for who in experts:
        for path in tasks_of(who):
            (title,) = re.findall(r"<h1>(.*?)</h1>", who.page(path))
            assert title
            entry = desk.sql("SELECT entry_id FROM assessments WHERE assessment_id = :id", id=path.rpartition("/")[2])
            assert hand_in(who, path, **{"score:merit": merit[entry[0].entry_id]}) == "/review/assessments"
    assert len(desk.events(AssessmentSubmittedV1, season.campaign_id)) == 9
    assert "您已提交评分，总分 86.0000" in "".join(experts[0].page(path) for path in tasks_of(experts[0]))

    ranking = f"/review/campaigns/{season.campaign_id}/ranking"
    notice = f"/review/campaigns/{season.campaign_id}/notice"
    page = office.page(ranking)
    assert page.count("并列中入选") == 2
    closes = f"{datetime.now(UTC) + timedelta(days=7):%Y-%m-%d}"
    tie = office.send(page, notice, closes=closes, **{"places:story": "2"})
    assert tie.status_code == 409
    assert 'value="2"' in tie.text, "what was typed is kept"
    assert closes in tie.text
    for wrong in ({"closes": "2001-01-01"}, {"closes": "后天"}, {"closes": closes, "places:story": "很多"}):
        assert office.send(page, notice, **{"places:story": "2", **wrong}).status_code == 422, wrong
    opened = office.send(page, notice, closes=closes, chosen=str(third), **{"places:story": "2"})
    assert "公示名单 2 项" in opened.text
    step_back = f"{tasks_of(experts[0])[0]}/recusal"
    late = experts[0].fill(step_back, step_back, reason="晚了")
    assert late.status_code == 409, "scores and panel stand"

    decision = f"/review/campaigns/{season.campaign_id}/decision"
    token = {"csrf": office.visitor.form_token}  # type: ignore[union-attr]
    early = office.post(decision, {**token, "number": "某学会〔2026〕1号", "issuer": "某学会"})
    assert early.status_code == 409
    desk.sql("ALTER TABLE notices DISABLE TRIGGER USER")  # as if its days had gone by
    desk.sql("UPDATE notices SET closes_at = now() WHERE campaign_id = :c", c=season.campaign_id)
    desk.sql("ALTER TABLE notices ENABLE TRIGGER USER")
    published = office.fill(ranking, decision, number="某学会〔2026〕1号", issuer="某学会")
    assert "决定 某学会〔2026〕1号 已发布，列入 2 项" in published.text
    (event,) = desk.events(DecisionPublishedV1, season.campaign_id)
    assert [UUID(one["entry_id"]) for one in event["listed"]] == [first, third]
    assert "某学会〔2026〕1号" in office.page(f"/list/{season.campaign_id}")


def test_scores_are_kept_while_they_are_written_and_nobody_else_sees_them(
    season: Season, office: Browser, experts: list[Browser]
) -> None:
    (entry_id,) = season.eligible(1)
    assigned(season, office)
    (path,) = tasks_of(experts[0])
    body = {"scores": {"merit": 77, "reach": None}, "comment": "\n先记一句：馆员很用心"}
    assert experts[0].script("PUT", f"{path}/scores", body).json()["state"] == "assigned"
    page = experts[0].page(path)
    assert 'value="77"' in page
    assert "先记一句" in page
    assert "未评完" in experts[0].page("/review/assessments")
    secret = office.page(f"/review/cases/{entry_id}") + office.page(f"/review/campaigns/{season.campaign_id}/ranking")
    secret += str(season.secretary.get(f"/cases/{entry_id}").ok())
    assert "先记一句" not in secret
    assessments = season.secretary.get(f"/cases/{entry_id}").ok()["assessments"]
    assert {one["scores"] for one in assessments} == {None}
    assert season.secretary.get(season.path("ranking")).ok()["categories"][0]["incomplete"][0]["submitted"] == 0

    for bad in ({"scores": {"merit": 101}}, {"scores": {"merit": "好"}}, {"scores": {"nonsense": 1}}):
        assert experts[0].script("PUT", f"{path}/scores", bad).status_code == 422
    assert 'value="77"' in experts[0].page(path)
    refused = experts[0].fill(path, f"{path}/scores", act="hand-in", **{"score:merit": "一百", "comment": "不要丢"})
    assert refused.status_code == 422
    assert 'value="一百"' in refused.text
    assert "不要丢</textarea>" in refused.text
    hand_in(experts[0], path)
    assert experts[0].script("PUT", f"{path}/scores", body).status_code == 409


def test_stepping_back_takes_everything_about_the_entry_away(
    season: Season, office: Browser, experts: list[Browser]
) -> None:
    season.eligible(1)
    assigned(season, office)
    (path,) = tasks_of(experts[0])
    experts[0].script("PUT", f"{path}/scores", {"scores": {"merit": 12}, "comment": "不该留下的话"})
    assert experts[0].fill(f"{path}/recusal", f"{path}/recusal", reason="").status_code == 422
    done = experts[0].fill(f"{path}/recusal", f"{path}/recusal", reason="曾参与该项目")
    assert done.headers["location"] == "/review/assessments"
    assert experts[0].get(path).status_code == 404
    assert tasks_of(experts[0]) == []
    (row,) = season.desk.sql("SELECT * FROM assessments WHERE assessment_id = :id", id=path.rpartition("/")[2])
    assert (row.scores, row.comment) == (None, ""), "what was not handed in is nobody else's"


def test_a_conflict_that_the_office_pins_reaches_the_expert_at_once(
    season: Season, office: Browser, experts: list[Browser]
) -> None:
    season.entry(title="不可让回避专家看到的题目")
    (entry,) = season.secretary.get(season.path("cases")).ok()["items"]
    season.rule(UUID(entry["entry_id"])).ok()
    assigned(season, office)
    (path,) = tasks_of(experts[1])
    panel = f"/review/campaigns/{season.campaign_id}/panel"
    done = office.fill(
        panel, f"{panel}/conflicts", account_id=str(experts[1].account_id), unit_code="shx", reason="曾在该单位任职"
    )
    assert "收回 1 件材料" in done.text
    assert experts[1].get(path).status_code == 404
    assert "不可让回避专家看到的题目" not in experts[1].page("/review/assessments") + experts[1].page("/review")


def test_what_the_panel_form_cannot_take_is_said_and_kept(season: Season, office: Browser) -> None:
    panel = f"/review/campaigns/{season.campaign_id}/panel"
    for wrong in (
        {"account_id": "不是编号", "name": "某某", "organisation": "某馆", "region": "四川"},
        {"account_id": str(uuid4()), "name": "", "organisation": "某馆", "region": "四川"},
        {"account_id": str(uuid4()), "name": "某某", "organisation": "某馆", "region": ""},
        {"account_id": str(uuid4()), "name": "某某", "organisation": "某馆" * 200, "region": "四川"},
    ):
        answer = office.fill(panel, f"{panel}/experts", **wrong)
        assert answer.status_code in {409, 422}, wrong
        assert 'role="alert"' in answer.text
        assert f'value="{wrong["organisation"]}"' in answer.text


def test_another_experts_paper_is_none(season: Season, office: Browser, experts: list[Browser]) -> None:
    season.eligible(1)
    assigned(season, office)
    (path,) = tasks_of(experts[0])
    other = experts[1]
    token = {"csrf": other.visitor.form_token}  # type: ignore[union-attr]
    assert other.get(path).status_code == 404
    assert other.get(f"{path}/recusal").status_code == 404
    assert other.script("PUT", f"{path}/scores", {"scores": {}}).status_code == 404
    assert other.post(f"{path}/scores", {**token, "act": "save"}).status_code == 404
    assert other.post(f"{path}/recusal", {**token, "reason": "x"}).status_code == 404


def test_who_abstains_is_replaced_and_counts_as_nothing(
    desk: Desk, season: Season, office: Browser, experts: list[Browser]
) -> None:
    (entry_id,) = season.eligible(1)
    assigned(season, office)
    (path,) = tasks_of(experts[0])
    experts[0].script("PUT", f"{path}/scores", {"scores": {"merit": 12}, "comment": ""})
    done = experts[0].fill(f"{path}/abstention", f"{path}/abstention", reason="不熟悉古籍保护")
    assert done.headers["location"] == "/review/assessments"
    assert experts[0].get(path).status_code == 404
    short = office.fill(
        f"/review/campaigns/{season.campaign_id}/panel", f"/review/campaigns/{season.campaign_id}/panel/assignment"
    )
    assert short.status_code == 409, "nobody is asked twice"
    season.expert("候补专家")
    assert "新分配 1 份" in assigned(season, office)
    assert tasks_of(experts[0]) == []
    for other in experts[1:]:
        hand_in(other, tasks_of(other)[0])
    (category, _) = season.secretary.get(season.path("ranking")).ok()["categories"]
    assert category["incomplete"][0]["submitted"] == 2
    states = {a["expert"]: a["state"] for a in season.secretary.get(f"/cases/{entry_id}").ok()["assessments"]}
    assert states["专家0"] == "abstained"
    submitted = experts[1]
    (theirs,) = tasks_of(submitted)
    refused = submitted.fill(f"{theirs}/abstention", f"{theirs}/abstention", reason="晚了")
    assert refused.status_code == 409, "scores that are in stand"
    rows = desk.sql("SELECT state, scores FROM assessments WHERE assessment_id = :id", id=path.rpartition("/")[2])
    assert [(row.state, row.scores) for row in rows] == [("abstained", None)]
