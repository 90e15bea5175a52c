"""Cases, revisions and verdicts on PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Connection,
    FunctionFilter,
    Integer,
    Select,
    any_,
    bindparam,
    func,
    literal,
    literal_column,
    select,
    text,
    true,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.sql.expression import ColumnCollection, Tuple
from sqlalchemy.types import Uuid

from services.review.domain.cases import Case, CaseState, Revision, Ruling
from services.review.domain.materials import Doubt, Inspection, MaterialVerdict, Pictures
from services.review.ports import CaseFilter, Queued
from services.review.store.assessments import LIVE, SCORES_IF_SUBMITTED
from services.review.store.rows import (
    case_of,
    case_values,
    doubt_of,
    inspection_of,
    pictures_of,
    plain,
    queued_of,
    revision_of,
    verdict_of,
    verdict_values,
)
from services.review.store.searching import matching, values_of
from services.review.store.tables import (
    assessments,
    cases,
    doubts,
    experts,
    inspections,
    pictures,
    resemblances,
    revisions,
    verdicts,
)

# Written out, not bound: the planner must see that the queue's partial indexes apply.
_SUBMITTED = cases.c.revision > literal_column("0")


def _weight(verdict: ColumnCollection[str, Any]) -> Tuple:
    """MaterialVerdict.outweighs, in SQL."""
    at = verdict.judged_at
    return tuple_(
        at.is_not(None), func.coalesce(at, literal_column("'-infinity'::timestamptz")), verdict.state == "rejected"
    )


def _count(state: str) -> FunctionFilter[int]:
    return func.count().filter(verdicts.c.state == state)


_JUDGED = (
    select(_count("accepted").label("accepted"), _count("rejected").label("rejected"))
    .where(verdicts.c.material_id == any_(cases.c.material_ids))
    .lateral("judged")
)
_GIVEN = (
    select(func.jsonb_agg(SCORES_IF_SUBMITTED).label("scores"))
    .where(assessments.c.entry_id == cases.c.entry_id, LIVE)
    .lateral("given")
)
_OTHER = cases.alias("other")
_ALIKE = (
    select(literal_column("1"))
    .select_from(resemblances.join(_OTHER, _OTHER.c.entry_id == resemblances.c.other_entry_id))
    .where(
        resemblances.c.material_id == any_(cases.c.material_ids),
        resemblances.c.other_id == any_(_OTHER.c.material_ids),
        ~select(experts.c.account_id)
        .where(
            experts.c.campaign_id == resemblances.c.other_campaign_id,
            experts.c.account_id == bindparam("reader", type_=Uuid()),
        )
        .exists(),
    )
    .correlate(cases)
    .exists()
)
# One statement for a page of the queue, of the columns that it shows: each row looks up its few verdicts and scores by
# index, which costs less than handing the database the page's ids two times over.
_QUEUE: Select[Any] = (
    select(
        cases.c.entry_id,
        cases.c.campaign_id,
        cases.c.category,
        cases.c.unit_code,
        cases.c.unit_name,
        cases.c.unit_region,
        cases.c.state,
        cases.c.revision,
        cases.c.title,
        cases.c.receipt_number,
        cases.c.submitted_at,
        func.cardinality(cases.c.material_ids),
        _JUDGED.c.accepted,
        _JUDGED.c.rejected,
        _GIVEN.c.scores,
        _ALIKE,
    )
    .select_from(cases.join(_JUDGED, true()).join(_GIVEN, true()))
    .where(cases.c.campaign_id == bindparam("campaign"), _SUBMITTED)
    .order_by(cases.c.submitted_at, cases.c.entry_id)
    .limit(bindparam("most", type_=Integer))
)


_statements: dict[tuple[str, ...], Select[Any]] = {}


def _queue(wanted: CaseFilter, *, further: bool) -> Select[Any]:
    """The statement of a page: made once for each shape, as making one takes a tenth of the page's time."""
    conditions = matching(wanted)
    shape = (*conditions, "further") if further else tuple(conditions)
    found = _statements.get(shape)
    if found is None:
        found = _QUEUE.where(*conditions.values())
        if further:
            last = tuple_(bindparam("last_at", type_=cases.c.submitted_at.type), bindparam("last_id", type_=Uuid()))
            found = found.where(tuple_(cases.c.submitted_at, cases.c.entry_id) > last)
        _statements[shape] = found
    return found


