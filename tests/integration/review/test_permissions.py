"""Every route × every role, over HTTP: what the table does not list is refused."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from fastapi.routing import APIRoute

from contracts.events import AccountDisabledV1, SessionEndedV1
from infra.web.principal import ROLES
from infra.web.refusals import Refusal
from services.review.api import cases, clerks, desk, lists, panel, papers
from services.review.pages import assessments, home, public, rulings
from services.review.pages import cases as case_pages
from services.review.pages import lists as list_pages
from services.review.pages import panel as panel_pages
from services.review.pages import papers as paper_pages
from tests.integration.review.desk import API, Desk, Season
from tests.integration.review.pages import browser, visitor

EXPERT, DESK, READERS = {"expert"}, {"secretariat"}, {"secretariat", "supervisor"}
MAY: dict[tuple[str, str], set[str] | None] = {
    ("GET", "/campaigns/{c}/cases"): READERS,
    ("GET", "/cases/{entry_id}"): READERS,
    ("POST", "/cases/{entry_id}/eligibility"): DESK,
    ("GET", "/campaigns"): READERS,
    ("POST", "/campaigns/{c}/cases/next"): DESK,
    ("PUT", "/cases/{entry_id}/claim"): DESK,
    ("DELETE", "/cases/{entry_id}/claim"): DESK,
    ("PUT", "/cases/{entry_id}/draft"): DESK,
    ("DELETE", "/cases/{entry_id}/draft"): DESK,
    ("POST", "/campaigns/{c}/releases"): DESK,
    ("POST", "/campaigns/{c}/papers"): DESK,
    ("GET", "/campaigns/{c}/papers/missing"): READERS,
    ("POST", "/campaigns/{c}/experts"): DESK,
    ("GET", "/campaigns/{c}/experts"): READERS,
    ("POST", "/campaigns/{c}/conflicts"): DESK,
    ("GET", "/campaigns/{c}/conflicts"): READERS,
    ("POST", "/campaigns/{c}/assignment"): DESK,
    ("GET", "/assessments"): EXPERT,
    ("GET", "/assessments/{assessment_id}"): EXPERT,
    ("PUT", "/assessments/{assessment_id}/scores"): EXPERT,
    ("POST", "/assessments/{assessment_id}/scores"): EXPERT,
    ("POST", "/assessments/{assessment_id}/recusal"): EXPERT,
    ("POST", "/assessments/{assessment_id}/abstention"): EXPERT,
    ("GET", "/campaigns/{c}/ranking"): READERS,
    ("POST", "/campaigns/{c}/notice"): DESK,
    ("GET", "/campaigns/{c}/notice"): None,
    ("POST", "/campaigns/{c}/decision"): DESK,
    ("GET", "/campaigns/{c}/decision"): None,
}
"""Written out here on its own: None is everybody, with or without an account."""
PAGES: dict[tuple[str, str], set[str] | None] = {
    ("GET", "/list/style.css"): None,
    ("GET", "/list/{campaign_id}"): None,
    ("GET", "/review"): READERS | EXPERT,
    ("GET", "/review/campaigns/{c}/cases"): READERS,
    ("POST", "/review/campaigns/{c}/next"): DESK,
    ("GET", "/review/cases/{entry_id}"): READERS,
    ("POST", "/review/cases/{entry_id}/claim"): DESK,
    ("POST", "/review/cases/{entry_id}/take-over"): DESK,
    ("POST", "/review/cases/{entry_id}/give-back"): DESK,
    ("POST", "/review/cases/{entry_id}/discard"): DESK,
    ("POST", "/review/cases/{entry_id}/ruling"): DESK,
    ("GET", "/review/campaigns/{c}/drafts"): READERS,
    ("POST", "/review/campaigns/{c}/drafts"): DESK,
    ("GET", "/review/campaigns/{c}/papers"): READERS,
    ("POST", "/review/campaigns/{c}/papers"): DESK,
    ("GET", "/review/enrol"): DESK,
    ("GET", "/review/campaigns/{c}/panel"): READERS,
    ("POST", "/review/campaigns/{c}/panel/experts"): DESK,
    ("POST", "/review/campaigns/{c}/panel/conflicts"): DESK,
    ("POST", "/review/campaigns/{c}/panel/assignment"): DESK,
    ("GET", "/review/campaigns/{c}/ranking"): READERS,
    ("POST", "/review/campaigns/{c}/notice"): DESK,
    ("POST", "/review/campaigns/{c}/decision"): DESK,
    ("GET", "/review/assessments"): EXPERT,
    ("GET", "/review/assessments/{assessment_id}"): EXPERT,
    ("PUT", "/review/assessments/{assessment_id}/scores"): EXPERT,
    ("POST", "/review/assessments/{assessment_id}/scores"): EXPERT,
    ("GET", "/review/assessments/{assessment_id}/recusal"): EXPERT,
    ("POST", "/review/assessments/{assessment_id}/recusal"): EXPERT,
    ("GET", "/review/assessments/{assessment_id}/abstention"): EXPERT,
    ("POST", "/review/assessments/{assessment_id}/abstention"): EXPERT,
}
"""The same of pages."""


def _routes() -> Iterator[tuple[str, str]]:
    for part in (cases, clerks, papers, panel, desk, lists):
        for route in part.router.routes:
            assert isinstance(route, APIRoute)
            for method in route.methods or ():
                yield method, route.path.removeprefix(API)


def test_every_route_is_in_the_test_and_the_other_way_round() -> None:
    assert set(_routes()) == set(MAY)


def _ask(caller: Any, method: str, path: str) -> Any:
    filled = re.sub(r"{(entry_id|assessment_id)}", str(uuid4()), path.replace("{c}", "never-heard-of"))
    return caller.send(method, filled, **({"json": {}} if method in {"POST", "PUT"} else {}))


def test_every_page_is_in_the_test_and_the_other_way_round() -> None:
    found = set()
    for part in (public, home, case_pages, rulings, panel_pages, list_pages, paper_pages, assessments):
        for route in part.router.routes:
            assert isinstance(route, APIRoute)
            found |= {(method, route.path) for method in route.methods or ()}
    assert found == set(PAGES)


@pytest.mark.parametrize("role", ROLES)
def test_page_admits_exactly_its_roles(desk: Desk, role: str) -> None:
    who = visitor(role)
    with browser(desk, who) as signed_in, browser(desk, None) as nobody:
        for (method, path), may in PAGES.items():
            filled = re.sub(r"{(entry_id|assessment_id)}", str(uuid4()), path)
            filled = re.sub(r"{(c|campaign_id)}", "never-heard-of", filled)
            answers = []
            for each, token in ((signed_in, who.form_token), (nobody, "")):
                answers.append(
                    each.get(filled) if method == "GET" else each.post(filled, {"csrf": token}, method=method)
                )
            assert (answers[0].status_code != 403) == (may is None or role in may), (method, path, role)
            assert (answers[1].headers.get("location", "").startswith("/pass?")) == (may is not None), (method, path)
            assert answers[0].status_code not in {303, 307, 500} or answers[0].headers["location"].startswith("/review")


@pytest.mark.parametrize("method_path", sorted(MAY), ids=" ".join)
def test_route_admits_exactly_its_roles(desk: Desk, method_path: tuple[str, str]) -> None:
    method, path = method_path
    may = MAY[method_path]
    nobody = _ask(desk.anybody(), method, path)
    assert (nobody.status == 401) == (may is not None)
    for role in ROLES:
        answer = _ask(desk.caller(role), method, path)
        admitted = answer.status not in {401, 403}
        assert admitted == (may is None or role in may), (role, answer.status)
        assert answer.status < 500
    if may is not None:
        _ask(desk.caller(), method, path).refused(403, "forbidden")


def test_disabled_account_is_refused(desk: Desk, season: Season) -> None:
    who = desk.caller("secretariat")
    desk.hear(AccountDisabledV1(account_id=who.account_id, reason="离职", disabled_at=datetime.now(UTC)))
    who.get(season.path("cases")).refused(401, "unauthenticated")


def test_a_token_of_an_ended_session_is_refused_and_others_of_the_account_are_not(desk: Desk, season: Season) -> None:
    account_id, ended, other = uuid4(), uuid4(), uuid4()
    gone = desk.caller("secretariat", account_id=account_id, session_id=ended)
    stays = desk.caller("secretariat", account_id=account_id, session_id=other)
    gone.get(season.path("cases")).ok()
    event = SessionEndedV1(account_id=account_id, session_ids=(ended,), reason="signed-out", ended_at=datetime.now(UTC))
    desk.hear(event)
    desk.hear(event)  # told twice

    until = time.monotonic() + 10
    while gone.get(season.path("cases")).status != 401:
        assert time.monotonic() < until
        time.sleep(0.1)
    stays.get(season.path("cases")).ok()


def test_an_ended_session_is_forgotten_when_no_token_of_it_can_be_in_time(desk: Desk) -> None:
    old, new = uuid4(), uuid4()
    now = datetime.now(UTC)
    for session_id, at in ((old, now - timedelta(days=2)), (new, now)):
        desk.hear(SessionEndedV1(account_id=uuid4(), session_ids=(session_id,), reason="signed-out", ended_at=at))

    assert [desk.review.is_refused(uuid4(), one) for one in (old, new)] == [None, Refusal.ENDED]


def test_forged_and_foreign_tokens_are_refused(desk: Desk, season: Season) -> None:
    good = desk.secretary()
    for token in ("x", "a.b.c", (good.token or "")[:-4] + "AAAA", "e30.e30."):
        answer = desk.anybody().send("GET", season.path("cases"), headers={"Authorization": f"Bearer {token}"})
        assert answer.status == 401


def test_member_of_the_panel_sees_nothing_of_the_desk(season: Season) -> None:
    entry_id = season.entry()
    expert = season.expert("专家甲")
    both = season.desk.caller("expert", "secretariat", "supervisor", account_id=expert.account_id)
    for path in (
        season.path("cases"),
        f"/cases/{entry_id}",
        season.path("ranking"),
        season.path("experts"),
        season.path("conflicts"),
    ):
        both.get(path).refused(403, "expert-of-this-campaign")
    both.post(season.path("assignment")).refused(403, "expert-of-this-campaign")
    season.rule(entry_id, by=both).refused(403, "expert-of-this-campaign")
    both.post(season.path("decision"), {"number": "1", "issuer": "x"}).refused(403, "expert-of-this-campaign")
    assert both.get("/assessments").ok()["items"] == []
