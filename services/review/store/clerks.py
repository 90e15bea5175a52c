"""Claims and drafts on PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, and_, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from contracts.events import Finding
from services.review.domain.acts import Actor
from services.review.domain.cases import CaseState, Verdict
from services.review.domain.claims import Claim
from services.review.domain.drafts import Draft, Standing
from services.review.ports import CaseFilter, InHand
from services.review.store.rows import plain
from services.review.store.searching import CURRENT, matching, values_of
from services.review.store.tables import cases, claims, drafts

_IS_OPEN = cases.c.state == CaseState.OPEN.value


class SqlClerks:
    """See services.review.ports.Clerks."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def claim(self, entry_id: UUID) -> Claim | None:
        row = self._connection.execute(select(claims).where(claims.c.entry_id == entry_id)).one_or_none()
        return Claim(row.entry_id, Actor(row.account_id, row.name), row.until) if row else None

    def put_claim(self, claim: Claim) -> None:
        values = {"account_id": claim.by.account_id, "name": claim.by.name, "until": claim.until}
        self._connection.execute(
            insert(claims)
            .values(entry_id=claim.entry_id, **values)
            .on_conflict_do_update(index_elements=[claims.c.entry_id], set_=values)
        )

    def drop_claim(self, entry_id: UUID) -> None:
        self._connection.execute(delete(claims).where(claims.c.entry_id == entry_id))

    def next_free(self, wanted: CaseFilter, by: Actor, skipped: UUID | None) -> UUID | None:
        busy = select(claims.c.entry_id).where(
            claims.c.entry_id == cases.c.entry_id,
            claims.c.account_id != by.account_id,
            claims.c.until > func.clock_timestamp(),
        )
        found = (
            select(cases.c.entry_id)
            .where(
                cases.c.campaign_id == wanted.campaign_id,
                _IS_OPEN,
                cases.c.revision > 0,
                ~busy.exists(),
                ~select(drafts.c.entry_id).where(CURRENT).exists(),
                *matching(wanted).values(),
            )
            .order_by(cases.c.entry_id == skipped, cases.c.submitted_at, cases.c.entry_id)
            .limit(1)
            .with_for_update(of=cases, skip_locked=True)
        )
        return self._connection.execute(found, values_of(wanted)).scalar_one_or_none()

    def draft(self, entry_id: UUID) -> Draft | None:
        row = self._connection.execute(select(drafts).where(drafts.c.entry_id == entry_id)).one_or_none()
        return _draft_of(row) if row else None

    def put_draft(self, draft: Draft) -> None:
        values = {
            "revision": draft.revision,
            "verdict": draft.verdict.value,
            "conditions": list(draft.conditions),
            "findings": plain(draft.findings),
            "mend_by": draft.mend_by,
            "drafted_by": draft.by.account_id,
            "drafted_by_name": draft.by.name,
            "drafted_at": draft.at,
        }
        self._connection.execute(
            insert(drafts)
            .values(entry_id=draft.entry_id, **values)
            .on_conflict_do_update(index_elements=[drafts.c.entry_id], set_=values)
        )

    def drop_draft(self, entry_id: UUID) -> None:
        self._connection.execute(delete(drafts).where(drafts.c.entry_id == entry_id))

    def drafts(self, campaign_id: str, limit: int) -> Sequence[Draft]:
        found = (
            select(drafts)
            .join(cases, CURRENT)
            .where(cases.c.campaign_id == campaign_id, _IS_OPEN)
            .order_by(drafts.c.drafted_at, drafts.c.entry_id)
            .limit(limit)
        )
        return [_draft_of(row) for row in self._connection.execute(found)]

    def in_hand(self, entry_ids: Collection[UUID]) -> Mapping[UUID, InHand]:
        if not entry_ids:
            return {}
        now = and_(claims.c.entry_id == cases.c.entry_id, claims.c.until > func.clock_timestamp())
        found = (
            select(cases.c.entry_id, claims.c.account_id, claims.c.name, claims.c.until, drafts.c.verdict)
            .select_from(cases.outerjoin(claims, now).outerjoin(drafts, CURRENT))
            .where(
                cases.c.entry_id.in_(entry_ids),
                _IS_OPEN,
                or_(claims.c.until.is_not(None), drafts.c.verdict.is_not(None)),
            )
        )
        return {
            row.entry_id: InHand(
                Claim(row.entry_id, Actor(row.account_id, row.name), row.until) if row.until else None,
                Verdict(row.verdict) if row.verdict else None,
            )
            for row in self._connection.execute(found)
        }

    def standing(self, campaign_id: str) -> Standing:
        here = and_(cases.c.campaign_id == campaign_id, cases.c.revision > 0)
        counted = (
            select(cases.c.category, cases.c.state, func.count()).where(here).group_by(cases.c.category, cases.c.state)
        )
        drafted = select(func.count()).select_from(drafts.join(cases, CURRENT)).where(here, _IS_OPEN)
        claimed = (
            select(func.count())
            .select_from(claims.join(cases, claims.c.entry_id == cases.c.entry_id))
            .where(here, _IS_OPEN, claims.c.until > func.clock_timestamp())
        )
        rows = self._connection.execute(counted).all()
        return Standing(
            cases={(category, state): number for category, state, number in rows},
            drafts=self._connection.execute(drafted).scalar_one(),
            claimed=self._connection.execute(claimed).scalar_one(),
        )


def _draft_of(row: Row[Any]) -> Draft:
    return Draft(
        entry_id=row.entry_id,
        revision=row.revision,
        verdict=Verdict(row.verdict),
        by=Actor(row.drafted_by, row.drafted_by_name),
        at=row.drafted_at,
        conditions=tuple(row.conditions),
        findings=tuple(Finding.model_validate(item) for item in row.findings),
        mend_by=row.mend_by,
    )
