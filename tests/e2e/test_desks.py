"""One sign-in for the pages of every service, through the one origin: from the door to review's desk, and out again."""

from __future__ import annotations

import time
from uuid import uuid4

import httpx
import pytest

from infra.web.passes import COOKIE
from tests.e2e.conftest import Played
from tests.support.pages import AS_OUR_PAGE, hidden

pytestmark = pytest.mark.stack

LIMIT = 10.0
"""Seconds from signing out to review's refusal of a pass that somebody kept."""
PASSWORD = "书山 有路 勤为径"


def test_one_sign_in_opens_reviews_desk_and_signing_out_shuts_it(played: Played) -> None:
    origin = str(played.state["url"]).rstrip("/")
    scenario = played.report.scenario
    login = f"watch-{uuid4().hex[:8]}"
    headers = {"Authorization": f"Bearer {scenario.office.account.door.token}"}
    about = {"login": login, "name": "监督员", "roles": ["supervisor"]}
    with httpx.Client(base_url=origin, timeout=30) as http:
        made = http.post("/api/intake/v1/accounts", json=about, headers=headers)
        assert made.status_code == httpx.codes.CREATED, made.text
        sent = {"code": made.json()["activation_code"], "password": PASSWORD}
        assert http.post("/api/intake/v1/activations", json=sent).status_code == httpx.codes.OK

        door = http.get("/review", headers=AS_OUR_PAGE, follow_redirects=True)
        assert door.url.path == "/login"
        form = {**hidden(door.text, "/login"), "login": login, "password": PASSWORD}
        came = AS_OUR_PAGE | {"Origin": origin}
        home = http.post("/login", data=form, headers=came, follow_redirects=True)
        assert home.url.path == "/review", home.text

        queue = f"/review/campaigns/{scenario.run.campaign_id}/cases"
        assert queue in home.text
        listed = http.get(f"{queue}?state=eligible", headers=AS_OUR_PAGE)
        assert "/review/cases/" in listed.text
        shown = http.get(f"/review/cases/{played.an_entry}", headers=AS_OUR_PAGE)
        assert shown.status_code == httpx.codes.OK
        assert "<img" in shown.text

        http.cookies.delete(COOKIE)
        renewed = http.get(queue, headers=AS_OUR_PAGE, follow_redirects=True)
        assert renewed.url.path == queue
        kept = http.cookies[COOKIE]

        out = http.post("/logout", data=hidden(renewed.text, "/logout"), headers=came, follow_redirects=True)
        assert out.url.path == "/login", "the frame's own form works on every service's pages"
        began = time.monotonic()
        while http.get(queue, headers={**AS_OUR_PAGE, "Cookie": f"{COOKIE}={kept}"}).status_code == httpx.codes.OK:
            assert time.monotonic() - began < LIMIT
            time.sleep(0.2)
