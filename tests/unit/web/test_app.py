"""What every api shares: callers, problems, limits, headers, metrics."""

from __future__ import annotations

import re
from collections.abc import Iterator, MutableMapping
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import anyio
import httpx
import pytest
import structlog
from structlog.testing import capture_logs

from infra.web import callers
from infra.web.app import caller
from infra.web.edge import BODY_LIMIT_BYTES, kind_of
from infra.web.openapi import document
from infra.web.principal import Principal, TokenVerifier, utc_now
from tests.unit.web.serving import World, application, served


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def http(world: World) -> Iterator[httpx.Client]:
    with served(application(world)) as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_caller_is_known_by_his_token(world: World, http: httpx.Client) -> None:
    answer = http.get("/api/demo/v1/me", headers=bearer(world.token("unit")))

    assert answer.json() == {"name": "某某", "unit": "unit-a"}


@pytest.mark.parametrize("given", [None, "Basic x", "Bearer", "Bearer x.y.z", "bearer " + "x" * 9000])
def test_no_token_or_a_bad_one_is_refused_with_what_to_do(http: httpx.Client, given: str | None) -> None:
    answer = http.get("/api/demo/v1/me", headers={"Authorization": given} if given else {})

    assert (answer.status_code, answer.json()["slug"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"
    assert "登录" in answer.json()["detail"]


def test_an_expired_token_is_refused(world: World, http: httpx.Client) -> None:
    token = world.token("unit", now=utc_now() - timedelta(hours=2), lifetime=timedelta(hours=1))

    assert http.get("/api/demo/v1/me", headers=bearer(token)).status_code == 401


def test_a_token_is_verified_once_and_again_after_its_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []

    class Counting(TokenVerifier):
        def verify(self, token: str) -> Principal:
            verified.append(token)
            return super().verify(token)

    who = callers.Callers(Counting(world.public), world.is_refused)
    token = world.token("unit")
    for _ in range(3):
        anyio.run(who.principal, token)
    assert len(verified) == 1

    monkeypatch.setattr(callers, "utc_now", lambda: utc_now() + timedelta(hours=2))
    anyio.run(who.principal, token)
    assert len(verified) == 2


def test_a_token_of_another_key_is_refused(http: httpx.Client) -> None:
    assert http.get("/api/demo/v1/me", headers=bearer(World().token("unit"))).status_code == 401


def test_a_role_is_asked_for(world: World, http: httpx.Client) -> None:
    assert http.get("/api/demo/v1/office", headers=bearer(world.token("secretariat"))).status_code == 200
    refused = http.get("/api/demo/v1/office", headers=bearer(world.token("unit", "expert")))
    assert (refused.status_code, refused.json()["slug"]) == (403, "forbidden")


def test_a_misspelt_role_fails_when_the_route_is_made() -> None:
    with pytest.raises(ValueError, match="secretary"):
        caller("secretary")


def test_an_ended_session_bites_within_the_same_question(
    world: World, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callers, "REFUSED_CACHE_SECONDS", 0.2)
    account_id, session_id = uuid4(), uuid4()
    headers = bearer(world.token("unit", account_id=account_id, session_id=session_id))
    other = bearer(world.token("unit", account_id=account_id, session_id=uuid4()))
    before = world.asked
    assert http.get("/api/demo/v1/me", headers=headers).status_code == 200
    assert world.asked - before == 1

    world.ended.add(session_id)

    until = utc_now() + timedelta(seconds=2)
    while http.get("/api/demo/v1/me", headers=headers).status_code == 200:
        assert utc_now() < until
    assert "已结束" in http.get("/api/demo/v1/me", headers=headers).json()["detail"]
    assert http.get("/api/demo/v1/me", headers=other).status_code == 200


def test_disabling_bites_within_its_cache_and_is_asked_rarely(
    world: World, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(monotonic=lambda: 1000.0)
    monkeypatch.setattr(callers, "time", clock)
    account_id = uuid4()
    headers = bearer(world.token("unit", account_id=account_id))
    before = world.asked
    for _ in range(5):
        assert http.get("/api/demo/v1/me", headers=headers).status_code == 200
    assert world.asked - before == 1

    world.disabled.add(account_id)
    clock.monotonic = lambda: 1000.0 + callers.REFUSED_CACHE_SECONDS

    assert http.get("/api/demo/v1/me", headers=headers).json()["slug"] == "unauthenticated"


def test_a_problem_carries_both_languages_and_its_extras(http: httpx.Client) -> None:
    answer = http.post("/api/demo/v1/things/9", json={"name": "x"})

    assert answer.status_code == 409
    assert answer.json() == {
        "type": "urn:laurel:problem:taken",
        "slug": "taken",
        "status": 409,
        "title": "已被占用，请换一个。",
        "title_en": "Taken; choose another.",
        "detail": "已被占用，请换一个。",
        "detail_en": "Taken; choose another.",
        "instance": "/api/demo/v1/things/9",
        "findings": [],
        "retry_after": 7,
    }
    assert answer.headers["retry-after"] == "7"


def test_a_malformed_request_names_each_place(http: httpx.Client) -> None:
    answer = http.post("/api/demo/v1/things/x", json={"text": 1, "more": 2})

    findings = {finding["place"]: finding for finding in answer.json()["findings"]}
    assert set(findings) == {"path.number", "body.name", "body.text", "body.more"}
    assert findings["body.name"]["slug"] == "missing"
    assert findings["body.name"]["zh"] == "缺少必填项。"


def test_an_error_nobody_foresaw_tells_nothing_and_is_logged(http: httpx.Client) -> None:
    with capture_logs() as logs:
        answer = http.get("/api/demo/v1/broken")

    assert (answer.status_code, answer.json()["slug"]) == (500, "internal-error")
    assert "secret" not in answer.text
    assert "request.failed" in [log["event"] for log in logs]


def test_a_database_that_is_away_is_said_to_be_away(http: httpx.Client) -> None:
    with capture_logs() as logs:
        answer = http.get("/api/demo/v1/away")

    assert (answer.status_code, answer.json()["slug"]) == (503, "temporarily-unavailable")
    assert answer.headers["retry-after"] == "5"
    assert "secret" not in str(logs)


def test_unknown_addresses_and_methods_are_problems_too(http: httpx.Client) -> None:
    assert http.get("/nothing").json()["slug"] == "not-found"
    refused = http.delete("/api/demo/v1/me")
    assert (refused.json()["slug"], refused.headers["allow"]) == ("method-not-allowed", "GET")


def test_a_body_over_the_limit_is_refused_declared_or_not(http: httpx.Client) -> None:
    fits = b'{"name":"x","text":"' + b"y" * (BODY_LIMIT_BYTES - 22) + b'"}'
    headers = {"Content-Type": "application/json"}
    assert len(fits) == BODY_LIMIT_BYTES
    assert http.post("/api/demo/v1/things/1", content=fits, headers=headers).status_code == 200

    for content in (fits + b" ", iter([fits, b" "])):
        refused = http.post("/api/demo/v1/things/1", content=content, headers=headers)
        assert (refused.status_code, refused.json()["slug"]) == (413, "request-too-large")


def test_ready_says_which_part_is_not(world: World, http: httpx.Client) -> None:
    world.well = False
    try:
        answer = http.get("/api/demo/ready")
    finally:
        world.well = True

    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "checks": {"database": False}}


def test_requests_are_counted_under_their_routes_template(http: httpx.Client) -> None:
    http.post("/api/demo/v1/things/12345", json={"name": "x"})
    http.get("/no/such/12345")

    metrics = http.get("/metrics").text

    assert 'laurel_http_requests_total{method="POST",route="/api/demo/v1/things/{number}",' in metrics
    assert 'route="unmatched",service="demo",status="404"' in metrics
    assert "12345" not in re.sub(r"_created.*|_sum.*| [0-9.e+]+$", "", metrics, flags=re.MULTILINE)


def test_media_are_told_from_text() -> None:
    media = ("image/jpeg", "video/mp4", "Audio/x", "multipart/form-data; boundary=x", "application/octet-stream")
    text = ("application/json", "text/html", "", "image/svg+xml")

    assert {kind_of(kind) for kind in media} == {"media"}
    assert {kind_of(kind) for kind in text} == {"text"}


def test_a_request_id_is_kept_if_it_is_harmless(http: httpx.Client) -> None:
    assert http.get("/live", headers={"X-Request-Id": "abc-12345"}).headers["x-request-id"] == "abc-12345"
    for bad in ("short", "x" * 65, "a b c d e f g", "a\tbcdefgh"):
        assert re.fullmatch(r"[0-9a-f]{32}", http.get("/live", headers={"X-Request-Id": bad}).headers["x-request-id"])


def test_log_context_of_one_request_does_not_reach_the_next(http: httpx.Client) -> None:
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logs:
        for _ in range(2):
            http.get("/api/demo/v1/broken")

    assert len({log["request"] for log in logs if log["event"] == "request.failed"}) == 2


def test_a_refusal_is_logged_with_its_slug_and_without_its_query(http: httpx.Client) -> None:
    def told(logs: list[MutableMapping[str, Any]]) -> list[MutableMapping[str, Any]]:
        return [log for log in logs if log["event"] == "request.answered" and log["status"] == 401]

    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logs:
        http.get("/api/demo/v1/me?token=secret")
        until = utc_now() + timedelta(seconds=2)
        while not told(logs):  # it is written when the answer is out
            assert utc_now() < until

    (line,) = told(logs)
    assert (line["problem"], line["route"], line["log_level"]) == ("unauthenticated", "/api/demo/v1/me", "info")
    assert "secret" not in str(logs)


def test_the_openapi_document_describes_problems_and_is_stable(world: World) -> None:
    assert document(application(world)) == document(application(world))
    assert '"ProblemBody"' in document(application(world))
