"""Lists in pages by key: the cursor holds the sort key of the last row seen, sealed so that nobody can make one up."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel

from infra.web.problems import Problem, ProblemType

BAD_CURSOR = ProblemType(
    "bad-cursor",
    422,
    "翻页参数无效，请从第一页重新查看。",
    "This page cursor is not valid here; start again from the first page.",
)
MAX_LIMIT = 200
_TAG_BYTES = 12
_MAX_CURSOR = 1024

T = TypeVar("T")
Key = str | int


class Page(BaseModel, Generic[T]):
    """A page of a list; `next` is the `after` of the following page, null at the end."""

    items: list[T]
    next: str | None = None


After = Annotated[str | None, Query(max_length=_MAX_CURSOR, description="`next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Rows of a page.")]


@dataclass(frozen=True, slots=True)
class Pager:
    """Cursors of one list. `secret` is the service's own; `name` tells lists (and their filters) apart."""

    secret: bytes
    name: str

    def cursor(self, key: Sequence[Key]) -> str:
        """The cursor behind the row whose sort key is `key`."""
        body = json.dumps(list(key), ensure_ascii=False, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._tag(body) + body).decode().rstrip("=")

    def key(self, cursor: str | None, shape: tuple[type[Key], ...]) -> tuple[Key, ...] | None:
        """The sort key in a cursor, of the types in `shape`; None for the first page. Raises Problem (422)."""
        if cursor is None:
            return None
        try:
            sealed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            tag, body = sealed[:_TAG_BYTES], sealed[_TAG_BYTES:]
            if not hmac.compare_digest(tag, self._tag(body)):
                raise Problem(BAD_CURSOR)
            key = json.loads(body)
        except (binascii.Error, ValueError) as error:
            raise Problem(BAD_CURSOR) from error
        if len(key) != len(shape) or not all(type(part) is kind for part, kind in zip(key, shape, strict=True)):
            raise Problem(BAD_CURSOR)
        return tuple(key)

    def page(self, rows: Sequence[T], limit: int, key_of: Callable[[T], Sequence[Key]]) -> Page[T]:
        """A page of rows that were asked for with LIMIT `limit` + 1."""
        shown = list(rows[:limit])
        more = len(rows) > limit
        return Page(items=shown, next=self.cursor(key_of(shown[-1])) if more else None)

    def _tag(self, body: bytes) -> bytes:
        sealed = self.name.encode() + b"\0" + body
        return hmac.digest(self.secret, sealed, hashlib.sha256)[:_TAG_BYTES]
