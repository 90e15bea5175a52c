"""The permission table, walked over every route that exists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from infra.web.passes import RENEWAL
from infra.web.principal import ROLES
from services.intake.api.calling import Allowed
from services.intake.domain.permissions import PERMISSIONS, Action
from services.intake.pages.shell import PageCaller
from tests.integration.intake.desk import API, Intake
from tests.integration.intake.tabs import signed_in, tab

PUBLIC = {
    ("POST", f"{API}/sessions"),
    ("POST", f"{API}/activations"),
    ("POST", f"{API}/password-requests"),
    ("GET", f"{API}/campaigns"),
    ("GET", f"{API}/campaigns/{{campaign_id}}"),
    ("GET", f"{API}/openapi.json"),
    ("GET", f"{API}/papers/{{number}}/{{revision}}/{{digest}}"),
    *(("GET", f"{prefix}/{name}") for prefix in ("", "/api/intake") for name in ("live", "ready", "metrics")),
}
PUBLIC_PAGES = {
    ("GET", "/"),
    ("HEAD", "/"),
    ("GET", "/language"),
    ("GET", "/login"),
    ("POST", "/login"),
    ("POST", "/login/code"),
    ("GET", "/session"),
    ("GET", RENEWAL),
    ("POST", RENEWAL),
    ("PUT", RENEWAL),
    ("GET", "/activate"),
    ("POST", "/activate"),
    ("GET", "/password"),
    ("POST", "/password"),
    ("GET", "/password/new"),
    ("POST", "/password/new"),
    ("GET", "/paper/{number}/{revision}/{digest}"),
}
BODIES: dict[str, dict[str, Any]] = {
    "fields": {"version": 1, "fields": {}},
    "materials": {"kind": "photo", "name": "a.jpg", "bytes": 1},
    "parts": {"numbers": [1]},
    "caption": {"caption": "x"},
    "order": {"material_ids": [str(uuid4())]},
    "submission": {"version": 1},
    "restorations": {"version": 1, "revision": 1},
    "withdrawal": {"reason": "x"},
}
FORMS = {"upload": {"kind": "photo"}, "removal": {"entry_id": str(uuid4())}}
"""What forms of pages hold that are read before anything is looked up."""


def every_route(intake: Intake) -> Iterator[tuple[str, str, Action | None]]:
    """Every (method, path, action) of the application; a mount is a folder of static files."""
    for context in iter_route_contexts(intake.app.routes):
        path, methods = str(getattr(context, "path", "")), getattr(context, "methods", None)
        if not methods:
            assert path in {"/static", "/static/intake"}, path
            continue
        route = context.original_route
        dependencies = route.dependant.dependencies if isinstance(route, APIRoute) else []
        actions = [d.call.action for d in dependencies if isinstance(d.call, Allowed | PageCaller)]
        assert len(actions) <= 1
        for method in methods:
            if method != "HEAD" or path == "/":
                yield method, path, actions[0] if actions else None


def is_page(path: str) -> bool:
    return not path.startswith("/api/") and path not in {"/live", "/ready", "/metrics"}


def routes(intake: Intake) -> list[tuple[str, str, Action | None]]:
    """Those of the JSON interface."""
    return [route for route in every_route(intake) if not is_page(route[1])]


def page_routes(intake: Intake) -> list[tuple[str, str, Action | None]]:
    return [route for route in every_route(intake) if is_page(route[1])]


def some(path: str) -> str:
    """The path with ids of nothing that there is."""
    return re.sub(r"\{campaign_id\}", "no-such-campaign", re.sub(r"\{[a-z_]*id\}", str(uuid4()), path))


def test_every_route_asks_for_an_action_or_is_meant_to_be_public(intake: Intake) -> None:
    found = routes(intake)

    assert {(method, path) for method, path, action in found if action is None} == PUBLIC
    # Reading private fields is asked inside a route; whole campaigns are downloaded from `files`.
    assert {action for _, _, action in found} - {None} == set(Action) - {
        Action.READ_PRIVATE_FIELDS,
        Action.DOWNLOAD_CAMPAIGN,
    }


def test_every_page_asks_for_an_action_or_is_meant_to_be_public(intake: Intake) -> None:
    assert {(method, path) for method, path, action in page_routes(intake) if action is None} == PUBLIC_PAGES


@pytest.mark.parametrize("role", ROLES)
def test_each_role_sees_exactly_the_pages_that_the_table_says(intake: Intake, role: str) -> None:
    with signed_in(intake, role, unit="unit-a") as browser:
        for method, path, action in page_routes(intake):
            if action is None or path == "/logout":
                continue
            answer = browser.script(method, some(path))
            refused = answer.status_code == 403 and answer.json()["slug"] == "forbidden"
            assert refused == (role not in PERMISSIONS[action]), (method, path, role, answer.text)
            assert answer.status_code not in {401, 500}, (method, path, answer.text)


def test_nobody_sees_a_page_without_a_session(intake: Intake) -> None:
    with tab(intake) as browser:
        for method, path, action in page_routes(intake):
            if action is not None:
                answer = browser.script(method, some(path))
                assert (answer.status_code, answer.json()["slug"]) == (401, "unauthenticated"), (method, path)


def test_no_page_takes_a_change_without_its_token_or_from_elsewhere(intake: Intake) -> None:
    changes = [(method, some(path)) for method, path, _ in every_route(intake) if is_page(path) and method != "GET"]
    with signed_in(intake, *ROLES, unit="unit-a") as browser:
        for method, path in changes:
            if method == "HEAD" or path == RENEWAL:  # it changes nothing, and sends the form to where it is checked
                continue
            answer = browser.http.request(method, path, headers={"Accept": "application/json"})
            assert (answer.status_code, answer.json()["slug"]) == (403, "stale-form"), (method, path, answer.text)
            foreign = {"Sec-Fetch-Site": "cross-site", "Accept": "application/json", "X-CSRF-Token": browser.token}
            answer = browser.http.request(method, path, headers=foreign)
            assert (answer.status_code, answer.json()["slug"]) == (403, "foreign-request"), (method, path)
            evil = {"Origin": "https://evil.example", "Accept": "application/json", "X-CSRF-Token": browser.token}
            answer = browser.http.request(method, path, headers=evil)
            assert (answer.status_code, answer.json()["slug"]) == (403, "foreign-request"), (method, path)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_through_exactly_where_the_table_says(intake: Intake, role: str) -> None:
    who = intake.caller(role, unit="unit-a")
    for method, path, action in routes(intake):
        if action is None:
            continue
        target = some(path.removeprefix(API))
        answer = who.call(method, target, json={} if method in {"POST", "PUT"} else None)
        refused = answer.status == 403 and answer.json["slug"] == "forbidden"
        assert refused == (role not in PERMISSIONS[action]), (method, path, role, answer.response.text)
        assert answer.status != 401


def test_nobody_gets_through_without_a_token(intake: Intake) -> None:
    for method, path, action in routes(intake):
        if action is not None:
            target = some(path.removeprefix(API))
            intake.anybody().call(method, target).refused(401, "unauthenticated")


def test_another_units_entry_does_not_exist_on_any_route(intake: Intake) -> None:
    owner, other = intake.unit("unit-a"), intake.unit("unit-b")
    entry = owner.written(intake.open(), "story")
    ids = {"entry_id": entry["entry_id"], "material_id": owner.upload(entry)}
    walked = 0

    for method, path, _ in routes(intake):
        if "{entry_id}" not in path and "{material_id}" not in path:
            continue
        body = BODIES.get(path.rsplit("/", 1)[-1]) if method != "GET" else None
        other.call(method, path.removeprefix(API).format(**ids), json=body).refused(404, "not-found")
        walked += 1

    assert walked == 20
    assert owner.get(f"/entries/{entry['entry_id']}").ok()["materials"][0]["state"] == "uploaded"


def test_another_units_entry_does_not_exist_on_any_page(intake: Intake) -> None:
    owner = intake.unit("unit-a")
    entry = owner.written(intake.open(), "story")
    ids = {"entry_id": entry["entry_id"], "material_id": owner.upload(entry)}
    walked = 0

    with signed_in(intake, "unit", unit="unit-b") as other:
        for method, path, action in page_routes(intake):
            if "{entry_id}" not in path and "{material_id}" not in path:
                continue
            assert action is not None
            last = path.rsplit("/", 1)[-1]
            form = FORMS.get(last)
            body = BODIES.get(last) if method in {"POST", "PUT"} and form is None else None
            params = {"old": "r1"} if last == "difference" else None
            answer = other.script(method, path.format(**ids), json=body, data=form, params=params)
            expected = (404, "not-found") if "unit" in PERMISSIONS[action] else (403, "forbidden")
            assert (answer.status_code, answer.json()["slug"]) == expected, (method, path, answer.text)
            walked += 1

    assert walked == 33
    (held,) = owner.get(f"/entries/{entry['entry_id']}").ok()["materials"]
    assert (held["state"], held["caption"]) == ("uploaded", "")


def test_a_supervisor_reads_every_unit_and_changes_nothing(intake: Intake) -> None:
    entry = intake.unit().written(intake.open())
    supervisor = intake.caller("supervisor")

    assert supervisor.get(f"/entries/{entry['entry_id']}").ok()["title"]
    supervisor.submit(entry).refused(403, "forbidden")


def test_a_secretary_may_not_make_or_manage_operators(intake: Intake) -> None:
    secretary, operator = intake.caller("secretariat"), intake.caller("operator")

    secretary.post("/accounts", login=f"o-{uuid4().hex}", name="运维", roles=["operator"]).refused(403, "forbidden")
    secretary.post(f"/accounts/{operator.account_id}/disabling", reason="x").refused(403, "forbidden")
    secretary.post(f"/accounts/{operator.account_id}/activation").refused(403, "forbidden")
    made = operator.post("/accounts", login=f"o-{uuid4().hex}", name="运维", roles=["operator"])
    assert made.ok(201)["activation_code"]
