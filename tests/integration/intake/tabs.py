"""A browser without scripts: it keeps cookies, fills in forms, and says where its requests come from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx

from infra.web.csrf import HEADER
from infra.web.visits import COOKIE, digest_of, new_secret
from services.intake.domain.accounts import Account
from services.intake.domain.sessions import ABSOLUTE
from tests.integration.intake.desk import Intake
from tests.support.pages import AS_OUR_PAGE, hidden

__all__ = ["Tab", "hidden", "signed_in", "tab"]

_NOBODY = UUID(int=0)


@dataclass
class Tab:
    """One browser. `account_id` and `session_id` are of who is signed in from the start."""

    intake: Intake
    http: httpx.Client
    account_id: UUID = _NOBODY
    session_id: UUID = _NOBODY

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.http.get(path, headers=AS_OUR_PAGE | headers)

    def post(self, path: str, form: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
        """As a form of ours is sent, but for its token."""
        return self.http.post(path, data=form or {}, headers=AS_OUR_PAGE | {"Origin": self.intake.url} | headers)

    def fill(self, page: str, target: str | None = None, /, **texts: Any) -> httpx.Response:
        """Open a page, fill in its form for `target` (its own address, if not given), send it."""
        return self.send(self.get(page).text, target or page.partition("?")[0], **texts)

    def send(self, html: str, target: str, /, **texts: Any) -> httpx.Response:
        """Fill in the form for `target` on a page at hand, with its hidden fields, and send it."""
        return self.post(target, {**hidden(html, target), **texts})

    @property
    def token(self) -> str:
        """The form token of who is signed in now."""
        return str(self.http.get("/session").json()["csrf"])

    @property
    def cookie(self) -> str | None:
        return self.http.cookies.get(COOKIE)

    def script(self, method: str, path: str, **options: Any) -> httpx.Response:
        """As our scripts ask: with the token in a header, for JSON."""
        headers = {"Accept": "application/json", "Sec-Fetch-Site": "same-origin", HEADER: self.token}
        return self.http.request(method, path, headers=headers, **options)


@contextmanager
def tab(intake: Intake) -> Iterator[Tab]:
    """A fresh browser."""
    with httpx.Client(base_url=intake.url, timeout=30) as http:
        yield Tab(intake, http)


@contextmanager
def signed_in(
    intake: Intake, *roles: str, unit: str | None = None, factor: bool = True, contact: bool = True
) -> Iterator[Tab]:
    """A fresh browser in which an account of its own is signed in; with its second factor and contact, if needed."""
    account = Account(
        uuid4(), f"t-{uuid4().hex[:20]}", "测试账号", frozenset(roles), unit, datetime.now(UTC), activated=True
    )
    secret, session_id = new_secret(), uuid4()
    with intake.store.begin() as tx:
        assert tx.add_account(account)
        tx.add_session(session_id, account.account_id, "page", digest_of(secret), ABSOLUTE, "测试", "127.0.0.1")
        if contact:
            tx.contact_registered(account.account_id, datetime.now(UTC))
        if factor and not frozenset(roles).isdisjoint(intake.ports.factor_required):
            tx.begin_second_factor(account.account_id, "A" * 32)
            tx.confirm_second_factor(account.account_id, 0, [b"x" * 32])
    with tab(intake) as browser:
        browser.http.cookies.set(COOKIE, secret, domain="127.0.0.1", path="/")
        browser.account_id, browser.session_id = account.account_id, session_id
        yield browser
