"""A direct route answers every request as FastAPI's own does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel

from infra.web.app import caller, include
from infra.web.direct import DirectRoute
from infra.web.principal import Principal
from infra.web.rendering import answer
from tests.unit.web.serving import Body, World, application, served

GOOD = b'{"name": "\xe6\x9f\x90\xe6\x9f\x90"}'


class Out(BaseModel):
    name: str
    who: str
    thing: UUID
    path: str


def routes(kind: type[APIRoute]) -> APIRouter:
    router = APIRouter(prefix=f"/api/{kind.__name__.lower()}", route_class=kind)

    @router.put("/things/{thing}", response_model=Out)
    def put(request: Request, who: Annotated[Principal, Depends(caller("unit"))], thing: UUID, body: Body) -> Response:
        return answer(Out(name=body.name, who=who.name, thing=thing, path=request.method))

    @router.get("/things/{thing}", response_model=Out)
    def get(who: Annotated[Principal, Depends(caller("unit"))], thing: UUID, limit: int = 5) -> Response:
        return answer(Out(name=str(limit), who=who.name, thing=thing, path=""))

    @router.get("/told/{thing}")
    def told(who: Annotated[Principal, Depends(caller("unit"))], thing: UUID, limit: int = 5) -> dict[str, int]:  # noqa: ARG001 - a shape
        return {"limit": limit}

    @router.get("/asked/{thing}")
    def asked(who: Annotated[Principal, Depends(caller("unit"))], thing: UUID, limit: int = Query(5)) -> Response:  # noqa: ARG001, FAST002 - a shape
        return JSONResponse(limit)

    @router.post("/things", response_model=Out)
    async def post(body: Body) -> Response:
        return answer(Out(name=body.name, who="", thing=UUID(int=1), path=""))

    return router


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def http(world: World) -> Iterator[httpx.Client]:
    app = application(world)
    include(app, routes(DirectRoute), routes(APIRoute))
    with served(app) as client:
        yield client


THING = uuid4()
CASES = {
    "good": (THING, GOOD, "application/json"),
    "charset": (THING, GOOD, "application/json; charset=utf-8"),
    "other-json": (THING, GOOD, "application/merge-patch+json"),
    "not-json-said": (THING, GOOD, "text/plain"),
    "nothing-said": (THING, GOOD, None),
    "upper-case-id": (str(THING).upper(), GOOD, "application/json"),
    "no-id": ("17", GOOD, "application/json"),
    "two-wrongs": ("17", b'{"nam": 1}', "application/json"),
    "unknown-key": (THING, b'{"name": "x", "more": 1}', "application/json"),
    "a-number": (THING, b'{"name": 1}', "application/json"),
    "blank": (THING, b'{"name": " "}', "application/json"),
    "nul": (THING, b'{"name": "a\\u0000"}', "application/json"),
    "lone-surrogate": (THING, b'{"name": "a\\ud800"}', "application/json"),
    "infinite": (THING, b'{"name": NaN}', "application/json"),
    "twice": (THING, b'{"name": "x", "name": "y"}', "application/json"),
    "a-list": (THING, b"[]", "application/json"),
    "null": (THING, b"null", "application/json"),
    "cut": (THING, GOOD[:-1], "application/json"),
    "no-utf8": (THING, b'{"name": "\xff"}', "application/json"),
    "bom": (THING, b"\xef\xbb\xbf" + GOOD, "application/json"),
    "deep": (THING, b'{"name": ' + b"[" * 5000 + b"]" * 5000 + b"}", "application/json"),
    "nothing": (THING, b"", "application/json"),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("role", ["unit", "expert", None])
def test_both_ways_answer_alike(world: World, http: httpx.Client, case: str, role: str | None) -> None:
    thing, body, kind = CASES[case]
    headers = {"authorization": f"Bearer {world.token(role)}"} if role else {}
    if kind:
        headers["content-type"] = kind
    direct, fastapi = (
        http.put(f"/api/{name}/things/{thing}", content=body, headers=headers) for name in ("directroute", "apiroute")
    )

    if direct.status_code in {401, 403}:  # who calls is asked first: strangers learn nothing about forms
        assert role != "unit"
        assert not direct.json()["findings"]
        return
    assert direct.status_code == fastapi.status_code
    assert direct.text.replace("directroute", "apiroute") == fastapi.text
    assert direct.headers["content-type"] == fastapi.headers["content-type"]


def test_a_good_request_is_read_without_fastapi(
    world: World, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("FastAPI read it")

    monkeypatch.setattr("fastapi.routing.solve_dependencies", refuse)
    headers = {"authorization": f"Bearer {world.token('unit')}", "content-type": "application/json"}

    assert http.put(f"/api/directroute/things/{THING}", content=GOOD, headers=headers).status_code == 200
    assert http.put(f"/api/apiroute/things/{THING}", content=GOOD, headers=headers).status_code == 500


@pytest.mark.parametrize("query", ["", "?limit=7", "?limit=many", "?limit=7&limit=8", "?other=1", "?"])
def test_a_query_is_read_as_ever(world: World, http: httpx.Client, query: str) -> None:
    headers = {"authorization": f"Bearer {world.token('unit')}"}
    direct, fastapi = (
        http.get(f"/api/{name}/things/{THING}{query}", headers=headers) for name in ("directroute", "apiroute")
    )

    assert direct.status_code == fastapi.status_code
    assert direct.text.replace("directroute", "apiroute") == fastapi.text


def test_only_a_request_without_a_query_needs_no_fastapi(
    world: World, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("FastAPI read it")

    monkeypatch.setattr("fastapi.routing.solve_dependencies", refuse)
    headers = {"authorization": f"Bearer {world.token('unit')}"}

    assert http.get(f"/api/directroute/things/{THING}", headers=headers).json()["name"] == "5"
    assert http.get(f"/api/directroute/things/{THING}?limit=7", headers=headers).status_code == 500
    assert http.get(f"/api/directroute/told/{THING}", headers=headers).status_code == 500


def test_other_shapes_are_left_to_fastapi(world: World, http: httpx.Client) -> None:
    headers = {"authorization": f"Bearer {world.token('unit')}"}

    assert http.get(f"/api/directroute/told/{THING}", headers=headers).json() == {"limit": 5}
    assert http.get(f"/api/directroute/asked/{THING}", headers=headers).json() == 5
    assert http.post("/api/directroute/things", content=GOOD, headers={"content-type": "application/json"}).is_success
