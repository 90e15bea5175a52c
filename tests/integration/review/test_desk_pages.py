"""The secretariat's pages: who may see them, claims, drafts and their release, what a refused form keeps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote
from uuid import UUID

import jwt
import pytest

from contracts.events import EntryEligibleV1, EntryReturnedV1, SessionEndedV1
from infra.web.passes import COOKIE
from tests.integration.review.desk import CONDITIONS, Desk, Season, open_season
from tests.integration.review.pages import OLD, Browser, browser, pass_of, visitor
from tests.unit.review import builders

TICKED = {f"condition:{key}": "1" for key in CONDITIONS}
ELIGIBLE = {"verdict": "eligible", **TICKED}
RETURN = {"verdict": "return", "reason.0": "照片不清楚，请更换。", "place.0": "entry"}


@pytest.fixture
def one(desk: Desk) -> Iterator[Browser]:
    with browser(desk, visitor("secretariat", name="秘书甲")) as found:
        yield found


@pytest.fixture
def two(desk: Desk) -> Iterator[Browser]:
    with browser(desk, visitor("secretariat", name="秘书乙")) as found:
        yield found


def queue_of(season: Season, query: str = "") -> str:
    return f"/review/campaigns/{season.campaign_id}/cases{query}"


def case_of(entry_id: UUID) -> str:
    return f"/review/cases/{entry_id}"


def ruled(who: Browser, entry_id: UUID, act: str, **texts: str) -> str:
    """Rule by the page's form; where it leads."""
    path = case_of(entry_id)
    answer = who.fill(path, f"{path}/ruling", act=act, **texts)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


# who is looking


def test_without_a_good_pass_a_browser_fetches_one_and_comes_back_with_what_it_was_sending(
    desk: Desk, season: Season
) -> None:
    entry_id = season.entry()
    path, here = case_of(entry_id), queue_of(season, "?held=free&words=%E4%B9%A6")
    who = visitor("secretariat")
    forged = jwt.encode({"sub": str(who.account_id), "sid": str(who.session_id), "form": "x"}, "k" * 32)
    with browser(desk, None) as nobody, browser(desk, who, age=OLD) as late:
        for each in (nobody, late):
            assert each.get(here).headers["location"] == f"/pass?to={quote(here, safe='')}"
            answer = each.post(f"{path}/claim")
            assert (answer.status_code, answer.headers["location"]) == (307, f"/pass?to={quote(path, safe='')}%2Fclaim")
        nobody.http.cookies.set(COOKIE, forged, domain="127.0.0.1", path="/")
        assert nobody.get(here).status_code == 303
        caller = desk.secretary()
        nobody.http.cookies.set(COOKIE, str(caller.token), domain="127.0.0.1", path="/")
        assert nobody.get(here).status_code == 303, "an access token is not a pass"
    pass_for_api = desk.http.get(
        f"{desk.url}/api/review/v1/campaigns", headers={"Authorization": f"Bearer {pass_of(desk, who)}"}
    )
    assert pass_for_api.status_code == 401, "a pass is not an access token"


def test_an_ended_session_is_refused_though_its_pass_is_good(desk: Desk, season: Season) -> None:
    who = visitor("secretariat")
    desk.hear(
        SessionEndedV1(
            account_id=who.account_id, session_ids=(who.session_id,), reason="signed-out", ended_at=datetime.now(UTC)
        )
    )
    with browser(desk, who) as ended:
        assert ended.get(queue_of(season)).status_code == 303


def test_forms_need_their_token_and_our_own_page(one: Browser, season: Season) -> None:
    path = case_of(season.entry())
    foreign = one.post(f"{path}/claim", {"csrf": one.visitor.form_token}, **{"Sec-Fetch-Site": "cross-site"})  # type: ignore[union-attr]
    assert foreign.status_code == 403
    stale = one.post(f"{path}/ruling", {"csrf": "of another session", "reason.0": "写了很久的理由"})
    assert stale.status_code == 200
    assert "写了很久的理由" in stale.text, "what was typed is shown again, to be sent once more"
    assert f'action="{path}/ruling"' in stale.text
    assert not season.desk.sql("SELECT 1 FROM claims WHERE entry_id = :id", id=path.rpartition("/")[2])


@pytest.mark.parametrize("role", ["unit", "committee", "working-group", "individual", "operator"])
def test_others_see_no_desk(desk: Desk, season: Season, role: str) -> None:
    with browser(desk, visitor(role)) as stranger:
        for path in ("/review", queue_of(season), case_of(season.entry())):
            assert stranger.get(path).status_code == 403, path


