"""The store on PostgreSQL: schema, record, verdicts, pages, the same order-blindness as in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice, permutations
from typing import Any
from uuid import UUID, uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from contracts.events import Event
from services.review.domain.acts import Act
from services.review.domain.cases import CaseState
from services.review.domain.materials import MaterialVerdict, verdict_of
from services.review.domain.notes import Note
from services.review.ports import CaseFilter
from services.review.store.notes import SHOWN
from services.review.store.tables import METADATA
from tests.integration.review.desk import Desk, Season, open_season
from tests.unit.review import builders
from tests.unit.review.fakes import FakeAssessments, FakeCases


def test_migrations_make_exactly_the_tables(desk: Desk) -> None:
    with desk.review.database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": False})
        differences = compare_metadata(context, METADATA)
        checks = connection.execute(
            text("SELECT conname FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace")
        )
        there = {row.conname for row in checks}
    version_table = [d for d in differences if d[0] == "remove_table" and d[1].name == "alembic_version"]
    assert [d for d in differences if d not in version_table] == []
    declared = {
        constraint.name
        for table in METADATA.tables.values()
        for constraint in table.constraints
        if constraint.__visit_name__ == "check_constraint"
    }
    assert declared <= there


@pytest.mark.parametrize("table", ["acts", "notices", "decisions"])
@pytest.mark.parametrize("change", ["UPDATE {} SET campaign_id = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
def test_record_and_lists_are_only_ever_added_to(desk: Desk, table: str, change: str) -> None:
    with pytest.raises(DBAPIError, match="only ever added to"):
        desk.sql(change.format(table))


def test_record_keeps_the_event_that_caused_an_act(season: Season) -> None:
    event = builders.submitted().model_copy(update={"entry_id": uuid4(), "campaign_id": season.campaign_id})
    event_id = uuid4()
    season.desk.hear(event, event_id=event_id)
    (act,) = season.desk.sql("SELECT * FROM acts WHERE subject = :s", s=str(event.entry_id))
    assert (act.cause, act.actor_id, act.action) == (str(event_id), None, "case.submitted")


def _verdicts() -> list[MaterialVerdict]:
    said = verdict_of(builders.accepted())
    return [
        MaterialVerdict(said.material_id, said.entry_id, "accepted", said.object, said.facts),
        verdict_of(builders.accepted(at=builders.NOW)),
        verdict_of(builders.rejected(at=builders.NOW)),
        verdict_of(builders.accepted(at=builders.NOW + timedelta(microseconds=1))),
        verdict_of(builders.rejected(at=builders.NOW - timedelta(days=1))),
    ]


@pytest.mark.parametrize("pair", list(permutations(range(5), 2)))
def test_of_two_verdicts_the_same_one_stays_as_in_memory(desk: Desk, pair: tuple[int, int]) -> None:
    fake, material_id = FakeCases(FakeAssessments()), uuid4()
    with desk.review.change() as work:
        for index in pair:
            given = _verdicts()[index]
            verdict = MaterialVerdict(
                material_id, given.entry_id, given.state, given.object, given.facts, given.findings, given.judged_at
            )
            fake.put_verdicts([verdict])
            work.cases.put_verdicts([verdict])
        assert work.cases.verdicts([material_id]) == fake.verdicts([material_id])


def _steps(season: Season, entry_id: UUID) -> Mapping[str, Callable[[], Any]]:
    first, second = builders.material(f"a {entry_id}"), builders.material(f"b {entry_id}", position=1)

    def hear(event: Event, **more: Any) -> None:
        update = {"entry_id": entry_id, "campaign_id": season.campaign_id, **more}
        season.desk.hear(event.model_copy(update=update))

    return {
        "r1": lambda: hear(builders.submitted(revision=1, materials=(first,))),
        "returned": lambda: season.rule(entry_id, "return"),
        "r2": lambda: hear(builders.submitted(revision=2, materials=(first, second))),
        "withdrawn": lambda: hear(builders.withdrawn(revision=2)),
        "verdict": lambda: hear(builders.rejected(), material_id=second.material_id),
    }


def test_every_order_of_events_ends_in_the_same_state(season: Season) -> None:
    ends = set()
    for order in islice(permutations(["r1", "returned", "r2", "withdrawn", "verdict"]), 0, None, 5):  # of 120
        entry_id = uuid4()
        steps = _steps(season, entry_id)
        for name in order:
            steps[name]()
        case = season.secretary.get(f"/cases/{entry_id}").ok()
        states = [material["state"] for material in case["material_list"]]
        revisions = season.desk.sql("SELECT number FROM revisions WHERE entry_id = :e ORDER BY number", e=entry_id)
        end = (case["state"], case["revision"], case["title"], tuple(states), tuple(row.number for row in revisions))
        ends.add(end)
    assert ends == {("withdrawn", 2, "《entry-1》第2版", ("pending", "rejected"), (1, 2))}


def test_queue_comes_in_pages_without_gaps_or_repeats(desk: Desk) -> None:
    season = open_season(desk)
    same = datetime(2026, 8, 20, tzinfo=UTC)
    entries = {season.entry(at=same + timedelta(minutes=n // 3)) for n in range(11)}
    for query in ({}, {"state": "open"}, {"category": "story"}, {"state": "open", "category": "story"}):
        seen, cursor = [], None
        while True:
            page = season.secretary.get(season.path("cases"), limit=4, after=cursor, **query).ok()
            seen += [UUID(row["entry_id"]) for row in page["items"]]
            assert [row["submitted_at"] for row in page["items"]] == sorted(r["submitted_at"] for r in page["items"])
            cursor = page["next"]
            if cursor is None:
                break
        assert len(seen) == len(set(seen))
        assert set(seen) == entries
    assert season.secretary.get(season.path("cases"), state="eligible").ok()["items"] == []


def test_queue_reads_an_index_for_every_filter(desk: Desk) -> None:
    season = open_season(desk)
    desk.sql(
        """
        INSERT INTO cases (entry_id, campaign_id, category, unit_code, unit_name, unit_region, state, revision, title,
                           receipt_number, submitted_at, withdrawal_reason)
        SELECT gen_random_uuid(), :c, 'story', 'u', 'u', '', (ARRAY['open','eligible'])[1 + n % 2], 1, 't', 'R',
               now() - n * interval '1 second', '' FROM generate_series(1, 5000) n
        """,
        c=season.campaign_id,
    )
    desk.sql("ANALYZE cases")
    for where in ("", "AND state = 'open'", "AND category = 'story'", "AND state = 'open' AND category = 'story'"):
        plan = desk.sql(
            f"EXPLAIN SELECT * FROM cases WHERE campaign_id = '{season.campaign_id}' AND revision > 0 {where} "
            "AND (submitted_at, entry_id) > (now() - interval '1 hour', :id) ORDER BY submitted_at, entry_id LIMIT 51",
            id=uuid4(),
        )
        shown = "\n".join(row[0] for row in plan)
        assert "Index Scan using cases_queue" in shown, shown
        assert "Sort" not in shown.replace("Incremental Sort", "Sort"), shown


def test_experts_list_comes_in_pages(season: Season) -> None:
    experts = {season.expert(f"专家{n}").account_id for n in range(5)}
    seen, cursor = [], None
    while True:
        page = season.secretary.get(season.path("experts"), limit=2, after=cursor).ok()
        seen += [UUID(row["account_id"]) for row in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == 5
    assert set(seen) == experts


def test_conflicts_list_comes_in_pages(season: Season) -> None:
    who = season.expert()
    for n in range(5):
        entry_id = season.entry()
        body = {"account_id": str(who.account_id), "entry_id": str(entry_id), "reason": f"原因{n}"}
        season.secretary.post(season.path("conflicts"), body).ok(201)
    seen, cursor = [], None
    while True:
        page = season.secretary.get(season.path("conflicts"), limit=2, after=cursor).ok()
        seen += [row["reason"] for row in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [f"原因{n}" for n in range(5)]


def test_tombstone_is_on_no_list(desk: Desk) -> None:
    season = open_season(desk)
    season.withdraw(uuid4())
    with desk.review.read() as work:
        assert work.cases.queue(CaseFilter(season.campaign_id, CaseState.WITHDRAWN), None, 10) == []


def test_notes_are_bounded(desk: Desk, season: Season) -> None:
    with desk.review.change() as work:
        for n in range(SHOWN + 5):
            work.notes.add(Note("gs", "reminder-sent", str(n), builders.NOW + timedelta(minutes=n), season.campaign_id))
        shown = work.notes.about(["gs", "nobody"], season.campaign_id)
    assert [note.text for note in shown["gs"]] == [str(n) for n in range(SHOWN + 4, 4, -1)]
    assert shown.get("nobody", ()) == ()


def test_reading_changes_nothing(desk: Desk) -> None:
    with pytest.raises(DBAPIError, match="read-only"), desk.review.read() as work:
        work.record(Act("c", "s", "test"))


def test_two_live_assessments_of_one_expert_are_impossible(season: Season) -> None:
    (entry_id,) = season.eligible(1)
    for n in range(3):
        season.expert(f"专家{n}")
    season.assign().ok()
    with pytest.raises(DBAPIError, match="assessments_live"):
        season.desk.sql(
            """
            INSERT INTO assessments
            SELECT gen_random_uuid(), campaign_id, entry_id, category, expert_id, revision, state, due_at, assigned_at,
                   scores, comment, submitted_at, ended_at, reason
            FROM assessments WHERE entry_id = :e LIMIT 1
            """,
            e=entry_id,
        )


def test_api_is_ready_when_its_database_is(desk: Desk) -> None:
    for prefix in ("", "/api/review"):
        answer = desk.http.get(f"{desk.url}{prefix}/ready")
        assert answer.json() == {"ready": True, "checks": {"database": True}}
