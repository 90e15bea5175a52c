"""Routes whose good requests are read without FastAPI's machinery, which costs more than the work of a small one."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from inspect import iscoroutinefunction
from typing import Any, NamedTuple

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from infra.web.callers import BearerScheme

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

_JSON = "application/json"


class DirectRoute(APIRoute):
    """A route of a plain function that takes the request, a bearer, parts of the path and one model.

    It answers with a Response. Its good requests are read here; whatever does not fit is read once more by FastAPI,
    which says what is wrong, so that both ways refuse alike. A route of another shape (a query, headers, other
    dependencies) is FastAPI's altogether.
    """

    def get_route_handler(self) -> Handler:
        thorough: Handler = super().get_route_handler()
        shape = _shape_of(self.dependant)
        if shape is None:
            return thorough

        async def handle(request: Request) -> Response:
            given = await shape.read(request)
            if given is None:
                return await thorough(request)
            response: Response = await run_in_threadpool(partial(shape.answer, **given))
            return response

        return handle


class _Shape(NamedTuple):
    """What a route takes, by the names of its arguments."""

    answer: Callable[..., Response]
    request: str | None
    caller: tuple[str, BearerScheme] | None
    path: Mapping[str, Callable[[str], tuple[Any, Any]]]
    body: tuple[str, type[BaseModel]] | None

    async def read(self, request: Request) -> dict[str, Any] | None:
        """The arguments; None if something does not fit. Raises Problem: 401, 403."""
        given: dict[str, Any] = {}
        if self.request is not None:
            given[self.request] = request
        if self.caller is not None:
            name, scheme = self.caller
            given[name] = await scheme(request)  # type: ignore[operator]  # every one of them is a dependency
        try:
            for name, validate in self.path.items():
                given[name], wrong = validate(request.path_params[name])
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


def _shape_of(dependant: Dependant) -> _Shape | None:
    """The shape of a route, None if it is none that can be read directly."""
    others = (
        dependant.query_params,
        dependant.header_params,
        dependant.cookie_params,
        dependant.http_connection_param_name,
        dependant.response_param_name,
        dependant.background_tasks_param_name,
        dependant.security_scopes_param_name,
    )
    call = dependant.call
    if any(others) or call is None or iscoroutinefunction(call):
        return None
    if len(dependant.dependencies) > 1 or len(dependant.body_params) > 1:
        return None
    caller = None
    for inner in dependant.dependencies:
        if inner.name is None or not isinstance(inner.call, BearerScheme):
            return None
        caller = (inner.name, inner.call)
    body = None
    for field in dependant.body_params:
        model = field.field_info.annotation
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            return None
        body = (field.name, model)
    path = {field.name: field.validate for field in dependant.path_params}
    return _Shape(call, dependant.request_param_name, caller, path, body)
