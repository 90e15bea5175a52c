"""Changing a registered mailbox: the password is asked for, and the mailbox before is told."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_string, policy
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from contracts.events import AccountDisabledV1
from services.notify.domain.contacts import PASSWORD_GOOD_FOR
from services.notify.domain.letters import LetterKind
from services.notify.usecases import happenings as h
from services.notify.usecases.contacts import Registration, register
from tests.integration.notify import scenes
from tests.integration.notify.post_office import Office
from tests.integration.notify.test_api import API, CONTACT, Desk
from tests.integration.notify.test_form import send

JUST_NOW, TOO_LONG = timedelta(seconds=5), PASSWORD_GOOD_FOR + timedelta(seconds=5)
OTHER = {**CONTACT, "email": "ok.thief@example.org"}


@pytest.fixture
def desk(office: Office) -> Desk:
    return Desk(office)


@pytest.fixture
def account(desk: Desk) -> UUID:
    """An account that has CONTACT; nobody asked for its password then."""
    found = uuid4()
    assert desk.call("PUT", "contact", "unit", unit="u1", account=found, json=CONTACT).status_code == 200
    return found


def put(desk: Desk, account: UUID, body: dict[str, Any], ago: timedelta | None) -> httpx.Response:
    token = desk.token("unit", unit="u1", account=account, password_ago=ago)
    return desk.ask("PUT", f"{API}/contact", headers={"Authorization": f"Bearer {token}"}, json=body)


def mailbox(desk: Desk, account: UUID) -> str:
    return str(desk.call("GET", "contact", "unit", unit="u1", account=account).json()["email"])


@pytest.mark.parametrize("ago", [None, TOO_LONG])
def test_another_mailbox_is_not_taken_from_a_session_that_is_merely_open(
    desk: Desk, office: Office, account: UUID, ago: timedelta | None
) -> None:
    refused = put(desk, account, OTHER, ago)

    assert (refused.status_code, refused.json()["slug"]) == (403, "password-needed")
    assert "须先验证密码" in refused.json()["detail"]
    assert "give your password first" in refused.json()["detail_en"]
    assert mailbox(desk, account) == CONTACT["email"]
    assert office.count("messages") == 0
    form = send(desk, desk.token("unit", unit="u1", account=account, password_ago=ago), email=OTHER["email"])
    assert form.status_code == 403
    assert "须先验证密码" in form.text
    assert OTHER["email"] in form.text  # what was typed is still there
    assert 'href="/account/contact"' in form.text
    assert mailbox(desk, account) == CONTACT["email"]


def test_name_and_telephone_are_changed_as_ever(desk: Desk, office: Office, account: UUID) -> None:
    changed = put(desk, account, {**CONTACT, "name": "李晓", "mobile": "13900000000"}, None)

    assert (changed.status_code, changed.json()["name"]) == (200, "李晓")
    assert office.count("messages") == 0


@pytest.mark.parametrize("by_form", [False, True])
def test_who_gives_the_password_changes_it_and_the_mailbox_before_is_told(
    desk: Desk, office: Office, account: UUID, *, by_form: bool
) -> None:
    if by_form:
        token = desk.token("unit", unit="u1", account=account, password_ago=JUST_NOW)
        assert send(desk, token, email=OTHER["email"]).status_code == 303
    else:
        assert put(desk, account, OTHER, JUST_NOW).status_code == 200

    assert mailbox(desk, account) == OTHER["email"]
    assert office.count("messages", "sealed_to IS NOT NULL") == 1
    (done,) = office.deliver_all()
    assert done.kind is LetterKind.MAILBOX_CHANGED
    (mail,) = office.smtp.taken()
    assert mail["to"] == CONTACT["email"]
    body = message_from_string(mail["raw"], policy=policy.default).get_body(("plain",))
    assert body is not None
    told = body.get_content()
    assert "登记的电子邮箱已于" in told
    assert "another mailbox was registered" in told
    assert OTHER["email"] not in told
    assert office.count("messages", "sealed_to IS NOT NULL") == 0


def test_a_mailbox_that_is_gone_does_not_count_against_the_new_one(desk: Desk, office: Office) -> None:
    account = office.contact("gone.u1@example.org", unit="u1")
    with office.begin() as store:
        register(
            store,
            office.sealer,
            Registration(account, frozenset({"unit"}), "u1", "张晓", "13800000000", "ok.new@example.org", proven=True),
        )

    (done,) = office.deliver_all()

    assert done.reply.blames_address
    known = desk.call("GET", "contact", "unit", unit="u1", account=account).json()
    assert known["mailbox_refused_at"] is None
    assert office.events("message.bounced.v1") == []  # whoever it was is reached elsewhere now
    assert office.count("messages", "sealed_to IS NOT NULL") == 0


def test_a_disabled_account_leaves_no_mailbox_behind(desk: Desk, office: Office, account: UUID) -> None:
    assert put(desk, account, OTHER, JUST_NOW).status_code == 200

    office.happen(h.account_disabled, AccountDisabledV1(account_id=account, reason="x", disabled_at=scenes.now()))

    assert office.count("messages", "sealed_to IS NOT NULL") == 0
    assert office.count("messages", "state = 'queued'") == 0


def test_a_programs_token_of_months_opens_nothing_here(desk: Desk, account: UUID) -> None:
    for method in ("GET", "PUT"):
        headers = {"Authorization": "Bearer laurel_" + "x" * 43}
        answer = desk.ask(method, f"{API}/contact", headers=headers, json=OTHER if method == "PUT" else None)
        assert answer.status_code == 401
    assert mailbox(desk, account) == CONTACT["email"]
