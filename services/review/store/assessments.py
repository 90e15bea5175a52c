"""Experts' work on PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, Text, any_, case, cast, func, insert, literal, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Uuid

from services.review.domain.assessments import Assessment, AssessmentState
from services.review.store.rows import assessment_of, assessment_values
from services.review.store.tables import assessments

# Written out, not bound: the planner must see that the partial indexes apply.
LIVE = text("assessments.state IN ('assigned', 'submitted')")
SCORES_IF_SUBMITTED = case((assessments.c.state == AssessmentState.SUBMITTED.value, assessments.c.scores))
"""Null while the assessment is outstanding: drafts of scores are nobody's but the expert's."""
_MOST_ROWS = 1000


class SqlAssessments:
    """See services.review.ports.Assessments."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, given: Sequence[Assessment]) -> None:
        for at in range(0, len(given), _MOST_ROWS):
            rows = [assessment_values(assessment) for assessment in given[at : at + _MOST_ROWS]]
            self._connection.execute(insert(assessments), rows)

    def put(self, assessment: Assessment) -> None:
        values = assessment_values(assessment)
        self._connection.execute(
            update(assessments).where(assessments.c.assessment_id == assessment.assessment_id).values(values)
        )

    def get(self, assessment_id: UUID) -> Assessment | None:
        row = self._connection.execute(
            select(assessments).where(assessments.c.assessment_id == assessment_id)
        ).one_or_none()
        return assessment_of(row) if row else None

    def live(self, campaign_id: str) -> Sequence[Assessment]:
        return self._all(select(assessments).where(assessments.c.campaign_id == campaign_id, LIVE))

    def declined(self, campaign_id: str) -> Collection[tuple[UUID, UUID]]:
        rows = self._connection.execute(
            select(assessments.c.entry_id, assessments.c.expert_id).where(
                assessments.c.campaign_id == campaign_id,
                assessments.c.state == AssessmentState.ABSTAINED.value,
            )
        )
        return {(entry_id, expert_id) for entry_id, expert_id in rows}

    def live_of_entries(self, entry_ids: Collection[UUID]) -> Sequence[Assessment]:
        if not entry_ids:
            return ()
        return self._all(
            select(assessments).where(assessments.c.entry_id == any_(literal(list(entry_ids), ARRAY(Uuid))), LIVE)
        )

    def scores_of_entries(self, entry_ids: Collection[UUID]) -> Mapping[UUID, Mapping[UUID, Mapping[str, int] | None]]:
        if not entry_ids:
            return {}
        # One list for each entry, put together by the database: a page of the queue reads hundreds of scores.
        rows = self._connection.execute(
            select(
                assessments.c.entry_id,
                func.jsonb_object_agg(cast(assessments.c.expert_id, Text), SCORES_IF_SUBMITTED).label("given"),
            )
            .where(assessments.c.entry_id == any_(literal(list(entry_ids), ARRAY(Uuid))), LIVE)
            .group_by(assessments.c.entry_id)
        )
        return {row.entry_id: {UUID(expert): own for expert, own in row.given.items()} for row in rows.all()}

    def of_entry(self, entry_id: UUID) -> Sequence[Assessment]:
        return self._all(
            select(assessments)
            .where(assessments.c.entry_id == entry_id)
            .order_by(assessments.c.assigned_at, assessments.c.assessment_id)
        )

    def live_of_expert(
        self, expert_id: UUID, after: tuple[datetime, UUID] | None = None, limit: int | None = None
    ) -> Sequence[Assessment]:
        found = select(assessments).where(assessments.c.expert_id == expert_id, LIVE)
        if after is not None:
            key = tuple_(assessments.c.assigned_at, assessments.c.assessment_id)
            found = found.where(key > tuple_(*map(literal, after)))
        found = found.order_by(assessments.c.assigned_at, assessments.c.assessment_id)
        return self._all(found if limit is None else found.limit(limit))

    def put_due(self, campaign_id: str, due_at: datetime) -> None:
        self._connection.execute(
            update(assessments)
            .where(
                assessments.c.campaign_id == campaign_id,
                assessments.c.state == AssessmentState.ASSIGNED.value,
                assessments.c.due_at != due_at,
            )
            .values(due_at=due_at)
        )

    def _all(self, found: Select[Any]) -> list[Assessment]:
        return [assessment_of(row) for row in self._connection.execute(found).all()]
