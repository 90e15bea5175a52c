"""Paper copies on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, insert, or_, select

from services.review.domain.acts import Actor
from services.review.domain.cases import Case, CaseState
from services.review.domain.papers import Paper, PaperStanding
from services.review.store.rows import case_of
from services.review.store.tables import cases, papers


class SqlPapers:
    """See services.review.ports.Papers."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def case(self, campaign_id: str, number: str) -> Case | None:
        found = select(cases).where(cases.c.receipt_number == number, cases.c.campaign_id == campaign_id)
        row = self._connection.execute(found.limit(1)).one_or_none()
        return case_of(row) if row else None

    def add(self, paper: Paper) -> None:
        self._connection.execute(
            insert(papers).values(
                entry_id=paper.entry_id,
                revision=paper.revision,
                standing=paper.standing.value,
                registered_by=paper.by.account_id,
                registered_by_name=paper.by.name,
                registered_at=paper.at,
            )
        )

    def of_entry(self, entry_id: UUID) -> Sequence[Paper]:
        rows = self._connection.execute(select(papers).where(papers.c.entry_id == entry_id).order_by(papers.c.id))
        return [_paper_of(row) for row in rows]

    def missing(self, campaign_id: str, limit: int) -> Sequence[Case]:
        good = select(papers.c.id).where(
            papers.c.entry_id == cases.c.entry_id,
            or_(
                papers.c.revision == cases.c.revision,
                papers.c.standing == PaperStanding.UNCHECKED.value,
            ),
            papers.c.standing.in_([PaperStanding.CURRENT.value, PaperStanding.UNCHECKED.value]),
        )
        found = (
            select(cases)
            .where(
                cases.c.campaign_id == campaign_id,
                cases.c.revision > 0,
                cases.c.state != CaseState.WITHDRAWN.value,
                ~good.exists(),
            )
            .order_by(cases.c.unit_name, cases.c.receipt_number)
            .limit(limit)
        )
        return [case_of(row) for row in self._connection.execute(found)]


def _paper_of(row: Row[Any]) -> Paper:
    by = Actor(row.registered_by, row.registered_by_name)
    return Paper(row.entry_id, row.revision, PaperStanding(row.standing), by, row.registered_at)
