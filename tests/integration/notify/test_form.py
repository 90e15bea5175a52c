"""A contact as a page's form sends it without scripts: kept, or shown again with faults; from our pages alone."""

from __future__ import annotations

from html import unescape
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from contracts.events import SessionEndedV1
from infra.web.principal import ROLES
from services.notify.usecases import happenings as h
from tests.integration.notify import scenes
from tests.integration.notify.post_office import Office
from tests.integration.notify.test_api import API, CONTACT, Desk

BACK = "/account/contact/saved?ticket=abc.def"
OURS = {"Sec-Fetch-Site": "same-origin", "Origin": "http://notify.test", "Accept": "text/html"}


@pytest.fixture
def desk(office: Office) -> Desk:
    return Desk(office)


def send(desk: Desk, token: str, headers: dict[str, str] | None = None, **changes: Any) -> httpx.Response:
    form = {**CONTACT, "pass": token, "back": BACK, **changes}
    return desk.ask("POST", f"{API}/contact/form", data=form, headers=OURS if headers is None else headers)


def test_a_contact_is_kept_told_by_its_account_alone_and_the_browser_sent_back(desk: Desk, office: Office) -> None:
    account = uuid4()
    done = send(desk, desk.token("unit", unit="u1", account=account))

    assert (done.status_code, done.headers["location"]) == (303, BACK)
    known = desk.call("GET", "contact", "unit", unit="u1", account=account).json()
    assert (known["mobile"], known["email"], known["unit_code"]) == ("+8613800000000", CONTACT["email"], "u1")
    (event,) = office.events("contact.registered.v1")
    assert set(event.data) == {"account_id", "registered_at"}
    assert UUID(event.data["account_id"]) == account


def test_what_is_wrong_stands_beside_what_was_typed(desk: Desk, office: Office) -> None:
    token = desk.token("unit", unit="u1")
    hostile = '"><script>alert(1)</script>'
    wrong = send(desk, token, name=hostile, email="nobody", mobile="12")

    text = unescape(wrong.text)
    assert wrong.status_code == 422
    assert "电子邮箱格式有误" in text
    assert "手机号码应为" in text
    assert 'value="nobody"' in wrong.text
    assert hostile not in wrong.text
    assert hostile in text
    assert f'name="pass" value="{token}"' in wrong.text
    assert "script-src" not in wrong.headers["content-security-policy"]
    assert "form-action 'self'" in wrong.headers["content-security-policy"]
    assert wrong.headers["cache-control"] == "no-store"
    assert office.count("contacts") == office.count("outbox") == 0


def test_who_took_too_long_or_has_signed_out_keeps_what_he_typed(desk: Desk, office: Office) -> None:
    account, session = uuid4(), uuid4()
    token = desk.token("unit", unit="u1", account=account, session=session)
    event = SessionEndedV1(account_id=account, session_ids=(session,), reason="signed-out", ended_at=scenes.now())
    office.happen(h.session_ended, event)
    for bad in ("", "x.y.z", token):
        late = send(desk, bad)
        assert late.status_code == 401
        assert CONTACT["email"] in late.text
        assert "没有保存" in late.text
    assert office.count("contacts") == 0


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}]
)
def test_another_sites_page_cannot_send_it(desk: Desk, office: Office, headers: dict[str, str]) -> None:
    assert send(desk, desk.token("unit", unit="u1"), headers).status_code == 403
    assert office.count("contacts") == 0


@pytest.mark.parametrize("back", ["", "https://evil.example/", "//evil.example", "/account/contact/savedx", "/logout"])
def test_the_browser_is_sent_to_our_page_alone(desk: Desk, back: str) -> None:
    done = send(desk, desk.token("unit", unit="u1"), back=back)

    assert (done.status_code, done.headers["location"]) == (303, "/account/contact")


@pytest.mark.parametrize("role", ROLES)
def test_every_role_may_say_how_it_is_reached(desk: Desk, role: str) -> None:
    assert send(desk, desk.token(role, unit="u1")).status_code == 303


def test_a_file_or_a_heap_of_fields_is_no_contact(desk: Desk, office: Office) -> None:
    token = desk.token("unit", unit="u1")
    file = desk.ask(
        "POST",
        f"{API}/contact/form",
        data={"pass": token, "name": "张晓", "mobile": CONTACT["mobile"]},
        files={"email": ("a.txt", b"x")},
        headers=OURS,
    )
    assert file.status_code == 422
    assert desk.ask("POST", f"{API}/contact/form", content=b"{}", headers=OURS).status_code == 401
    assert office.count("contacts") == 0
