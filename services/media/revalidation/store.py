"""Rounds of judging in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, insert, select, update

from contracts.campaign import MaterialRule
from contracts.events import Event, Finding, MaterialAcceptedV1, MaterialDoubtedV1, MaterialFacts, ObjectRef
from infra.bus.outbox import Outbox
from infra.store import Database
from services.media.domain import State, Verdict
from services.media.revalidation.domain import BEGINS_A_ROUND, Chosen, Kept, Outcome
from services.media.store import SERVICE
from services.media.store.tables import BUS, campaign_rules, materials, rounds


class SqlRounds:
    """services.media.revalidation.usecase.Rounds."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._outbox = Outbox(SERVICE, BUS)
        self._rules: dict[str, dict[tuple[str, str], MaterialRule]] = {}

    def versions(self, chosen: Chosen) -> dict[str, int]:
        """The newest version of each campaign's rules: a run of other rules is another run."""
        found = select(campaign_rules.c.campaign_id, func.max(campaign_rules.c.version)).group_by(
            campaign_rules.c.campaign_id
        )
        if chosen.campaign_id is not None:
            found = found.where(campaign_rules.c.campaign_id == chosen.campaign_id)
        with self._database.read() as connection:
            return {row[0]: row[1] for row in connection.execute(found)}

    def to_judge(self, chosen: Chosen, run: str, after: UUID | None, limit: int) -> Sequence[Kept]:
        done = and_(rounds.c.run == run, rounds.c.material_id == materials.c.material_id)
        query = select(materials).where(~select(rounds.c.run).where(done).exists())
        if after is not None:
            query = query.where(materials.c.material_id > after)
        if chosen.campaign_id is not None:
            query = query.where(materials.c.campaign_id == chosen.campaign_id)
        if chosen.kind is not None:
            query = query.where(materials.c.kind == chosen.kind)
        if chosen.accepted is not None:
            query = query.where((materials.c.state != State.REJECTED) == chosen.accepted)
        if chosen.since is not None:
            query = query.where(materials.c.judged_at >= chosen.since)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(materials.c.material_id).limit(limit)).mappings().all()
        return [_kept(dict(row)) for row in rows]

    def newest_rule(self, kept: Kept) -> MaterialRule | None:
        known = self._rules.get(kept.campaign_id)
        if known is None:
            newest = (
                select(campaign_rules.c.rules)
                .where(campaign_rules.c.campaign_id == kept.campaign_id)
                .order_by(campaign_rules.c.version.desc())
                .limit(1)
            )
            with self._database.read() as connection:
                rows = connection.execute(newest).scalar_one_or_none() or []
            known = {(one["category"], one["rule"]["key"]): MaterialRule.model_validate(one["rule"]) for one in rows}
            self._rules[kept.campaign_id] = known
        return known.get((kept.category, kept.kind))

    def conclude(self, run: str, kept: Kept, outcome: Outcome, verdict: Verdict) -> bool:
        judgement = verdict.judgement
        begins = outcome in BEGINS_A_ROUND
        with self._database.begin() as connection:
            now = connection.execute(
                select(materials.c.round, func.clock_timestamp())
                .where(materials.c.material_id == kept.material_id)
                .with_for_update()
            ).one()
            if now[0] != kept.round:
                return False
            told = [finding.model_dump(mode="json") for finding in judgement.findings]
            facts = judgement.facts.model_dump(mode="json") if judgement.facts else None
            connection.execute(
                insert(rounds).values(
                    run=run,
                    material_id=kept.material_id,
                    outcome=outcome,
                    round=kept.round + 1 if begins else None,
                    before={"findings": list(kept.slugs), "facts": _plain(kept.facts)},
                    findings=told,
                    facts=facts,
                )
            )
            if not begins:
                return True
            values: dict[str, Any] = {"round": kept.round + 1, "doubts": told if outcome is Outcome.DOUBTED else None}
            if outcome is Outcome.ACCEPTED:
                values |= {
                    "state": State.ACCEPTED,
                    "object": _plain(verdict.object),
                    "facts": facts,
                    "findings": [],
                    "judged_at": now[1],
                }
            connection.execute(update(materials).where(materials.c.material_id == kept.material_id).values(**values))
            event = _event(kept, outcome, verdict, now[1])
            self._outbox.add(connection, event, subject=str(kept.entry_id))
        return True


def _event(kept: Kept, outcome: Outcome, verdict: Verdict, at: Any) -> Event:
    about = {
        "material_id": kept.material_id,
        "entry_id": kept.entry_id,
        "campaign_id": kept.campaign_id,
        "kind": kept.kind,
        "judged_at": at,
        "round": kept.round + 1,
    }
    judgement = verdict.judgement
    if outcome is Outcome.DOUBTED:
        return MaterialDoubtedV1.model_validate({**about, "findings": judgement.findings})
    facts = kept.facts if outcome is Outcome.CLEARED else judgement.facts
    return MaterialAcceptedV1.model_validate({**about, "object": verdict.object, "facts": facts})


def _plain(model: ObjectRef | MaterialFacts | None) -> dict[str, Any] | None:
    return model.model_dump(mode="json") if model is not None else None


def _kept(row: dict[str, Any]) -> Kept:
    return Kept(
        material_id=row["material_id"],
        entry_id=row["entry_id"],
        campaign_id=row["campaign_id"],
        category=row["category"],
        unit_code=row["unit_code"],
        kind=row["kind"],
        round=row["round"],
        upload=ObjectRef.model_validate(row["upload"]),
        object=ObjectRef.model_validate(row["object"]) if row["object"] else None,
        facts=MaterialFacts.model_validate(row["facts"]) if row["facts"] else None,
        findings=tuple(Finding.model_validate(one) for one in row["findings"]),
        doubts=tuple(Finding.model_validate(one) for one in row["doubts"] or ()),
        judged_at=row["judged_at"],
    )
