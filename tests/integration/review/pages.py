"""A browser without scripts before review's pages, with a pass as intake gives it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from infra.web.csrf import HEADER
from infra.web.passes import COOKIE, LIFETIME, PassSigner
from infra.web.visits import Visitor
from tests.integration.review.desk import Desk
from tests.support.pages import AS_OUR_PAGE, hidden


@dataclass
class Browser:
    """Somebody who looks at pages. He holds no pass where `visitor` is None."""

    desk: Desk
    http: httpx.Client
    visitor: Visitor | None

    @property
    def account_id(self) -> UUID:
        assert self.visitor is not None
        return self.visitor.account_id

    def get(self, path: str) -> httpx.Response:
        return self.http.get(path, headers=AS_OUR_PAGE)

    def page(self, path: str) -> str:
        answer = self.get(path)
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.text

    def post(
        self, path: str, form: dict[str, Any] | None = None, method: str = "POST", **headers: str
    ) -> httpx.Response:
        """As a form of ours is sent, but for its token."""
        sent = AS_OUR_PAGE | {"Origin": self.desk.url} | headers
        return self.http.request(method, path, data=form or {}, headers=sent)

    def script(self, method: str, path: str, body: Any) -> httpx.Response:
        """As our scripts ask: with the token in a header, in JSON."""
        assert self.visitor is not None
        headers = {"Accept": "application/json", "Sec-Fetch-Site": "same-origin", HEADER: self.visitor.form_token}
        return self.http.request(method, path, json=body, headers=headers)

    def fill(self, page: str, target: str, /, **texts: Any) -> httpx.Response:
        """Open a page, fill in its form for `target`, send it."""
        return self.send(self.page(page), target, **texts)

    def send(self, html: str, target: str, /, **texts: Any) -> httpx.Response:
        """Fill in the form for `target` on a page at hand, with its hidden fields, and send it."""
        return self.post(target, {**hidden(html, target), **texts})


def visitor(*roles: str, name: str = "秘书甲", account_id: UUID | None = None) -> Visitor:
    unit = "shx" if "unit" in roles else None
    return Visitor(account_id or uuid4(), name, frozenset(roles), unit, uuid4(), form_token=uuid4().hex)


def pass_of(desk: Desk, who: Visitor, *, age: timedelta = timedelta()) -> str:
    return PassSigner(desk.signer.private_key_pem).sign(who, who.form_token, now=datetime.now(UTC) - age)


OLD = LIFETIME + timedelta(minutes=1)
"""Older than a pass may be."""


@contextmanager
def browser(desk: Desk, who: Visitor | None, *, age: timedelta = timedelta()) -> Iterator[Browser]:
    with httpx.Client(base_url=desk.url, timeout=30) as http:
        if who is not None:
            http.cookies.set(COOKIE, pass_of(desk, who, age=age), domain="127.0.0.1", path="/")
        yield Browser(desk, http, who)
