"""What happens around every request: its id, its size limit, its metrics, the headers that protect its answer."""

from __future__ import annotations

import logging
import re
import time
from functools import lru_cache
from typing import NamedTuple
from uuid import uuid4

import structlog
from prometheus_client import Counter, Histogram
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.web.problems import INTERNAL, TOO_LARGE, Problem
from infra.web.rendering import refuse

log = structlog.get_logger(__name__)

BODY_LIMIT_BYTES = 1024 * 1024
FORMS = "laurel.forms"
"""Where in its scope a request keeps the forms that were read of it, to be closed with it."""

_FAILURE = "laurel.failure"

REQUESTS = Counter("laurel_http_requests", "Requests answered.", ("service", "method", "route", "status"))
SECONDS = Histogram(
    "laurel_http_request_seconds",
    "Seconds from the first byte in to the last byte out.",
    ("service", "route"),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
BYTES_IN = Counter("laurel_http_request_body_bytes", "Bytes of request bodies.", ("service", "kind"))
BYTES_OUT = Counter("laurel_http_response_body_bytes", "Bytes of response bodies.", ("service", "kind"))

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_REFUSED = 400
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
_MEDIA = ("image/", "video/", "audio/", "multipart/", "application/octet-stream")
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
    (b"cache-control", b"no-store"),
)
"""Set unless a route has set its own; pages loosen the policy for their own style sheet and forms."""
_HSTS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")


def kind_of(content_type: str) -> str:
    """`media` or `text`: media must never pass through an api, and the counters prove it. A drawn icon is a text."""
    kind = content_type.lower()
    return "media" if kind.startswith(_MEDIA) and not kind.startswith("image/svg") else "text"


def note_failure(scope: Scope, error: Exception) -> None:
    """Log an error that nobody handled, once a request."""
    if scope.get(_FAILURE) is not error:
        scope[_FAILURE] = error
        log.error("request.failed", method=scope["method"], route=_route_of(scope), exc_info=error)


def _route_of(scope: Scope) -> str:
    """The route's template, so that labels stay few; `unmatched` where there is none."""
    return str(getattr(scope.get("route"), "path", "") or "unmatched")


class Edge:
    """Stands around everything else. An error that nobody handled is logged here and answered as a problem."""

    def __init__(self, app: ASGIApp, service: str) -> None:
        self.app = app
        self.service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=exchange.request_id)
        try:
            if exchange.declared_bytes > BODY_LIMIT_BYTES:
                await refuse(HTTPConnection(scope), Problem(TOO_LARGE))(scope, receive, exchange.send)
            else:
                await self.app(scope, exchange.receive, exchange.send)
        except Exception as error:
            note_failure(scope, error)
            if exchange.status and not exchange.is_whole:
                raise  # half an answer is out: the server must break the connection off
            if not exchange.status:
                await refuse(HTTPConnection(scope), Problem(INTERNAL))(scope, receive, exchange.send)
        finally:
            for form in scope.get(FORMS, ()):  # files that nobody asked for are among its fields
                await form.close()
            exchange.count(self.service)
            exchange.tell()


class _Exchange:
    """One request and its answer, measured as they pass."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._began = time.perf_counter()
        headers = dict(reversed(scope["headers"]))  # of several alike the first counts
        given = headers.get(b"x-request-id", b"").decode("latin-1")
        self.request_id = given if given and _REQUEST_ID.fullmatch(given) else uuid4().hex
        length = headers.get(b"content-length", b"")
        self.declared_bytes = int(length) if length.isdigit() and len(length) < 20 else 0  # noqa: PLR2004 - 64 bits
        self._kind_in = kind_of(headers.get(b"content-type", b"").decode("latin-1"))
        self._kind_out = "text"
        self._bytes_in = self._bytes_out = 0
        self.status = 0
        self.is_whole = False
        """Whether all of the answer is out."""

    @property
    def route(self) -> str:
        return _route_of(self._scope)

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._bytes_in += len(message.get("body", b""))
            if self._bytes_in > BODY_LIMIT_BYTES:
                raise HTTPException(TOO_LARGE.status)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            given = dict(message["headers"])
            message["headers"] = [
                *message["headers"],
                *(pair for pair in _HEADERS if pair[0] not in given),
                (b"x-request-id", self.request_id.encode("ascii")),
            ]
            if self._scope["scheme"] == "https" and _HSTS[0] not in given:
                message["headers"].append(_HSTS)
            self._kind_out = kind_of(given.get(b"content-type", b"").decode("latin-1"))
        elif message["type"] == "http.response.body":
            self._bytes_out += len(message.get("body", b""))
            self.is_whole = not message.get("more_body", False)
        await self._send(message)

    def tell(self) -> None:
        """A log line: of refusals always, of the rest for who looks closely. Never the query, never a body."""
        if self.status < _REFUSED and not logging.getLogger().isEnabledFor(logging.DEBUG):
            return
        say = log.info if self.status >= _REFUSED else log.debug
        about = self._scope.get("path_params") or {}
        if "entry_id" in about:  # so that an entry's story shows what was refused
            structlog.contextvars.bind_contextvars(correlation=str(about["entry_id"]))
        milliseconds = round((time.perf_counter() - self._began) * 1000, 1)
        say("request.answered", method=self._method, route=self.route, status=self.status, milliseconds=milliseconds)

    @property
    def _method(self) -> str:
        return self._scope["method"] if self._scope["method"] in _METHODS else "other"

    def count(self, service: str) -> None:
        status = self.status or INTERNAL.status
        meters = _meters(service, self._method, self.route, status, self._kind_in, self._kind_out)
        meters.requests.inc()
        meters.seconds.observe(time.perf_counter() - self._began)
        meters.bytes_in.inc(self._bytes_in)
        meters.bytes_out.inc(self._bytes_out)


class _Meters(NamedTuple):
    requests: Counter
    seconds: Histogram
    bytes_in: Counter
    bytes_out: Counter


# Looking a counter up by its labels takes longer than counting.
@lru_cache(maxsize=2048)
def _meters(service: str, method: str, route: str, status: int, kind_in: str, kind_out: str) -> _Meters:
    return _Meters(
        REQUESTS.labels(service, method, route, str(status)),
        SECONDS.labels(service, route),
        BYTES_IN.labels(service, kind_in),
        BYTES_OUT.labels(service, kind_out),
    )