def test_an_expert_of_the_campaign_sees_none_of_its_desk_whatever_else_he_is(desk: Desk, season: Season) -> None:
    expert = season.expert()
    entry_id = season.entry(title="不可让回避专家看到的题目")
    both = visitor("secretariat", "expert", account_id=expert.account_id)
    with browser(desk, both) as hidden_from:
        assert hidden_from.get(queue_of(season)).status_code == 403
        assert hidden_from.get(case_of(entry_id)).status_code == 403
        assert hidden_from.get(f"/review/campaigns/{season.campaign_id}/drafts").status_code == 403
        assert season.campaign_id not in hidden_from.page("/review")
    with browser(desk, visitor("expert")) as another:
        assert season.campaign_id not in another.page("/review")


def test_a_supervisor_reads_everything_and_can_change_nothing(desk: Desk, season: Season) -> None:
    path = case_of(season.entry(title="雪域书香"))
    with browser(desk, visitor("supervisor")) as supervisor:
        shown = supervisor.page(path) + supervisor.page(queue_of(season)) + supervisor.page("/review")
        assert "雪域书香" in shown
        assert 'method="post" action="/review' not in shown
        token = supervisor.visitor.form_token  # type: ignore[union-attr]
        for act in ("claim", "take-over", "give-back", "discard", "ruling"):
            assert supervisor.post(f"{path}/{act}", {"csrf": token}).status_code == 403, act
        assert supervisor.post(f"/review/campaigns/{season.campaign_id}/next", {"csrf": token}).status_code == 403


# claims


def test_two_people_never_get_the_same_case(one: Browser, two: Browser, season: Season) -> None:
    entries = [season.entry() for _ in range(2)]
    start = f"/review/campaigns/{season.campaign_id}/next"
    places = [who.fill(queue_of(season), start).headers["location"] for who in (one, two)]
    assert sorted(places) == sorted(case_of(entry_id) for entry_id in entries)

    with browser(season.desk, visitor("secretariat")) as third:
        assert third.fill(queue_of(season), start).headers["location"].startswith(queue_of(season))

    mine, _ = places
    assert "我在审查" in two.page(queue_of(season))
    assert "秘书甲 正在审查此材料" in two.page(mine)
    assert f"{mine}/ruling" not in two.page(mine), "there is no form to fill in vain"
    refused = two.post(f"{mine}/ruling", {"csrf": two.visitor.form_token, "revision": "1", **ELIGIBLE})  # type: ignore[union-attr]
    assert refused.status_code == 409
    assert "秘书甲" in refused.text

    assert two.fill(mine, f"{mine}/take-over").status_code == 303
    assert "秘书乙 正在审查此材料" in one.page(mine)
    two.fill(mine, f"{mine}/give-back")
    assert f"{mine}/claim" in one.page(mine)


def test_a_claim_runs_out_by_itself_and_is_gone_with_the_ruling(one: Browser, two: Browser, season: Season) -> None:
    entry_id = season.entry()
    path = case_of(entry_id)
    one.fill(path, f"{path}/claim")
    assert f"{path}/take-over" in two.page(path)
    season.desk.sql("UPDATE claims SET until = now() WHERE entry_id = :id", id=entry_id)
    ruled(two, entry_id, "release", **ELIGIBLE)
    assert not season.desk.sql("SELECT 1 FROM claims WHERE entry_id = :id", id=entry_id)


# drafts


def test_a_draft_is_told_to_nobody_before_its_release(one: Browser, two: Browser, season: Season) -> None:
    good, bad = season.entry(title="甲"), season.entry(title="乙")
    ruled(one, good, "draft", **ELIGIBLE)
    ruled(one, bad, "draft", **RETURN, mend_by="2099-05-31")
    campaign = season.campaign_id
    assert not season.desk.events(EntryEligibleV1, campaign) + season.desk.events(EntryReturnedV1, campaign)
    assert {row["state"] for row in season.secretary.get(season.path("cases")).ok()["items"]} == {"open"}

    release = f"/review/campaigns/{campaign}/drafts"
    page = two.page(release)
    assert "甲" in page
    assert "照片不清楚，请更换。" in page
    answer = two.send(page, release, entry=[str(good), str(bad)])
    assert "已发布 2 件" in answer.text
    assert [event["entry_id"] for event in season.desk.events(EntryEligibleV1, campaign)] == [str(good)]
    (event,) = season.desk.events(EntryReturnedV1, campaign)
    assert datetime.fromisoformat(event["mend_by"]) == datetime(2099, 5, 31, 16, tzinfo=UTC), "24:00 in Beijing"
    acts = season.secretary.get(f"/cases/{good}").ok()["record"]
    assert [(act["action"], act["by"]) for act in acts][-2:] == [
        ("case.drafted", "秘书甲"),
        ("case.eligible", "秘书乙"),
    ]
    assert acts[-1]["before"]["drafted_by"] == "秘书甲"

    again = two.post(release, {"csrf": two.visitor.form_token, "entry": str(good)})  # type: ignore[union-attr]
    assert "没有发布 1 件" in again.text
    assert len(season.desk.events(EntryEligibleV1, campaign)) == 1


