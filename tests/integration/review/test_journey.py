"""From a submitted entry to the published list, over HTTP and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.events import (
    AssessmentAssignedV1,
    AssessmentSubmittedV1,
    CampaignAmendedV1,
    DecisionPublishedV1,
    EntryEligibleV1,
    EntryIneligibleV1,
    EntryReturnedV1,
    MessageBouncedV1,
    NoticeOpenedV1,
    ReminderSentV1,
)
from tests.integration.review.desk import CONDITIONS, Caller, Desk, Season, open_season
from tests.unit.review import builders


def test_case_opens_by_itself_and_shows_everything(season: Season) -> None:
    entry_id = season.entry(title="雪域书香")
    (row,) = season.secretary.get(season.path("cases")).ok()["items"]
    assert row["entry_id"] == str(entry_id)
    assert row["materials"] == {"total": 1, "accepted": 1, "rejected": 0, "pending": 0}
    assert row["scoring"] == {"needed": 3, "submitted": 0, "outstanding": 0, "total": None}

    case = season.secretary.get(f"/cases/{entry_id}").ok()
    assert case["fields"]["title"] == "雪域书香"
    assert {check["result"] for check in case["checks"]} == {"pass"}
    assert [rule["least"] for rule in case["conditions"]] == [2, 2]
    (photo,) = case["material_list"]
    assert photo["state"] == "accepted"
    assert photo["url"].startswith("http://127.0.0.1:9/laurel-materials/00/")
    assert "X-Amz-Signature" in photo["url"]


def test_verdicts_are_decided_recorded_and_announced(season: Season) -> None:
    good, bad, unclear = season.entry(), season.entry(), season.entry()
    season.rule(good).ok()
    season.rule(bad, "ineligible").ok()
    mend_by = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    returned = season.rule(unclear, "return", mend_by=mend_by).ok()

    assert returned["ruling"]["decided_by"] == "秘书甲"
    assert datetime.fromisoformat(returned["ruling"]["mend_by"]) == datetime.fromisoformat(mend_by)
    acts = {act["action"]: act for act in returned["record"]}
    assert acts["case.return"]["by"] == "秘书甲"
    assert acts["case.submitted"]["by"] == ""
    campaign = season.campaign_id
    assert [e["entry_id"] for e in season.desk.events(EntryEligibleV1, campaign)] == [str(good)]
    assert [e["entry_id"] for e in season.desk.events(EntryIneligibleV1, campaign)] == [str(bad)]
    (event,) = season.desk.events(EntryReturnedV1, campaign)
    assert event["findings"][0]["slug"] == "secretariat"
    assert event["findings"][0]["place"] == "photo"


def test_events_about_an_entry_carry_it_as_subject_and_correlation(season: Season) -> None:
    entry_id = season.entry()
    season.rule(entry_id).ok()
    (row,) = season.desk.sql("SELECT subject, correlation FROM outbox WHERE subject = :subject", subject=str(entry_id))
    assert row.subject == row.correlation == str(entry_id)


def test_resubmission_supersedes(season: Season) -> None:
    entry_id = season.entry()
    season.rule(entry_id, "return").ok()
    season.entry(entry_id=entry_id, revision=2, title="雪域书香（修订）")
    refused = season.rule(entry_id).refused(409, "stale-revision")
    assert refused["figures"] == {"given": 1, "current": 2}
    assert "第 2 版" in refused["detail"]
    case = season.rule(entry_id, revision=2).ok()
    assert (case["state"], case["title"]) == ("eligible", "雪域书香（修订）")


def test_refusals_say_what_to_mend(season: Season) -> None:
    entry_id = season.entry()
    unmet = season.rule(entry_id, conditions=["true", "image"]).refused(422, "conditions-not-met")
    assert [f["figures"]["given"] for f in unmet["findings"]] == [1, 1]
    season.rule(entry_id, conditions=["true", "beautiful"]).refused(422, "unknown-condition")
    season.rule(entry_id, "return", findings=[]).refused(422, "findings-missing")
    season.rule(entry_id, "return", mend_by="2026-01-01T00:00:00+08:00").refused(422, "mend-by-passed")
    pending = season.entry(judged=False)
    named = season.rule(pending).refused(409, "materials-not-accepted")
    assert named["findings"][0]["slug"] == "material-pending"
    season.withdraw(entry_id)
    season.rule(entry_id).refused(409, "entry-withdrawn")


def test_withdrawal_first_then_submission(season: Season) -> None:
    entry_id = uuid4()
    season.withdraw(entry_id)
    assert season.secretary.get(season.path("cases")).ok()["items"] == []
    season.secretary.get(f"/cases/{entry_id}").refused(404, "unknown-case")
    season.entry(entry_id=entry_id)
    case = season.secretary.get(f"/cases/{entry_id}").ok()
    assert (case["state"], case["withdrawal_reason"]) == ("withdrawn", "另报他项")


def _season_with_experts(season: Season, entries: int = 4) -> tuple[list[UUID], list[Caller]]:
    found = season.eligible(entries)
    experts = [season.expert(f"专家{n}") for n in range(4)]
    season.assign().ok()
    return found, experts


def test_whole_way_to_the_list(season: Season) -> None:
    entries, experts = _season_with_experts(season)
    assigned = season.desk.events(AssessmentAssignedV1, season.campaign_id)
    assert len(assigned) == 12
    merit_of = {entry: 90 - 10 * n for n, entry in enumerate(entries)}
    season.score_all(experts, merit_of)
    assert len(season.desk.events(AssessmentSubmittedV1, season.campaign_id)) == 12

    (stories, _) = season.secretary.get(season.path("ranking")).ok()["categories"]
    assert [(r["rank"], r["entry_id"]) for r in stories["ranked"]] == [
        (n + 1, str(entry)) for n, entry in enumerate(entries)
    ]
    assert stories["ranked"][0]["total"] == "86.0000"
    assert stories["ranked"][0]["exact"] == "86/1"

    season.desk.anybody().get(season.path("decision")).refused(404, "not-published")
    body = {"number": "学会〔2026〕1号", "issuer": "中国图书馆学会", "per_category": {"story": 2}}
    published = season.secretary.post(season.path("decision"), body).ok(201)
    assert [e["entry_id"] for e in published["listed"]] == [str(entry) for entry in entries[:2]]
    assert season.desk.anybody().get(season.path("decision")).ok() == published
    season.secretary.post(season.path("decision"), body).refused(409, "already-published")
    (event,) = season.desk.events(DecisionPublishedV1, season.campaign_id)
    assert event["listed"] == published["listed"]

    page = season.desk.anybody().get(f"/list/{season.campaign_id}").response
    assert page.status_code == 200
    assert "学会〔2026〕1号" in page.text
    assert "感人事迹" in page.text
    assert "优秀服务" not in page.text  # nothing of it is listed


def test_expert_reads_scores_and_recuses(season: Season) -> None:
    entries, experts = _season_with_experts(season)
    who = next(e for e in experts if entries[0] in season.tasks(e))
    assessment_id = season.tasks(who)[entries[0]]
    paper = who.get(f"/assessments/{assessment_id}").ok()
    assert [c["key"] for c in paper["criteria"]] == ["merit", "reach"]
    assert paper["scores"] is None

    scores = {"scores": {"merit": 88, "reach": 41}, "comment": "感人"}
    assert who.post(f"/assessments/{assessment_id}/scores", scores).ok()["scores"] == scores["scores"]
    assert who.post(f"/assessments/{assessment_id}/scores", scores).ok()["state"] == "submitted"
    other = {"scores": {"merit": 89, "reach": 41}, "comment": "感人"}
    who.post(f"/assessments/{assessment_id}/scores", other).refused(409, "already-submitted")

    who.post(f"/assessments/{assessment_id}/recusal", {"reason": "发现是同门的项目"}).ok(204)
    who.post(f"/assessments/{assessment_id}/recusal", {"reason": "发现是同门的项目"}).ok(204)
    who.get(f"/assessments/{assessment_id}").refused(404, "unknown-assessment")
    assert entries[0] not in season.tasks(who)
    (conflict,) = season.secretary.get(season.path("conflicts")).ok()["items"]
    assert (conflict["kind"], conflict["reason"]) == ("declared", "发现是同门的项目")

    again = season.assign().ok()
    assert (again["assigned"], again["kept"]) == (1, 11)
    assert entries[0] not in season.tasks(who)
    assert sum(entries[0] in season.tasks(e) for e in experts) == 3


def test_tie_at_the_cut_is_decided_by_people(season: Season) -> None:
    entries, experts = _season_with_experts(season)
    season.score_all(experts, dict.fromkeys(entries, 80))
    body: dict[str, Any] = {"number": "1", "issuer": "学会", "per_category": {"story": 2}}
    refused = season.secretary.post(season.path("decision"), body).refused(409, "tie-at-the-cut")
    assert "并列" in refused["detail"]
    assert len(refused["findings"]) == 4
    chosen = [str(entry) for entry in entries[1:3]]
    listed = season.secretary.post(season.path("decision"), {**body, "chosen": chosen}).ok(201)["listed"]
    assert {entry["entry_id"] for entry in listed} == set(chosen)
    assert {entry["rank"] for entry in listed} == {1}


def test_notice_comes_before_the_decision(season: Season) -> None:
    entries, experts = _season_with_experts(season)
    season.score_all(experts, {entry: 90 - n for n, entry in enumerate(entries)})
    closes = datetime.now(UTC) + timedelta(seconds=1)
    notice = {"closes_at": closes.isoformat(), "per_category": {"story": 2}}
    season.secretary.post(season.path("notice"), notice).ok(201)
    assert len(season.desk.anybody().get(season.path("notice")).ok()["listed"]) == 2
    assert "公示名单" in season.desk.anybody().get(f"/list/{season.campaign_id}").response.text
    (event,) = season.desk.events(NoticeOpenedV1, season.campaign_id)
    assert len(event["listed"]) == 2

    body = {"number": "1", "issuer": "学会"}
    deadline = datetime.now(UTC) + timedelta(seconds=10)
    answer = season.secretary.post(season.path("decision"), body)
    answer.refused(409, "notice-still-open")
    while answer.status != 201 and datetime.now(UTC) < deadline:
        answer = season.secretary.post(season.path("decision"), body)
    assert len(answer.ok(201)["listed"]) == 2


def test_secretariat_sees_what_became_of_mail(season: Season) -> None:
    who = season.expert("专家甲")
    now = datetime.now(UTC)
    season.desk.hear(
        ReminderSentV1(
            reminder_id=uuid4(),
            campaign_id=season.campaign_id,
            rule="scores-due",
            recipient=str(who.account_id),
            due_at=now,
            sent_at=now,
        ),
        source="/laurel/notify",
    )
    bounced = MessageBouncedV1(message_id=uuid4(), recipient="shx", reason="550 no such user", bounced_at=now)
    season.desk.hear(bounced, source="/laurel/notify")

    (member,) = season.secretary.get(season.path("experts")).ok()["items"]
    assert [(n["kind"], n["text"]) for n in member["notes"]] == [("reminder-sent", "scores-due")]
    case = season.secretary.get(f"/cases/{season.entry()}").ok()
    assert ("message-bounced", "550 no such user") in [(n["kind"], n["text"]) for n in case["notes"]]


def test_amended_calendar_moves_what_is_not_done(season: Season) -> None:
    _season_with_experts(season, 1)
    definition = builders.definition(id=season.campaign_id).model_dump(mode="json")
    definition["calendar"]["review_due"] = "2026-12-01T00:00:00+08:00"
    amended = CampaignAmendedV1(
        campaign_id=season.campaign_id, version=2, definition=definition, reason="延期", amended_at=datetime.now(UTC)
    )
    season.desk.hear(amended)
    due = {
        row.due_at
        for row in season.desk.sql("SELECT due_at FROM assessments WHERE campaign_id = :c", c=season.campaign_id)
    }
    assert due == {datetime(2026, 11, 30, 16, tzinfo=UTC)}

    older = amended.model_copy(update={"version": 1})
    season.desk.hear(older)
    (row,) = season.desk.sql("SELECT version FROM campaigns WHERE campaign_id = :c", c=season.campaign_id)
    assert row.version == 2


def test_same_event_twice_has_one_effect(season: Season) -> None:
    event = builders.submitted().model_copy(update={"entry_id": uuid4(), "campaign_id": season.campaign_id})
    event_id = uuid4()
    assert season.desk.hear(event, event_id=event_id)
    assert not season.desk.hear(event, event_id=event_id)
    assert len(season.desk.sql("SELECT 1 FROM acts WHERE subject = :s", s=str(event.entry_id))) == 1


def test_long_list_is_published_whole(desk: Desk) -> None:
    season = open_season(desk)
    who = [season.expert(f"专家{n}") for n in range(3)]
    count = 600
    desk.sql(
        """
        INSERT INTO cases (entry_id, campaign_id, category, unit_code, unit_name, unit_region, state, revision, title,
                           receipt_number, submitted_at, withdrawal_reason)
        SELECT gen_random_uuid(), :c, 'story', 'u' || n, repeat('名', 40) || n, '陕西', 'eligible', 1, repeat('题', 60),
               'R-' || lpad(n::text, 5, '0'), now(), ''
        FROM generate_series(1, :count) n
        """,
        c=season.campaign_id,
        count=count,
    )
    for expert in who:
        desk.sql(
            """
            INSERT INTO assessments (assessment_id, campaign_id, entry_id, category, expert_id, revision, state, due_at,
                                     assigned_at, scores, comment, submitted_at, reason)
            SELECT gen_random_uuid(), :c, entry_id, 'story', :who, 1, 'submitted', now(), now(),
                   '{"merit": 80, "reach": 40}', '', now(), '' FROM cases WHERE campaign_id = :c
            """,
            c=season.campaign_id,
            who=expert.account_id,
        )
    body = {"number": "1", "issuer": "学会", "per_category": {"story": count}}
    published = season.secretary.post(season.path("decision"), body).ok(201)
    assert len(published["listed"]) == count
    events = desk.events(DecisionPublishedV1, season.campaign_id)
    assert len(events) > 1
    assert [e["part"] for e in events] == list(range(1, len(events) + 1))
    assert sum(len(e["listed"]) for e in events) == count
    assert len({entry["entry_id"] for e in events for entry in e["listed"]}) == count


@pytest.mark.parametrize("path", ["/list/never-heard-of", "/list/ÄÖ", "/list/%00", "/list/" + "a" * 300])
def test_page_of_no_list_says_so(desk: Desk, path: str) -> None:
    answer = desk.anybody().get(path).response
    assert answer.status_code == 404
    assert "名单尚未公布" in answer.text
    assert answer.headers["content-type"].startswith("text/html")


def test_page_escapes_what_people_wrote(season: Season) -> None:
    entry = season.entry(title="<script>alert(1)</script>", unit=builders.unit("gs", "<b>单位</b>", "甘肃"))
    season.rule(entry, conditions=CONDITIONS).ok()
    experts = [season.expert(f"专家{n}") for n in range(3)]
    season.assign().ok()
    season.score_all(experts, {entry: 80})
    season.secretary.post(
        season.path("decision"), {"number": "<i>1</i>", "issuer": "x", "per_category": {"story": 1}}
    ).ok(201)
    page = season.desk.anybody().get(f"/list/{season.campaign_id}").response
    assert "<script>" not in page.text
    assert "&lt;script&gt;" in page.text
    assert "<i>1" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
