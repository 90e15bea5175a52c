"""Cookies of pages: bound to the host and to TLS, but for plain HTTP on this very machine."""

from __future__ import annotations

from ipaddress import ip_address

from starlette.requests import HTTPConnection
from starlette.responses import Response


def is_plain_loopback(request: HTTPConnection) -> bool:
    """Whether the browser talks plain HTTP with its own machine, where nobody can listen in between."""
    if request.url.scheme != "http":
        return False
    host = request.url.hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def cookie_name(request: HTTPConnection, name: str) -> str:
    """`__Host-…`: browsers take it over TLS alone, for this host alone. Plain on loopback, where there is no TLS."""
    return name if is_plain_loopback(request) else f"__Host-{name}"


def read_cookie(request: HTTPConnection, name: str) -> str | None:
    return request.cookies.get(cookie_name(request, name))


def set_cookie(request: HTTPConnection, answer: Response, name: str, value: str, *, max_age: int | None = None) -> None:
    """HttpOnly, SameSite=Lax, for the whole host; without `max_age` it ends with the browser."""
    answer.set_cookie(
        cookie_name(request, name),
        value,
        max_age=max_age,
        path="/",
        secure=not is_plain_loopback(request),
        httponly=True,
        samesite="lax",
    )


def drop_cookie(request: HTTPConnection, answer: Response, name: str) -> None:
    answer.delete_cookie(
        cookie_name(request, name),
        path="/",
        secure=not is_plain_loopback(request),
        httponly=True,
        samesite="lax",
    )