def test_a_resubmission_voids_the_draft_and_keeps_its_words(one: Browser, season: Season) -> None:
    entry_id = season.entry(title="雪域书香")
    ruled(one, entry_id, "draft", **RETURN)
    season.entry(entry_id=entry_id, revision=2, title="雪域书香（修订）")
    path = case_of(entry_id)
    page = one.page(path)
    assert "该结论不再有效" in page
    assert "照片不清楚，请更换。</textarea>" in page
    assert re.search(r"<ins>.*（修订）</ins>", page), "what the unit changed is marked"
    release = f"/review/campaigns/{season.campaign_id}/drafts"
    refused = one.post(release, {"csrf": one.visitor.form_token, "entry": str(entry_id)})  # type: ignore[union-attr]
    assert "没有拟定的结论" in refused.text
    assert not season.desk.events(EntryReturnedV1, season.campaign_id)


def test_a_draft_of_another_campaign_is_not_released_from_here(one: Browser, desk: Desk, season: Season) -> None:
    other = open_season(desk)
    entry_id = other.entry()
    ruled(one, entry_id, "draft", **ELIGIBLE)
    release = f"/review/campaigns/{season.campaign_id}/drafts"
    one.post(release, {"csrf": one.visitor.form_token, "entry": str(entry_id)})  # type: ignore[union-attr]
    assert not desk.events(EntryEligibleV1, other.campaign_id)


# what a form brings


@pytest.mark.parametrize(
    "sent",
    [
        {"verdict": "eligible", "condition:true": "1"},
        {"verdict": "return"},
        {"verdict": "no-such"},
        {"verdict": "return", "reason.0": "长" * 501},
        {"verdict": "return", "reason.0": "好\0坏"},
        {"verdict": "return", "reason.0": "理由", "mend_by": "2001-01-01"},
        {"verdict": "return", "reason.0": "理由", "mend_by": "明天"},
        {"verdict": "return", "reason.0": "理由", "mend_by": "9999-12-31"},
        {"verdict": "eligible", "revision": "99999999999999999999", **TICKED},
    ],
    ids=range(9),
)
def test_what_cannot_be_taken_says_why_and_loses_nothing(one: Browser, season: Season, sent: dict[str, str]) -> None:
    entry_id = season.entry()
    path = case_of(entry_id)
    answer = one.fill(path, f"{path}/ruling", act="draft", **{**sent, "reason.1": "第二条理由也要保留"})
    if sent["verdict"] == "return" and len(sent) == 1:
        assert answer.status_code == 303, "one reason is enough"
        return
    assert answer.status_code in {409, 422}, answer.text
    assert 'role="alert"' in answer.text
    assert "第二条理由也要保留</textarea>" in answer.text
    assert not season.desk.sql("SELECT 1 FROM drafts WHERE entry_id = :id", id=entry_id)


def test_queue_finds_by_words_and_shows_who_has_what(one: Browser, two: Browser, season: Season) -> None:
    first = season.entry(title="百分之100%的书香", unit=builders.unit("gs", "甘肃省文化厅", "甘肃"))
    second = season.entry(title="阅读马拉松")
    assert "百分之" in one.page(queue_of(season, "?words=100%25"))
    assert "阅读马拉松" not in one.page(queue_of(season, "?words=100%25"))
    assert "没有符合条件的材料" in one.page(queue_of(season, "?words=%25%25")), "a sign is a sign"
    assert "百分之" in one.page(queue_of(season, "?words=甘肃"))
    two.fill(case_of(first), f"{case_of(first)}/claim")
    ruled(one, second, "draft", **ELIGIBLE)
    page = one.page(queue_of(season, "?state=&category=&held="))
    assert "拟定：符合资格" in page
    assert "秘书乙 正在审查" in page
    assert "百分之" not in one.page(queue_of(season, "?held=free")) + one.page(queue_of(season, "?held=mine"))
    assert "百分之" in two.page(queue_of(season, "?held=mine"))
    assert "阅读马拉松" in two.page(queue_of(season, "?held=drafted"))
    assert "阅读马拉松" in one.page(queue_of(season, "?state=nonsense&held=nonsense")), (
        "what does not exist asks for all"
    )


def test_home_counts_what_is_where(one: Browser, season: Season) -> None:
    season.entry()
    season.rule(season.entry()).ok()
    home = one.page("/review")
    (mine,) = [part for part in home.split("<article>") if season.campaign_id in part]
    assert "待审查 1 件" in mine
    assert f"/review/campaigns/{season.campaign_id}/cases?category=story&amp;state=eligible" in mine


def test_a_claim_ends_when_its_time_is_over(one: Browser, season: Season) -> None:
    entry_id = season.entry()
    one.fill(case_of(entry_id), f"{case_of(entry_id)}/claim")
    (row,) = season.desk.sql("SELECT until - now() AS left FROM claims WHERE entry_id = :id", id=entry_id)
    assert timedelta(minutes=14) < row.left <= timedelta(minutes=15)
