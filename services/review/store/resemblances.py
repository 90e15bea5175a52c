"""Resemblances on PostgreSQL: a row for each of the two that are alike."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, any_, func, select
from sqlalchemy.dialects.postgresql import insert

from contracts.events import MaterialPlace
from services.review.domain.resemblances import Resemblance
from services.review.store.rows import plain
from services.review.store.tables import cases, resemblances, verdicts

_MOST_HEIRS = 20
"""Materials of one file that media never judged by themselves: those of entries that were begun again."""
_MOST_SHOWN = 50


class SqlResemblances:
    """See services.review.ports.Resemblances."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, given: Iterable[Resemblance]) -> None:
        for one in sorted(given, key=lambda one: (one.material.material_id, one.other.material_id)):
            self._connection.execute(
                insert(resemblances)
                .values(
                    material_id=one.material.material_id,
                    other_id=one.other.material_id,
                    sha256=one.material.sha256,
                    other_entry_id=one.other.entry_id,
                    other_campaign_id=one.other.campaign_id,
                    material=plain(one.material),
                    other=plain(one.other),
                    likeness=one.likeness,
                    mirrored=one.mirrored,
                    distance=one.distance,
                    correlation=one.correlation,
                    more=one.more,
                    found_at=one.found_at,
                )
                .on_conflict_do_nothing()
            )

    def of_file(self, sha256: str) -> Sequence[Resemblance]:
        rows = self._connection.execute(
            select(resemblances)
            .where(resemblances.c.sha256 == sha256)
            .order_by(resemblances.c.found_at)
            .limit(_MOST_SHOWN)
        )
        return [_resemblance(row) for row in rows]

    def heirs(self, sha256: str) -> Sequence[MaterialPlace]:
        rows = self._connection.execute(
            select(
                verdicts.c.material_id,
                cases.c.entry_id,
                cases.c.campaign_id,
                cases.c.category,
                cases.c.unit_code,
            )
            .join(cases, cases.c.entry_id == verdicts.c.entry_id)
            .where(verdicts.c.sha256 == sha256, verdicts.c.judged_at.is_(None))
            .limit(_MOST_HEIRS)
        )
        return [MaterialPlace(**row._asdict(), kind="", sha256=sha256) for row in rows]

    def shown(self, material_ids: Collection[UUID]) -> Sequence[Resemblance]:
        if not material_ids:
            return []
        rows = self._connection.execute(
            select(resemblances)
            .join(cases, cases.c.entry_id == resemblances.c.other_entry_id)
            .where(
                resemblances.c.material_id.in_(material_ids),
                resemblances.c.other_id == any_(cases.c.material_ids),
            )
            .order_by(
                resemblances.c.likeness.desc(),  # the same file before a near picture
                func.coalesce(resemblances.c.correlation, 1.0).desc(),
                resemblances.c.found_at,
                resemblances.c.other_id,
            )
            .limit(_MOST_SHOWN)
        )
        return [_resemblance(row) for row in rows]


def _resemblance(row: Row[Any]) -> Resemblance:
    return Resemblance(
        material=MaterialPlace.model_validate(row.material),
        other=MaterialPlace.model_validate(row.other),
        likeness=row.likeness,
        found_at=row.found_at,
        mirrored=row.mirrored,
        distance=row.distance,
        correlation=row.correlation,
        more=row.more,
    )
