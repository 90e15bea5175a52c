"""The application every HTTP api of ours is built on, and the process that serves it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from types import FrameType

import structlog
import uvicorn
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from infra import starting
from infra.web.callers import Callers, IsRefused, caller
from infra.web.direct import Direct
from infra.web.edge import Edge, note_failure
from infra.web.openapi import with_problems
from infra.web.principal import Principal, TokenVerifier
from infra.web.problems import INTERNAL, INVALID, UNAVAILABLE, Problem
from infra.web.rendering import problem_of_http, problem_of_validation, refuse

__all__ = ["caller", "create_app", "include", "run_api"]

log = structlog.get_logger(__name__)

GRACEFUL_STOP_SECONDS = 8
KEEP_ALIVE_SECONDS = 150
"""Longer than proxies keep idle connections (Caddy: 120), so that no request meets one that is just being closed."""


class _Api(FastAPI):
    """FastAPI behind our own edge: what is answered directly does not pass through its layers at all."""

    service: str
    _front: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._front is None:  # by now all routes are there
            self._front = Edge(Direct(super().__call__, api=self), self.service)
        scope["app"] = self
        await self._front(scope, receive, send)


def create_app(
    service: str,
    *,
    title: str,
    verifier: TokenVerifier,
    is_refused: IsRefused,
    ready: Callable[[], dict[str, bool]],
    program: Callable[[str], Principal | None] | None = None,
    version: str = "v1",
) -> FastAPI:
    """An application with health, metrics, problems and protective headers; the service includes its own routers.

    `is_refused`, `program` (see infra.web.callers) and `ready` may use the database: they are called in a thread, the
    first two at most every two seconds for the same account and session, or token.

    The OpenAPI document stands at /api/<service>/<version>/openapi.json.
    """
    app = _Api(
        title=title,
        version=version,
        openapi_url=f"/api/{service}/{version}/openapi.json",
        docs_url=None,  # its pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
    )
    app.service = service
    app.state.callers = Callers(verifier, is_refused, program)
    _add_problem_handlers(app)
    _add_health(app, service, ready)
    app.openapi = with_problems(app)  # type: ignore[method-assign]  # FastAPI's own way to extend the document
    return app


def include(app: FastAPI, *routers: APIRouter) -> None:
    """Add the routes of routers that carry their whole prefix; the first are tried first.

    `app.include_router` would wrap each router, and every request would be matched twice: a tenth of its time.
    """
    for router in routers:
        app.router.routes.extend(router.routes)


def _add_problem_handlers(app: FastAPI) -> None:
    @app.exception_handler(Problem)
    async def problem(request: Request, error: Problem) -> Response:
        return refuse(request, error)

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        answer = refuse(request, problem_of_http(error))
        for name, value in (error.headers or {}).items():
            answer.headers[name] = value
        return answer

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> Response:
        return refuse(request, problem_of_validation(error.errors()))

    async def database_away(request: Request, error: Exception) -> Response:
        log.error("database.unavailable", error=type(error).__name__)
        return refuse(request, Problem(UNAVAILABLE, extra={"retry_after": 5}))

    for kind in (OperationalError, InterfaceError, PoolTimeoutError):
        app.add_exception_handler(kind, database_away)

    async def unstorable(request: Request, error: Exception) -> Response:
        # Field types refuse these by name (infra.web.fields); this stands behind them.
        log.warning("request.unstorable", error=type(error).__name__)
        problem = Problem(
            INVALID,
            "内容中含有无法保存的字符（如空字符），请删除后重新提交。",
            "Something holds a character that cannot be stored, such as NUL; remove it and send again.",
        )
        return refuse(request, problem)

    for unfit in (DataError, UnicodeEncodeError):
        app.add_exception_handler(unfit, unstorable)

    @app.exception_handler(Exception)
    async def unforeseen(request: Request, error: Exception) -> Response:
        note_failure(request.scope, error)  # now: when this has been answered, it is raised once more
        return refuse(request, Problem(INTERNAL))


def _add_health(app: FastAPI, service: str, ready: Callable[[], dict[str, bool]]) -> None:
    async def live() -> dict[str, bool]:
        return {"live": True}

    def is_ready() -> JSONResponse:
        checks = ready()
        well = all(checks.values())
        return JSONResponse({"ready": well, "checks": checks}, status_code=200 if well else UNAVAILABLE.status)

    def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    for prefix in ("", f"/api/{service}"):
        app.add_api_route(f"{prefix}/live", live, include_in_schema=False)
        app.add_api_route(f"{prefix}/ready", is_ready, include_in_schema=False)
        app.add_api_route(f"{prefix}/metrics", metrics, include_in_schema=False)


def run_api(app: FastAPI, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT; requests in flight get eight seconds to end.

    The caller's address is taken from X-Forwarded-For only when the peer is one of FORWARDED_ALLOW_IPS (uvicorn's own
    variable; 127.0.0.1 if absent). Logging is as the process has set it up.
    """
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACEFUL_STOP_SECONDS,
    )
    log.info("api.starting", host=host, port=port)
    starting.done()
    _Server(config).run()


class _Server(uvicorn.Server):
    """Tells the application at once that it is to stop, so that answers without an end come to one."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if isinstance(self.config.app, FastAPI):
            self.config.app.state.stopping = True
        super().handle_exit(sig, frame)
