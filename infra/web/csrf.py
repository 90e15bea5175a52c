"""Requests that change something come from our own pages: the browser's word for it, and a token in every form.

The token is an HMAC over the session's id, so nothing has to be stored. Before signing in there is no session: then a
cookie of its own, the `door`, takes its place.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from starlette.datastructures import FormData
from starlette.requests import HTTPConnection, Request

from infra.web.cookies import read_cookie
from infra.web.edge import FORMS
from infra.web.problems import ProblemType
from infra.web.visits import Visitor

FIELD = "csrf"
HEADER = "X-CSRF-Token"
DOOR = "laurel-door"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

FOREIGN_REQUEST = ProblemType(
    "foreign-request",
    403,
    "此请求不是从本站页面发出的，已拒绝。请在本站页面上重新操作。",
    "This request did not come from a page of this site. Do it again on a page of this site.",
)
STALE_FORM = ProblemType(
    "stale-form",
    403,
    "页面已过期，内容没有保存。请重新打开页面后再提交。",
    "This page is out of date and nothing was saved. Open it again and send it once more.",
)


@dataclass(frozen=True, slots=True)
class Csrf:
    """Tokens of one service; `secret` is its own."""

    secret: bytes

    def of_session(self, visitor: Visitor) -> str:
        return visitor.form_token or self._token("session", str(visitor.session_id))

    def of_door(self, door: str) -> str:
        """The token of forms that are shown before signing in, to the browser that holds this cookie."""
        return self._token("door", door)

    def fits(self, request: HTTPConnection, visitor: Visitor | None, given: str | None) -> bool:
        """Whether the token belongs to who sent it."""
        door = read_cookie(request, DOOR)
        if visitor is not None:
            expected = self.of_session(visitor)
        elif door:
            expected = self.of_door(door)
        else:
            return False
        return hmac.compare_digest((given or "").encode(), expected.encode())

    def _token(self, kind: str, binding: str) -> str:
        return hmac.new(self.secret, f"{kind}\0{binding}".encode(), hashlib.sha256).hexdigest()


def new_door() -> str:
    """The value of a fresh door cookie."""
    return secrets.token_urlsafe(16)


def is_foreign(request: HTTPConnection) -> bool:
    """Whether the browser says that another site's page sent this."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in {"same-origin", "none"}:
        return True
    origin = request.headers.get("origin")
    return origin is not None and origin.partition("://")[2] != request.headers.get("host", "")


def is_vouched_for(request: HTTPConnection) -> bool:
    """Whether the browser says that a page of ours sent this; old browsers say nothing."""
    if is_foreign(request):
        return False
    return request.headers.get("sec-fetch-site") == "same-origin" or "origin" in request.headers


async def token_of(request: Request) -> str | None:
    """The token that came with a request: in its header, or in its form."""
    header = request.headers.get(HEADER)
    if header is not None:
        return header
    found = (await posted(request)).get(FIELD)
    return found if isinstance(found, str) else None


async def posted(request: Request) -> FormData:
    """The fields of a form; none where no form was sent. Files are among them, unread, and closed with the request."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        return FormData()
    form = await request.form(max_files=4, max_fields=400, max_part_size=1024 * 1024)
    request.scope.setdefault(FORMS, []).append(form)
    return form
