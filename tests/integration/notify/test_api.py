"""Notify's api over HTTP: contacts, own messages, log, plan; the permission table walked over every route."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from contracts.events import AccountDisabledV1, SessionEndedV1
from infra.web.principal import ROLES, Principal, TokenSigner, TokenVerifier, utc_now
from services.notify import serving
from services.notify.permissions import MAY, Action
from services.notify.usecases import happenings as h
from services.notify.usecases.planning import run_next
from tests.integration.notify import scenes
from tests.integration.notify.post_office import PUBLIC_URL, Office

API = "/api/notify/v1"
CONTACT = {"name": "张晓", "mobile": "138 0000 0000", "email": "ok.u1@example.org"}
ACTIONS = {
    ("PUT", "/contact"): Action.WRITE_OWN_CONTACT,
    ("GET", "/contact"): Action.READ_OWN_CONTACT,
    ("GET", "/messages"): Action.READ_OWN_MESSAGES,
    ("GET", "/campaigns/{campaign_id}/messages"): Action.READ_MESSAGE_LOG,
    ("GET", "/campaigns/{campaign_id}/reminders"): Action.READ_REMINDER_PLAN,
}
FORMS = {("POST", "/contact/form"): Action.WRITE_OWN_CONTACT}
PUBLIC = {f"{prefix}/{name}" for prefix in ("", "/api/notify") for name in ("live", "ready", "metrics")}


class Desk:
    """The api, and tokens for whoever is to call it."""

    def __init__(self, office: Office) -> None:
        key = Ed25519PrivateKey.generate()
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        self._signer = TokenSigner(private)
        self.app: FastAPI = serving.build(office.database, TokenVerifier(public), office.key, public_url=PUBLIC_URL)

    def ask(self, method: str, path: str, **given: Any) -> httpx.Response:
        """One request to the application, in this process."""

        async def request() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://notify.test") as client:
                return await client.request(method, path, **given)

        return asyncio.run(request())

    def token(
        self,
        *roles: str,
        unit: str | None = None,
        account: UUID | None = None,
        session: UUID | None = None,
        password_ago: timedelta | None = None,
    ) -> str:
        """`password_ago`: so long ago the password was given for this token."""
        given_at = None if password_ago is None else utc_now() - password_ago
        who = Principal(account or uuid4(), "张晓", frozenset(roles), unit, session_id=session, password_at=given_at)
        return self._signer.sign(who, now=utc_now(), lifetime=timedelta(hours=1))

    def call(
        self,
        method: str,
        path: str,
        *roles: str,
        unit: str | None = None,
        account: UUID | None = None,
        session: UUID | None = None,
        json: Any = None,
    ) -> Any:
        """The answer to a call by an account that holds these roles; without roles, by nobody."""
        headers = (
            {"Authorization": f"Bearer {self.token(*roles, unit=unit, account=account, session=session)}"}
            if roles
            else {}
        )
        return self.ask(method, path if path.startswith("/") else f"{API}/{path}", headers=headers, json=json)


@pytest.fixture
def desk(office: Office) -> Desk:
    return Desk(office)


def _routes(app: FastAPI) -> set[tuple[str, str]]:
    found = set()
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, APIRoute):
            found |= {(method, str(context.path)) for method in context.methods or ()}
    return found


def test_every_route_stands_in_the_permission_table(desk: Desk) -> None:
    guarded = {(method, f"{API}{path}") for method, path in [*ACTIONS, *FORMS]}
    assert {route for route in _routes(desk.app) if route[1] not in PUBLIC} == guarded
    assert set(ACTIONS.values()) == set(Action) == set(MAY)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("route", ACTIONS)
def test_each_role_gets_through_exactly_where_the_table_says(desk: Desk, route: tuple[str, str], role: str) -> None:
    method, path = route
    answer = desk.call(
        method, f"{API}{path.format(campaign_id='season')}", role, json=CONTACT if method == "PUT" else None
    )
    assert (answer.status_code == 403) == (role not in MAY[ACTIONS[route]])
    assert answer.status_code != 401


@pytest.mark.parametrize("route", ACTIONS)
def test_nobody_gets_through_without_a_token(desk: Desk, route: tuple[str, str]) -> None:
    method, path = route
    assert desk.call(method, f"{API}{path.format(campaign_id='season')}", json=CONTACT).status_code == 401


def test_contact_is_kept_in_one_form_and_shown_to_its_owner_alone(desk: Desk) -> None:
    account = uuid4()
    assert desk.call("GET", "contact", "unit", account=account).json()["slug"] == "no-contact"
    put = desk.call("PUT", "contact", "unit", unit="u1", account=account, json=CONTACT)
    assert put.status_code == 200
    got = desk.call("GET", "contact", "unit", unit="u1", account=account).json()
    assert got == put.json()
    assert got | {"changed_at": None} == {
        "name": "张晓",
        "mobile": "+8613800000000",
        "email": "ok.u1@example.org",
        "unit_code": "u1",
        "changed_at": None,
        "mailbox_refused_at": None,
    }
    assert desk.call("GET", "contact", "secretariat").status_code == 404


@pytest.mark.parametrize(
    ("given", "places"),
    [
        ({**CONTACT, "name": "张\r\nBcc: all@example.org"}, ["name"]),
        ({**CONTACT, "name": "张\u0000"}, ["name"]),
        ({"name": "", "mobile": "1", "email": "x"}, ["name", "mobile", "email"]),
    ],
)
def test_contact_that_cannot_be_used_is_refused_with_every_fault(
    desk: Desk, given: dict[str, str], places: list[str]
) -> None:
    answer = desk.call("PUT", "contact", "unit", json=given)
    body = answer.json()
    assert (answer.status_code, body["slug"]) == (422, "contact-invalid")
    assert [finding["place"] for finding in body["findings"]] == places
    assert all(finding["zh"] and finding["en"] for finding in body["findings"])


@pytest.mark.parametrize(
    "given",
    [
        None,
        [],
        "x",
        {},
        {**CONTACT, "role": "operator"},
        {**CONTACT, "name": 1},
        {**CONTACT, "name": None},
        {**CONTACT, "email": "a" * 501},
        {**CONTACT, "name": "\ud800"},
    ],
)
def test_body_of_another_shape_is_refused_and_not_echoed(desk: Desk, given: Any) -> None:
    answer = desk.ask(
        "PUT",
        f"{API}/contact",
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {desk.token('unit')}"},
        content=json.dumps(given).encode(),
    )
    assert answer.status_code == 422
    assert answer.json()["slug"] in {"invalid-request", "contact-invalid"}
    assert "ok.u1@example.org" not in answer.text


def test_registering_sends_what_was_waiting(desk: Desk, office: Office) -> None:
    office.happen(h.campaign_published, scenes.published(scenes.definition()))
    office.happen(h.entry_submitted, scenes.submitted(unit="u1"))
    assert office.count("messages") == 0
    desk.call("PUT", "contact", "unit", unit="u1", json=CONTACT)
    office.deliver_all()
    assert [mail["to"] for mail in office.smtp.taken()] == ["ok.u1@example.org"]


def test_own_messages_are_shown_in_words_page_by_page_and_no_others(desk: Desk, office: Office) -> None:
    account = office.contact("ok.u1@example.org", unit="u1")
    office.contact("ok.u2@example.org", unit="u2")
    office.happen(h.campaign_published, scenes.published(scenes.definition()))
    for category in ("story", "service", "innovation"):
        office.happen(h.entry_submitted, scenes.submitted(unit="u1", category=category))
    office.happen(h.entry_submitted, scenes.submitted(unit="u2"))
    office.deliver_all()

    seen, after = [], ""
    while True:
        page = desk.call("GET", f"messages?limit=2{after}", "unit", account=account).json()
        seen += page["items"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert len(seen) == len({item["message_id"] for item in seen}) == 3
    assert [item["subject"].split("回执 ")[1] for item in seen] == [
        "S-u1-innovation · Receipt",
        "S-u1-service · Receipt",
        "S-u1-story · Receipt",
    ]
    assert {item["state"] for item in seen} == {"accepted"}
    assert "您好。" in seen[0]["text"]


def test_log_shows_every_letter_and_no_address(desk: Desk, office: Office) -> None:
    office.happen(h.campaign_published, scenes.published(scenes.definition()))
    office.contact("gone.u1@example.org", unit="u1")
    office.happen(h.entry_submitted, scenes.submitted(unit="u1"))
    office.happen(h.entry_submitted, scenes.submitted(unit="u2"))
    office.deliver_all()
    answer = desk.call("GET", "campaigns/season/messages", "secretariat")

    by_unit = {item["addressee"]: item for item in answer.json()["items"]}
    assert (by_unit["unit:u2"]["state"], by_unit["unit:u2"]["reason"]) == ("waiting", "no-contact")
    (message,) = by_unit["unit:u1"]["messages"]
    assert (message["state"], message["attempts"]) == ("failed", 1)
    assert message["reply"].startswith("550 5.1.1")
    assert not any(part in answer.text for part in ("gone.u1", "13800000000", "张晓"))


def test_plan_shows_every_row_with_its_state_and_reason(desk: Desk, office: Office) -> None:
    rules = [
        {"key": "fourteen", "offset": "-P14D"},
        {"key": "three", "offset": "-P3D"},
    ]
    office.happen(h.campaign_published, scenes.published(scenes.definition(*rules, units=4), at=scenes.now()))
    office.contact("ok.u1@example.org", unit="u1")
    office.moved = timedelta(days=7, minutes=1)
    while run_next(office.begin):
        pass
    items, after = [], ""
    while True:
        page = desk.call("GET", f"campaigns/season/reminders?limit=3{after}", "operator").json()
        items += page["items"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"

    assert len({item["reminder_id"] for item in items}) == 8
    assert [item["due_at"] for item in items] == sorted(item["due_at"] for item in items)
    assert page["counts"] == {"skipped": 4, "sent": 1, "waiting": 3}
    skipped = [item for item in items if item["rule"] == "fourteen"]
    assert all(
        item["reason"] == "due-before-publication" and item["reason_zh"] and item["reason_en"] for item in skipped
    )


@pytest.mark.parametrize("what", ["messages", "reminders"])
def test_campaign_that_nobody_knows_is_not_found(desk: Desk, what: str) -> None:
    answer = desk.call("GET", f"campaigns/no-such-thing/{what}", "secretariat")
    assert (answer.status_code, answer.json()["slug"]) == (404, "unknown-campaign")


@pytest.mark.parametrize("path", ["messages", "campaigns/season/messages", "campaigns/season/reminders"])
@pytest.mark.parametrize("cursor", ["x", "%00", "a" * 2000, "AAAA"])
def test_cursor_that_was_made_up_is_refused(desk: Desk, office: Office, path: str, cursor: str) -> None:
    office.happen(h.campaign_published, scenes.published(scenes.definition()))
    assert desk.call("GET", f"{path}?after={cursor}", "secretariat").status_code == 422


def test_cursor_of_one_list_does_not_open_another(desk: Desk, office: Office) -> None:
    office.happen(h.campaign_published, scenes.published(scenes.definition({"key": "a", "offset": "-P1D"}, units=3)))
    cursor = desk.call("GET", "campaigns/season/reminders?limit=1", "secretariat").json()["next"]
    assert cursor
    assert desk.call("GET", f"campaigns/season/messages?after={cursor}", "secretariat").status_code == 422


def test_disabled_account_is_refused_and_cannot_register_again(desk: Desk, office: Office) -> None:
    account = office.contact("ok.u1@example.org", unit="u1")
    office.happen(h.account_disabled, AccountDisabledV1(account_id=account, reason="离职", disabled_at=scenes.now()))
    assert desk.call("PUT", "contact", "unit", account=account, json=CONTACT).status_code == 401
    assert office.count("contacts") == 0


def test_a_token_of_an_ended_session_is_refused_and_others_of_the_account_are_not(desk: Desk, office: Office) -> None:
    account, ended, other = uuid4(), uuid4(), uuid4()
    event = SessionEndedV1(
        account_id=account, session_ids=(ended, uuid4()), reason="ended-by-owner", ended_at=scenes.now()
    )
    assert desk.call("PUT", "contact", "unit", account=account, session=ended, json=CONTACT).status_code == 200
    office.happen(h.session_ended, event)
    office.happen(h.session_ended, event)  # told twice

    until = time.monotonic() + 10
    while desk.call("GET", "contact", "unit", account=account, session=ended).status_code != 401:
        assert time.monotonic() < until
        time.sleep(0.1)
    assert desk.call("GET", "contact", "unit", account=account, session=other).status_code == 200


def test_an_ended_session_is_forgotten_when_no_token_of_it_can_be_in_time(office: Office) -> None:
    old = uuid4()
    event = SessionEndedV1(
        account_id=uuid4(), session_ids=(old,), reason="signed-out", ended_at=scenes.now() - timedelta(days=2)
    )
    office.happen(h.session_ended, event)

    assert office.count("ended_sessions") == 0


def test_ready_says_whether_the_database_answers(desk: Desk) -> None:
    assert desk.ask("GET", "/ready").json() == {"ready": True, "checks": {"database": True}}
    assert desk.ask("GET", "/api/notify/live").status_code == 200


def test_published_openapi_document_is_current() -> None:
    assert serving.OPENAPI_FILE.read_text(encoding="utf-8") == serving.openapi(), (
        "run python -m services.notify openapi"
    )
