"""What the routes of review share."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from infra.web.paging import Pager
from services.review.app import Review
from services.review.ports import Balancer, Links

PREFIX = "/api/review/v1"


@dataclass(frozen=True, slots=True)
class Context:
    """The service, and what it reaches beyond its database."""

    review: Review
    links: Links
    balancer: Balancer

    def pager(self, name: str) -> Pager:
        """Cursors of one list; every api process of the service seals them alike."""
        return Pager(self.secret("cursors"), name)

    def secret(self, purpose: str) -> bytes:
        """A secret that every api process of the service has alike, and no other."""
        return hashlib.sha256(f"{purpose} of review {self.review.database.dsn}".encode()).digest()


def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


Shared = Annotated[Context, Depends(_context)]


def time_and_id(pager: Pager, cursor: str | None) -> tuple[datetime, UUID] | None:
    """The (time, id) after which a page begins; None for the first. Raises Problem (422)."""
    key = pager.key(cursor, (str, str))
    return (datetime.fromisoformat(str(key[0])), UUID(str(key[1]))) if key else None
