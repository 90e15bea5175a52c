"""The story of an entry, put together from databases and logs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import MetaData, create_engine

from contracts.catalog import SERVICES
from infra.bus.outbox import bus_tables
from infra.stack.config import StackError
from infra.stack.trace import story_of

pytestmark = pytest.mark.stack

START = datetime(2025, 3, 1, 8, tzinfo=UTC)
RECEIPT = "CLS-2017-STORY-0042"


@dataclass(frozen=True)
class World:
    """Four databases with outbox and inbox, a folder of logs, and a clock."""

    dsns: dict[str, str]
    logs: Path
    entry: UUID
    minutes: int = 0

    def at(self, minutes: int) -> World:
        return replace(self, minutes=minutes)

    @property
    def now(self) -> datetime:
        return START + timedelta(minutes=self.minutes)

    def write(self, service: str, kind: str, *, cause: UUID | None = None, published: bool = True, **data: str) -> UUID:
        event = uuid4()
        row = [
            event,
            kind,
            str(self.entry),
            str(self.entry),
            cause and str(cause),
            json.dumps({"data": data}),
            self.now,
        ]
        with psycopg.connect(self.dsns[service]) as connection:
            connection.execute(
                "INSERT INTO outbox (id, type, subject, correlation, causation, body, written_at, published_at)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
                [*row, self.now + timedelta(seconds=1) if published else None],
            )
        return event

    def handle(self, service: str, kind: str, event: UUID, attempt: int = 1) -> None:
        with psycopg.connect(self.dsns[service]) as connection:
            connection.execute(
                "INSERT INTO inbox (consumer, source, id, type, subject, correlation, attempt, handled_at)"
                " VALUES (%s, '/laurel/x', %s, %s, %s, %s, %s, %s)",
                [f"{service}.{kind}", event, kind, str(self.entry), str(self.entry), attempt, self.now],
            )

    def log(self, service: str, event: str, **told: object) -> None:
        line = {"time": self.now.isoformat(), "service": service, "event": event, "correlation": str(self.entry)}
        with (self.logs / f"{service}-worker.log").open("a") as file:
            file.write(json.dumps({**line, **told}) + "\n")


@pytest.fixture
def world(make_database: Callable[[str], str], tmp_path: Path) -> World:
    dsns: dict[str, str] = {}
    for service in SERVICES:
        dsns[service] = make_database(service)
        metadata = MetaData()
        bus_tables(metadata)
        engine = create_engine(dsns[service].replace("postgresql://", "postgresql+psycopg://"))
        metadata.create_all(engine)
        engine.dispose()
    return World(dsns, tmp_path, uuid4())


def test_story_is_told_in_the_order_of_time_through_all_services(world: World) -> None:
    uploaded = world.at(0).write("intake", "material.uploaded.v1")
    world.at(1).handle("media", "material.uploaded.v1", uploaded, attempt=2)
    accepted = world.at(2).write("media", "material.accepted.v1", cause=uploaded)
    submitted = world.at(4).write("intake", "entry.submitted.v1", receipt_number=RECEIPT, published=False)
    world.at(3).handle("review", "material.accepted.v1", accepted)
    world.at(0).log("media", "event.retry", event_id=str(uploaded), attempt=1, problem="storage is away")
    replace(world, entry=uuid4()).write("intake", "entry.submitted.v1")  # somebody else's

    entry, story = story_of(str(world.entry), world.dsns, world.logs)

    assert entry == world.entry
    assert [one.time for one in story] == sorted(one.time for one in story)
    assert [(one.service, one.what.split(" ", 1)[1]) for one in story if one.event_id] == [
        ("intake", "wrote material.uploaded.v1"),
        ("media", "problem=storage is away"),
        ("intake", "published material.uploaded.v1"),
        ("media", "handled media.material.uploaded.v1"),
        ("media", "wrote material.accepted.v1"),
        ("media", "published material.accepted.v1"),
        ("review", "handled review.material.accepted.v1"),
        ("intake", "wrote entry.submitted.v1"),
    ]
    assert [one.attempt for one in story if one.attempt] == [1, 2, 1]
    assert {one.causation for one in story if "material.accepted" in one.what} == {str(uploaded), ""}
    assert story[-1].event_id == str(submitted)


def test_receipt_number_names_the_entry(world: World) -> None:
    world.write("intake", "entry.submitted.v1", receipt_number=RECEIPT)
    assert story_of(f" {RECEIPT} ", world.dsns, world.logs)[0] == world.entry


def test_log_line_that_repeats_the_inbox_is_left_out(world: World) -> None:
    event = world.write("intake", "entry.submitted.v1")
    world.handle("review", "entry.submitted.v1", event)
    world.log("review", "event.handled", event_id=str(event), attempt=1)
    world.log("review", "event.duplicate", event_id=str(event), attempt=1)
    _, story = story_of(str(world.entry), world.dsns, world.logs)
    assert sum(one.what.startswith("event.handled") for one in story) == 0
    assert sum(one.what.startswith("event.duplicate") for one in story) == 1


def test_broken_lines_of_a_log_do_no_harm(world: World) -> None:
    world.log("intake", "entry.submitted")
    with (world.logs / "intake-worker.log").open("ab") as file:
        file.write(b'{"time": "yesterday", "correlation": "%s"}\n' % str(world.entry).encode())
        file.write(b"\xff\xfe %s half a line" % str(world.entry).encode())
    _, story = story_of(str(world.entry), world.dsns, world.logs)
    assert [one.what for one in story] == ["entry.submitted"]


@pytest.mark.parametrize("asked", ["", "CLS-2017-NOTHING", "'; DROP TABLE outbox; --", "0" * 10_000])
def test_unknown_name_is_answered_with_a_sentence(world: World, asked: str) -> None:
    with pytest.raises(StackError, match=r"既不是|没有"):
        story_of(asked, world.dsns, world.logs)


def test_entry_that_nothing_is_known_about_is_answered_with_a_sentence(world: World) -> None:
    with pytest.raises(StackError, match="Nothing is known"):
        story_of(str(uuid4()), world.dsns, world.logs)


def test_database_that_is_away_is_answered_with_a_sentence(world: World) -> None:
    away = {**world.dsns, "media": "postgresql://x:x@127.0.0.1:1/x"}
    with pytest.raises(StackError, match="A database cannot be asked"):
        story_of(str(world.entry), away, world.logs)
