"""The good requests of busy routes, answered before FastAPI's own layers: these cost more than the work itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from inspect import Parameter, iscoroutinefunction, signature
from typing import Any, NamedTuple, get_type_hints

from fastapi import FastAPI, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.web.callers import OfRequest
from infra.web.threads import Threads

_JSON = "application/json"
_THREADS = Threads(40, "direct")  # as many as Starlette has


class DirectRoute(APIRoute):
    """A route of a plain function that takes the request, who asks, parts of the path and one model.

    It answers with a Response. `Direct` answers its good requests; whatever does not fit goes on to FastAPI, which says
    what is wrong, so that both ways refuse alike. A query, where one may be left out, is FastAPI's as soon as there is
    one; a route of another shape (headers, other dependencies) is FastAPI's altogether.
    """


class Direct:
    """The middleware that answers the good requests of the application's DirectRoutes."""

    def __init__(self, app: ASGIApp, api: FastAPI) -> None:
        self.app = app
        self._api = api
        self._routes: dict[str, list[tuple[DirectRoute, _Shape]]] = {}
        for route in _direct(api.router.routes):
            if shape := _shape_of(route.dependant):
                for method in route.methods or ():
                    self._routes.setdefault(method, []).append((route, shape))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            for route, shape in self._routes.get(scope["method"], ()):
                if found := route.path_regex.match(scope["path"]):
                    if shape.may_be_asked and scope["query_string"]:
                        break
                    receive = _Once(receive)
                    response = await self._answer(Request(scope, receive), route, shape, found.groupdict())
                    if response is not None:
                        await response(scope, receive, send)
                        return
                    receive.again()
                    break
        await self.app(scope, receive, send)

    async def _answer(
        self, request: Request, route: DirectRoute, shape: _Shape, path: Mapping[str, str]
    ) -> Response | None:
        """The answer of a good request, or of one that is refused for what it asks; None if it does not fit."""
        try:
            given = await shape.read(request, path)
            if given is None:
                return None
            # What FastAPI would note, for the log and the counters.
            request.scope.update(route=route, path_params=dict(path))
            response: Response = await _THREADS.run(partial(shape.answer, **given))
        except Exception as error:
            for kind in type(error).__mro__:
                # What only the handler of all exceptions would take is the edge's, which logs it.
                if kind is not Exception and (handler := self._api.exception_handlers.get(kind)):
                    request.scope.update(route=route, path_params=dict(path))
                    refusal: Response = await handler(request, error)  # type: ignore[misc]  # ours are coroutines
                    return refusal
            raise
        return response


class _Once:
    """A request's messages, which can be had once more from the beginning."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._kept: list[Message] = []
        self._told = 0

    async def __call__(self) -> Message:
        if self._told == len(self._kept):
            self._kept.append(await self._receive())
        self._told += 1
        return self._kept[self._told - 1]

    def again(self) -> None:
        self._told = 0


class _Shape(NamedTuple):
    """What a route takes, by the names of its arguments."""

    answer: Callable[..., Response]
    request: str | None
    caller: tuple[str, OfRequest] | None
    path: Mapping[str, Callable[[str], tuple[Any, Any]]]
    body: tuple[str, type[BaseModel]] | None
    may_be_asked: bool
    """Whether there are queries that it answers; without one their defaults hold."""

    async def read(self, request: Request, path: Mapping[str, str]) -> dict[str, Any] | None:
        """The arguments; None if something does not fit. Raises Problem: 401, 403."""
        given: dict[str, Any] = {}
        if self.request is not None:
            given[self.request] = request
        if self.caller is not None:
            name, scheme = self.caller
            given[name] = await scheme(request)  # type: ignore[operator]  # every one of them is a dependency
        try:
            for name, validate in self.path.items():
                given[name], wrong = validate(path[name])
                if wrong:
                    return None
            if self.body is not None:
                if request.headers.get("content-type") != _JSON:
                    return None
                name, model = self.body
                given[name] = model.model_validate_json(await request.body())
        except (ValidationError, ClientDisconnect):
            return None
        return given


def _direct(routes: list[BaseRoute]) -> list[DirectRoute]:
    return [route for route in routes if isinstance(route, DirectRoute)]


def _shape_of(dependant: Dependant) -> _Shape | None:
    """The shape of a route, None if it is none that can be read directly."""
    others = (
        dependant.header_params,
        dependant.cookie_params,
        dependant.http_connection_param_name,
        dependant.response_param_name,
        dependant.background_tasks_param_name,
        dependant.security_scopes_param_name,
    )
    call = dependant.call
    if any(others) or call is None or iscoroutinefunction(call) or not _answers_with_response(call):
        return None
    if not all(_has_plain_default(call, field.name) for field in dependant.query_params):
        return None
    if len(dependant.dependencies) > 1 or len(dependant.body_params) > 1:
        return None
    caller = None
    for inner in dependant.dependencies:
        if inner.name is None or not isinstance(inner.call, OfRequest):
            return None
        caller = (inner.name, inner.call)
    body = None
    for field in dependant.body_params:
        model = field.field_info.annotation
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            return None
        body = (field.name, model)
    path = {field.name: field.validate for field in dependant.path_params}
    return _Shape(call, dependant.request_param_name, caller, path, body, bool(dependant.query_params))


def _answers_with_response(call: Callable[..., Any]) -> bool:
    kind = get_type_hints(call).get("return")
    return isinstance(kind, type) and issubclass(kind, Response)


def _has_plain_default(call: Callable[..., Any], name: str) -> bool:
    default = signature(call).parameters[name].default
    return default is not Parameter.empty and not isinstance(default, FieldInfo)
