"""The platform's public doors: the JSON apis of one origin, and uploads straight to object storage."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree as ET

import httpx

PROBLEM = "application/problem+json"


@dataclass
class Refused(Exception):
    """A door refused: the status, the slug, and the sentences that its user reads."""

    status: int
    slug: str
    zh: str
    en: str
    body: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.status} {self.slug}: {self.zh}"

    @property
    def findings(self) -> list[dict[str, Any]]:
        return list(self.body.get("findings", ()))


def refusal_of(answer: httpx.Response) -> Refused:
    """The refusal in an answer of an api; what is no problem document is kept as it came."""
    if answer.headers.get("content-type", "").startswith(PROBLEM):
        body = answer.json()
        findings = body.get("findings", ())
        zh = "".join([body.get("detail", body["title"]), *(finding["zh"] for finding in findings)])
        en = " ".join([body.get("detail_en", body["title_en"]), *(finding["en"] for finding in findings)])
        return Refused(answer.status_code, body["slug"], zh, en, body)
    return Refused(answer.status_code, "no-problem-document", answer.text[:500], answer.text[:500])


@dataclass(frozen=True, slots=True)
class Door:
    """One caller's view of the apis: `url` is the origin, `token` what signing in gave."""

    http: httpx.AsyncClient
    url: str
    token: str | None = None

    def with_token(self, token: str) -> Door:
        return Door(self.http, self.url, token)

    async def call(
        self, method: str, path: str, body: Any = None, params: Mapping[str, str | int] | None = None
    ) -> Any:
        """The JSON of a successful answer, None where it has no content. `path` is below /api/. Raises Refused."""
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        answer = await self.http.request(
            method, f"{self.url}/api/{path}", json=body, params=dict(params or {}), headers=headers
        )
        if answer.is_success:
            return answer.json() if answer.content else None
        raise refusal_of(answer)

    async def get(self, path: str, **params: str | int) -> Any:
        return await self.call("GET", path, params=params)

    async def post(self, path: str, **body: Any) -> Any:
        return await self.call("POST", path, body)

    async def put(self, path: str, **body: Any) -> Any:
        return await self.call("PUT", path, body)

    async def delete(self, path: str) -> Any:
        return await self.call("DELETE", path)

    async def pages(self, path: str, **params: str | int) -> AsyncIterator[dict[str, Any]]:
        """Every row of a list, page after page."""
        after: dict[str, str | int] = {}
        while True:
            page = await self.get(path, **params, **after)
            for row in page["items"]:
                yield row
            if page["next"] is None:
                return
            after = {"after": page["next"]}

    async def all(self, path: str, **params: str | int) -> list[dict[str, Any]]:
        return [row async for row in self.pages(path, limit=200, **params)]


async def upload(http: httpx.AsyncClient, form: Mapping[str, Any], content: bytes) -> None:
    """Post a file to storage with a form that an api handed out. Raises Refused with the code that storage gives.

    Storage speaks XML to the uploading page, not to its user: `zh` is empty, the sentence comes from the api that is
    told that the upload is complete.
    """
    fields = {name: (None, value) for name, value in form["fields"].items()}
    answer = await http.post(form["url"], files={**fields, "file": ("file", content)})
    if not answer.is_success:
        code = _error_code(answer.text)
        slug = re.sub(r"(?<!^)(?=[A-Z])", "-", code).lower()
        raise Refused(answer.status_code, slug, "", code, {"answer": answer.text[:500]})


def _error_code(text: str) -> str:
    try:
        return ET.fromstring(text).findtext("Code") or "StorageError"  # noqa: S314 - our own storage's answer
    except ET.ParseError:
        return "StorageError"
