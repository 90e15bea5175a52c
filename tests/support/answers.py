"""What a service answered over HTTP, and what a test expects of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True)
class Answer:
    """An answer; `ok` and `refused` say what a test expects of it."""

    response: httpx.Response

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def json(self) -> dict[str, Any]:
        body: dict[str, Any] = self.response.json()
        return body

    def ok(self, status: int = 200) -> dict[str, Any]:
        assert self.status == status, self.response.text
        return self.json if self.response.content else {}

    def refused(self, status: int, slug: str) -> dict[str, Any]:
        assert (self.status, self.json.get("slug")) == (status, slug), self.response.text
        assert self.response.headers["content-type"] == "application/problem+json"
        assert self.json["detail"]
        assert self.json["detail_en"]
        return self.json
