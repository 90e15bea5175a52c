"""The worst input on every field: a clear answer, never a failure."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import pytest

from infra.web.csrf import HEADER
from infra.web.passes import RENEWAL
from infra.web.principal import ROLES
from infra.web.visits import COOKIE
from services.intake.pages import office_accounts
from services.intake.pages.letters import Letter
from tests.integration.intake.desk import API, PUBLIC_URL, Intake
from tests.integration.intake.tabs import signed_in
from tests.integration.intake.test_permissions import page_routes, some

DEEP = "[" * 100_000
HOSTILE_TEXTS = ["a\x00b", "a\ud800b", "a\x1bb", "a\ufffeb"]


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_a_text_that_cannot_be_kept_is_refused_at_its_field(intake: Intake, text: str) -> None:
    unit = intake.unit()
    entry = unit.entry(intake.open())

    answer = unit.put(f"/entries/{entry['entry_id']}/fields", version=1, fields={"title": text})

    (finding,) = answer.refused(422, "invalid-request")["findings"]
    assert finding["place"] == "body.fields.title"
    assert "第 2 个字符" in finding["zh"]


@pytest.mark.parametrize(
    "text", ["", " ", "\r\n\r\n", "🎉" * 1000, "\u202e倒序", "'; --", "{{7*7}}", "%s%n", "\\u0000"]
)
def test_any_other_text_is_kept_as_it_is(intake: Intake, text: str) -> None:
    unit = intake.unit()
    entry = unit.entry(intake.open())

    saved = unit.save(entry, title=text)

    assert unit.get(f"/entries/{entry['entry_id']}").ok()["fields"]["title"] == text.replace("\r\n", "\n")
    assert saved["fields"]["title"] == text.replace("\r\n", "\n")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"\xff\xfe\x00",
        DEEP.encode(),
        (b'{"a":' * 50_000),
        b'{"version": 1e400, "fields": {}}',
        b'{"version": NaN, "fields": {}}',
        b'{"version": ' + b"9" * 5000 + b', "fields": {}}',
        b'{"version": 99999999999, "fields": {}}',
        b'{"version": "one", "fields": {}}',
        b'{"version": true, "fields": {"title": 1}}',
        b'{"version": 1, "fields": {"title": null}}',
        b'{"version": 1, "fields": ["title"]}',
        b'{"version": 1, "fields": {"Title!": "x"}}',
        b'{"version": 1, "fields": {"\\ud800": "x"}}',
        b'{"version": 1, "fields": {"\\u0000": "x"}}',
        b'{"version": 1, "fields": {}, "state": "eligible"}',
        b'{"fields": {}}',
        json.dumps({"version": 1, "fields": {f"f{n}": "x" for n in range(101)}}).encode(),
    ],
)
def test_a_body_of_the_wrong_form_is_refused_and_says_why(intake: Intake, body: bytes) -> None:
    unit = intake.unit()
    entry = unit.entry(intake.open())

    answer = unit.call(
        "PUT", f"/entries/{entry['entry_id']}/fields", content=body, headers={"Content-Type": "application/json"}
    )

    problem = answer.refused(422, "invalid-request")
    for finding in problem["findings"]:
        assert finding["zh"]
        assert finding["en"]
    assert len(answer.response.content) < 20_000


def test_ten_megabytes_are_refused_before_they_are_read(intake: Intake) -> None:
    unit = intake.unit()
    entry = unit.entry(intake.open())
    path = f"/entries/{entry['entry_id']}/fields"

    unit.put(path, version=1, fields={"title": "x" * 10_000_000}).refused(413, "request-too-large")

    def endless() -> Any:
        for _ in range(160):
            yield b" " * 65536

    chunked = unit.call("PUT", path, content=endless(), headers={"Content-Type": "application/json"})
    chunked.refused(413, "request-too-large")


@pytest.mark.parametrize(
    "path",
    [
        "/entries/not-a-uuid",
        "/entries/00000000-0000-0000-0000-000000000000'--",
        "/campaigns/UPPER/entries",
        "/campaigns/%00/entries",
        "/campaigns/a%2Fb/entries",
        "/campaigns/" + "a" * 5000 + "/entries",
        "/accounts?limit=0",
        "/accounts?limit=1e9",
        "/accounts?limit=201",
        "/accounts?after=" + "x" * 2000,
        "/accounts?after=%00",
    ],
)
def test_hostile_addresses_get_a_plain_answer(intake: Intake, path: str) -> None:
    answer = intake.caller("secretariat").call("GET", path)

    assert answer.status in {404, 422}, answer.response.text
    assert answer.json["slug"] in {"not-found", "invalid-request", "bad-cursor"}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"categories": []},
        {"id": "../x"},
        {"title": {"zh": "a\x00", "en": "a"}},
        {"title": {"zh": "a\ud800", "en": "a"}},
        {"time_zone": "Mars/Olympus"},
        {"unknown": 1},
        {"calendar": {"opens": "2026-01-01", "online_deadline": "2025-01-01"}},
        {"calendar": {"opens": "x" * 10_000, "online_deadline": 10**30}},
        {"units": [{"code": "a", "name": "b"}] * 5000},
    ],
)
def test_a_definition_that_does_not_hold_together_is_refused_place_by_place(
    intake: Intake, change: dict[str, Any]
) -> None:
    from tests.integration.intake.desk import definition

    raw = {**definition(), **change} if change else {}

    answer = intake.caller("secretariat").call("POST", "/campaigns", json={"definition": raw})

    problem = answer.refused(422, "bad-definition")
    assert problem["findings"]
    assert len(answer.response.content) < 50_000


def test_a_campaign_id_is_taken_once(intake: Intake) -> None:
    from tests.integration.intake.desk import definition

    office, raw = intake.caller("secretariat"), definition()
    office.post("/campaigns", definition=raw).ok(201)

    office.post("/campaigns", definition=raw).refused(409, "campaign-exists")

    (event,) = intake.events(raw["id"])
    assert event["type"] == "campaign.published.v1"


@pytest.mark.parametrize(
    ("amendment", "slug"),
    [
        ({"reason": "x"}, "bad-definition"),
        ({"reason": "x", "cutoff": "2020-01-01T00:00:00+08:00"}, "bad-definition"),
        ({"reason": "x", "online_deadline": "2020-01-01T00:00:00+08:00"}, "bad-definition"),
        ({"reason": "x", "online_deadline": None}, "bad-definition"),
        ({"reason": "x", "extension": {"unit_code": "nobody", "cutoff": "2099-01-01T00:00:00Z"}}, "bad-definition"),
        ({"reason": "x", "extension": {"unit_code": "unit-a", "cutoff": "2020-01-01T00:00:00Z"}}, "bad-definition"),
        ({"reason": "x", "online_deadline": "2099-01-01T00:00:00"}, "invalid-request"),
        ({"reason": "", "online_deadline": "2099-01-01T00:00:00Z"}, "invalid-request"),
        ({"online_deadline": "2099-01-01T00:00:00Z"}, "invalid-request"),
        ({"reason": "x", "online_deadline": "9999-12-31T23:59:59-23:59"}, "bad-definition"),
    ],
)
def test_an_amendment_that_makes_no_sense_is_refused(intake: Intake, amendment: dict[str, Any], slug: str) -> None:
    campaign = intake.open()

    answer = intake.caller("secretariat").post(f"/campaigns/{campaign}/amendments", **amendment)

    answer.refused(422, slug)
    assert intake.anybody().get(f"/campaigns/{campaign}").ok()["version"] == 1


def test_a_method_that_a_route_does_not_take_is_named_as_such(intake: Intake) -> None:
    answer = intake.anybody().call("PATCH", "/campaigns")

    answer.refused(405, "method-not-allowed")
    assert API in answer.json["instance"]


_KIND = "multipart/form-data; boundary=x"
_PART = b'--x\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n'


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", _PART % (b"title", b"", b"x") + b"--x--\r\n"),
        ("multipart/form-data; boundary=", b"--\r\n"),
        (f"multipart/form-data; boundary={'x' * 5000}", b"--x\r\n"),
        (_KIND, b""),
        (_KIND, b"no boundary at all"),
        (_KIND, b"--y\r\n\r\n"),
        (_KIND, b"--x\r\nContent-Disposition: form-data\r\n\r\nno name\r\n--x--\r\n"),
        (_KIND, b"--x\r\n: nothing\r\n\r\n\r\n--x--\r\n"),
        (_KIND, b"--x\r\n" + b"A: b\r\n" * 500 + b"\r\n--x--\r\n"),
        (_KIND, b'--x\r\nContent-Disposition: form-data; name="' + b"n" * 20_000),
        (_KIND, _PART % (b"title", b"", b"cut off")),
        (_KIND, _PART % (b"title", b'; filename="a.jpg"', b"a file where a text belongs") + b"--x--\r\n"),
        (_KIND, _PART % (b"file", b"", b"a text where a file belongs") + b"--x--\r\n"),
        (_KIND, b"".join(_PART % (b"file", b'; filename="a"', b"x") for _ in range(9)) + b"--x--\r\n"),
        (_KIND, b"".join(_PART % (b"f%d" % n, b"", b"x") for n in range(500)) + b"--x--\r\n"),
        (_KIND, _PART % (b"rows", b"", b"[[1, null], {}, 5]") + b"--x--\r\n"),
        (_KIND, _PART % (b"\x00\xff", b'; filename="\x00\xed\xa0\x80"', b"\x00\xff") + b"--x--\r\n"),
        (f"{_KIND}; charset=no-such", _PART % (b"title", b"", b"\xff\xfe") + b"--x--\r\n"),
        ("application/x-www-form-urlencoded", b"title=%ff%00&" + b"a&" * 500),
    ],
)
def test_a_form_that_is_none_gets_a_clear_answer_on_every_page(intake: Intake, kind: str, body: bytes) -> None:
    paths = [path for method, path, _ in page_routes(intake) if method == "POST" and path != "/logout"]
    assert len(paths) > 30
    with signed_in(intake, *ROLES, unit="unit-a") as browser:
        token = browser.token
        for path in paths:
            for headers in ({HEADER: token, "Accept": "application/json"}, {"Accept": "text/html"}):
                answer = browser.http.post(some(path), content=body, headers={"Content-Type": kind, **headers})
                assert answer.status_code < 500, (path, answer.text)
                if answer.status_code >= 400:
                    assert re.search("[\u4e00-\u9fff]", answer.text), (path, answer.text)


_NO_ROWS = [DEEP, '{"a":' * 50_000, "[[Infinity, {}]]", "[[1, 2, 3]]", "[[1]]", "{}", "7", "null", "", "9" * 5000]


@pytest.mark.parametrize("text", _NO_ROWS)
@pytest.mark.parametrize(
    ("path", "name", "says"),
    [("/office/accounts/import", "rows", "导入内容不完整"), ("/office/accounts/letters.pdf", "letters", "无法打印")],
)
def test_what_comes_back_from_the_office_in_another_form_is_refused_in_words(
    intake: Intake, path: str, name: str, says: str, text: str
) -> None:
    if (name, text) in {("rows", "[[1]]"), ("rows", "{}"), ("letters", "{}")}:
        says = ""  # read as a table without a row, or refused as one: either is plain
    with signed_in(intake, "secretariat") as office:
        answer = office.post(path, {"csrf": office.token, name: text})

    assert answer.status_code in {200, 422} if not says else answer.status_code == 422, answer.text
    assert says in answer.text
    assert re.search("[a-z]{4} [a-z]{2,}", answer.text)


def test_a_form_of_more_than_a_mebibyte_is_refused_in_both_languages_on_every_page(intake: Intake) -> None:
    """Declared or not, whatever kind of form it is."""
    unread = {"/logout", RENEWAL}  # the latter sends a form on as it came, to where it is read
    paths = [path for method, path, _ in page_routes(intake) if method == "POST" and path not in unread]
    kind = "application/x-www-form-urlencoded"
    body = b"csrf=x&text=" + b"%E4%B8%AD" * 120_000
    with signed_in(intake, *ROLES, unit="unit-a") as browser:
        headers = {"Content-Type": kind, "Accept": "text/html", "Origin": intake.url}
        for path in paths:
            for content in (body, (body[at : at + 65536] for at in range(0, len(body), 65536))):
                answer = browser.http.post(some(path), content=content, headers=headers)
                assert answer.status_code == 413, (path, answer.text[:300])
                assert "请求内容过大" in answer.text
                assert "The request is too large." in answer.text


def test_letters_lead_to_the_public_address_whatever_host_they_are_asked_of(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def printed(_letters: Sequence[Letter], origin: str) -> bytes:
        asked.append(origin)
        return b"%PDF"

    monkeypatch.setattr(office_accounts, "letters_pdf", printed)
    with signed_in(intake, "secretariat") as office:
        cookie = f"__Host-{COOKIE}={office.cookie}"
        headers = {"Host": "evil.example", "Origin": "http://evil.example", "Cookie": cookie}
        form = {"csrf": office.token, "letters": "[]"}
        office.http.cookies.clear()
        assert office.post("/office/accounts/letters.pdf", form, **headers).status_code == 200

    assert asked == [PUBLIC_URL]
