"""Notices and decisions on PostgreSQL."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from services.review.domain.acts import Actor
from services.review.domain.lists import Decision, Notice
from services.review.store.rows import candidates_of, plain
from services.review.store.tables import decisions, notices


class SqlLists:
    """See services.review.ports.Lists."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def notice(self, campaign_id: str) -> Notice | None:
        row = self._connection.execute(select(notices).where(notices.c.campaign_id == campaign_id)).one_or_none()
        if row is None:
            return None
        return Notice(
            campaign_id=row.campaign_id,
            opens_at=row.opens_at,
            closes_at=row.closes_at,
            places=row.places,
            listed=candidates_of(row.listed),
            by=Actor(row.given_by, row.given_by_name),
            given_at=row.given_at,
        )

    def add_notice(self, notice: Notice) -> None:
        self._connection.execute(
            insert(notices).values(
                campaign_id=notice.campaign_id,
                opens_at=notice.opens_at,
                closes_at=notice.closes_at,
                places=dict(notice.places),
                listed=plain(notice.listed),
                given_by=notice.by.account_id,
                given_by_name=notice.by.name,
                given_at=notice.given_at,
            )
        )

    def decision(self, campaign_id: str) -> Decision | None:
        row = self._connection.execute(select(decisions).where(decisions.c.campaign_id == campaign_id)).one_or_none()
        if row is None:
            return None
        return Decision(
            campaign_id=row.campaign_id,
            number=row.number,
            issuer=row.issuer,
            places=row.places,
            listed=candidates_of(row.listed),
            by=Actor(row.published_by, row.published_by_name),
            published_at=row.published_at,
        )

    def add_decision(self, decision: Decision) -> None:
        self._connection.execute(
            insert(decisions).values(
                campaign_id=decision.campaign_id,
                number=decision.number,
                issuer=decision.issuer,
                places=dict(decision.places),
                listed=plain(decision.listed),
                published_by=decision.by.account_id,
                published_by_name=decision.by.name,
                published_at=decision.published_at,
            )
        )
