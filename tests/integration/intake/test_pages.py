"""The home page and its style sheet, and the doors for machines."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.integration.intake.desk import Intake
from tests.integration.intake.tabs import signed_in


@pytest.fixture
def http(intake: Intake) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=intake.url, timeout=10) as client:
        yield client


def test_the_home_page_says_how_long_there_is(intake: Intake, http: httpx.Client) -> None:
    beijing = datetime.now(UTC) + timedelta(hours=8)
    last_day = (beijing + timedelta(days=3)).date()
    intake.open(online_deadline=f"{last_day + timedelta(days=1)}T00:00:00+08:00")

    page = http.get("/").text

    weekday = "一二三四五六日"[last_day.weekday()]
    assert f"{last_day.year}年{last_day.month}月{last_day.day}日（周{weekday}）24:00前提交" in page
    assert "还剩 3 天" in page
    assert "测试活动" in page
    assert "A campaign for tests" in page


def test_the_home_page_links_published_lists_and_escapes_titles(intake: Intake, http: httpx.Client) -> None:
    from tests.integration.intake.desk import definition

    raw = definition() | {"title": {"zh": "<script>alert(1)</script>", "en": "x"}}
    intake.caller("secretariat").post("/campaigns", definition=raw).ok(201)
    intake.sql(
        "UPDATE campaigns SET decision_number = '〔2026〕1号', decided_at = now() WHERE campaign_id = :id", id=raw["id"]
    )

    page = http.get("/").text

    assert f'href="/list/{raw["id"]}"' in page
    (script,) = re.findall("<script[^>]*", page)
    assert 'src="/static/countdown.js' in script
    assert "&lt;script&gt;" in page


def test_the_home_page_is_small_gives_no_cookie_and_needs_nothing_from_elsewhere(
    intake: Intake, http: httpx.Client
) -> None:
    intake.open()
    page = http.get("/")
    total, links = len(page.content), re.findall(r'(?:href|src)="([^"]+)"', page.text)
    policy = page.headers["content-security-policy"]

    for link in links:
        assert link.startswith(("/", "#main")), link
        if link.startswith("/static/"):
            total += len(http.get(link).content)

    (scripts,) = re.findall("script-src ([^;]*)", policy)
    assert re.sub("'sha256-[^']*'", "", scripts).split() == ["'self'"]
    assert "set-cookie" not in page.headers
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert total < 100_000 + 30_000 * page.text.count("<article>")


def test_static_files_are_kept_for_ever_under_their_mark(http: httpx.Client) -> None:
    marked = re.findall(r'href="(/static/[^"]+)"', http.get("/").text)[0]

    first = http.get(marked)
    again = http.get(marked, headers={"If-None-Match": first.headers["etag"]})

    assert first.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert again.status_code == 304
    assert http.get(marked.partition("?")[0]).headers["cache-control"] == "public, max-age=300"
    for escape in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static/"):
        assert http.get(escape).status_code == 404


def test_modules_have_one_address_each_and_the_policy_allows_that_one_inline_script(intake: Intake) -> None:
    with signed_in(intake, "unit", unit="unit-a") as desk:
        begun = intake.caller("unit", unit="unit-a").entry(intake.open())
        page = desk.get(f"/desk/entries/{begun['entry_id']}")
        (found,) = re.findall(r'<script type="importmap">(.*?)</script>', page.text)
        digest = base64.b64encode(hashlib.sha256(found.encode()).digest()).decode()

        policy = page.headers["content-security-policy"]
        addresses: dict[str, str] = json.loads(found)["imports"]

        assert f"script-src 'self' 'sha256-{digest}';" in policy
        assert re.findall(r"<script(?! src| type=\"importmap\"| type=\"module\" src)", page.text) == []
        for plain, marked in addresses.items():
            answer = desk.get(marked)
            assert marked.partition("?v=")[0] == plain
            assert (answer.status_code, answer.headers["cache-control"]) == (200, "public, max-age=31536000, immutable")
        loaded = re.findall(r'<script type="module" src="([^"]+)"', page.text)
        assert loaded
        assert set(loaded) <= set(addresses.values())


def test_health_and_metrics_answer_at_both_addresses(http: httpx.Client) -> None:
    http.get("/api/intake/v1/campaigns")
    for prefix in ("", "/api/intake"):
        assert http.get(f"{prefix}/live").json() == {"live": True}
        assert http.get(f"{prefix}/ready").json() == {"ready": True, "checks": {"database": True}}
        metrics = http.get(f"{prefix}/metrics").text
        assert 'laurel_http_requests_total{method="GET",route="/api/intake/v1/campaigns",service="intake"' in metrics


def media_bytes(http: httpx.Client) -> float:
    counted = re.findall(r'_body_bytes_total{kind="media",service="intake"} (\S+)', http.get("/metrics").text)
    return sum(float(figure) for figure in counted)


def test_no_media_pass_through_the_api(intake: Intake, http: httpx.Client) -> None:
    before = media_bytes(http)  # tables that other tests have sent by a form's file field are counted, too
    unit = intake.unit()
    unit.upload(unit.entry(intake.open(), "story"), b"\xff\xd8" + b"x" * 100_000)
    for link in re.findall(r'href="(/static/[^"]+)"', http.get("/").text):
        http.get(link)

    assert media_bytes(http) == before


def test_answers_carry_protective_headers_and_are_not_stored(http: httpx.Client) -> None:
    headers = http.get("/api/intake/v1/campaigns").headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "server" not in headers or headers["server"] == "uvicorn"
    assert re.fullmatch(r"[0-9a-f]{32}", headers["x-request-id"])


def test_the_openapi_document_is_served_and_scripts_from_elsewhere_are_not(http: httpx.Client) -> None:
    document = http.get("/api/intake/v1/openapi.json").json()

    assert document["paths"]["/api/intake/v1/sessions"]["post"]["responses"]["429"]
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert http.get(path).status_code == 404