class SqlCases:
    """See services.review.ports.Cases."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self, entry_id: UUID) -> Case | None:
        # The row's lock would not hold back a second event about an entry of which there is no row yet.
        self._connection.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"entry:{entry_id}"}
        )
        return self._one(select(cases).where(cases.c.entry_id == entry_id).with_for_update())

    def lock_all(self, entry_ids: Collection[UUID]) -> dict[UUID, Case]:
        return self._several(self._named(entry_ids).order_by(cases.c.entry_id).with_for_update())

    def get(self, entry_id: UUID) -> Case | None:
        return self._one(select(cases).where(cases.c.entry_id == entry_id))

    def several(self, entry_ids: Collection[UUID]) -> dict[UUID, Case]:
        return self._several(self._named(entry_ids))

    def put(self, case: Case) -> None:
        values = case_values(case)
        self._connection.execute(
            insert(cases).values(values).on_conflict_do_update(index_elements=[cases.c.entry_id], set_=values)
        )

    def add_revision(self, revision: Revision) -> None:
        self._connection.execute(
            insert(revisions)
            .values(
                entry_id=revision.entry_id,
                number=revision.number,
                campaign_version=revision.campaign_version,
                title=revision.title,
                fields=dict(revision.fields),
                materials=plain(revision.materials),
                digest=revision.digest,
                submitted_by=revision.submitted_by,
                submitted_at=revision.submitted_at,
            )
            .on_conflict_do_nothing()
        )

    def revision(self, entry_id: UUID, number: int) -> Revision | None:
        row = self._connection.execute(
            select(revisions).where(revisions.c.entry_id == entry_id, revisions.c.number == number)
        ).one_or_none()
        return revision_of(row) if row else None

    def rule(self, entry_id: UUID, number: int, ruling: Ruling) -> None:
        self._connection.execute(
            update(revisions)
            .where(revisions.c.entry_id == entry_id, revisions.c.number == number)
            .values(
                verdict=ruling.verdict.value,
                conditions=list(ruling.conditions),
                findings=plain(ruling.findings),
                mend_by=ruling.mend_by,
                decided_by=ruling.by.account_id,
                decided_by_name=ruling.by.name,
                decided_at=ruling.at,
            )
        )

    def put_verdicts(self, given: Iterable[MaterialVerdict]) -> None:
        for verdict in sorted(given, key=lambda v: v.material_id):
            values = verdict_values(verdict)
            statement = insert(verdicts).values(values)
            new, old = statement.excluded, verdicts.c

            self._connection.execute(
                statement.on_conflict_do_update(
                    index_elements=[old.material_id], set_=values, where=_weight(new) > _weight(old)
                )
            )

    def verdicts(self, material_ids: Collection[UUID]) -> dict[UUID, MaterialVerdict]:
        if not material_ids:
            return {}
        rows = self._connection.execute(select(verdicts).where(verdicts.c.material_id.in_(material_ids)))
        return {row.material_id: verdict_of(row) for row in rows.all()}

    def put_doubt(self, doubt: Doubt) -> None:
        values = {"material_id": doubt.material_id, "round": doubt.round, "findings": plain(doubt.findings)}
        statement = insert(doubts).values(values)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=[doubts.c.material_id],
                set_=values,
                where=statement.excluded.round > doubts.c.round,
            )
        )

    def doubts(self, material_ids: Collection[UUID]) -> dict[UUID, Doubt]:
        if not material_ids:
            return {}
        rows = self._connection.execute(select(doubts).where(doubts.c.material_id.in_(material_ids)))
        return {row.material_id: doubt_of(row) for row in rows.all()}

    def put_pictures(self, given: Pictures) -> None:
        values = {"stem": given.stem, "renditions": plain(given.renditions), "placeholder": given.placeholder}
        self._connection.execute(
            insert(pictures).values(values).on_conflict_do_update(index_elements=[pictures.c.stem], set_=values)
        )

    def pictures(self, stems: Collection[str]) -> dict[str, Pictures]:
        if not stems:
            return {}
        rows = self._connection.execute(select(pictures).where(pictures.c.stem.in_(stems)))
        return {row.stem: pictures_of(row) for row in rows.all()}

    def put_inspection(self, inspection: Inspection) -> None:
        values = {
            "material_id": inspection.material_id,
            "warnings": plain(inspection.warnings),
            "playable": inspection.playable,
        }
        self._connection.execute(
            insert(inspections).values(values).on_conflict_do_update(index_elements=["material_id"], set_=values)
        )

    def inspections(self, material_ids: Collection[UUID]) -> dict[UUID, Inspection]:
        if not material_ids:
            return {}
        rows = self._connection.execute(select(inspections).where(inspections.c.material_id.in_(material_ids)))
        return {row.material_id: inspection_of(row) for row in rows.all()}

    def siblings(self, case: Case) -> Sequence[Case]:
        rows = self._connection.execute(
            select(cases)
            .where(
                cases.c.campaign_id == case.campaign_id,
                cases.c.unit_code == case.unit.code,
                cases.c.category == case.category,
                cases.c.entry_id != case.entry_id,
                cases.c.state != CaseState.WITHDRAWN.value,
                _SUBMITTED,
            )
            .order_by(cases.c.receipt_number)
        )
        return [case_of(row) for row in rows]

    def unit_known(self, campaign_id: str, unit_code: str) -> bool:
        found = select(cases.c.entry_id).where(cases.c.campaign_id == campaign_id, cases.c.unit_code == unit_code)
        return self._connection.execute(found.limit(1)).first() is not None

    def eligible(self, campaign_id: str, *, hold: bool = False) -> Sequence[Case]:
        found = (
            select(cases)
            .where(cases.c.campaign_id == campaign_id, cases.c.state == CaseState.ELIGIBLE.value, _SUBMITTED)
            .order_by(cases.c.entry_id)
        )
        if hold:
            found = found.with_for_update(read=True)
        return [case_of(row) for row in self._connection.execute(found).all()]

    def queue(self, wanted: CaseFilter, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[Queued]:
        last_at, last_id = after or (None, None)
        values = {**values_of(wanted), "most": limit, "last_at": last_at, "last_id": last_id}
        found = _queue(wanted, further=after is not None)
        return [queued_of(row) for row in self._connection.execute(found, values)]

    @staticmethod
    def _named(entry_ids: Collection[UUID]) -> Select[Any]:
        return select(cases).where(cases.c.entry_id == any_(literal(list(entry_ids), ARRAY(Uuid))))

    def _one(self, found: Select[Any]) -> Case | None:
        row = self._connection.execute(found).one_or_none()
        return case_of(row) if row else None

    def _several(self, found: Select[Any]) -> dict[UUID, Case]:
        return {row.entry_id: case_of(row) for row in self._connection.execute(found).all()}
