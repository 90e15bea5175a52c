"""The relay, from a service's outbox to the queues of everybody who consumes."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import create_engine

from contracts.catalog import exchange_of, queue_of
from contracts.events import AccountDisabledV1, EntryWithdrawnV1, MaterialUploadedV1, ObjectRef
from infra.bus import topology
from infra.bus.errors import BusError
from infra.bus.ledger import PARTITIONS, Ledger
from infra.bus.outbox import Outbox
from infra.bus.publisher import Publisher
from infra.bus.relay import Relay
from infra.store import Database
from tests.integration.bus.bench import DELAYS, QUEUE, Outside, eventually, through, withdrawal
from tests.integration.bus.proxy import Proxy
from tests.integration.bus.tables import TABLES

OTHER = queue_of("notify", EntryWithdrawnV1.TYPE)
DISABLED = queue_of("review", AccountDisabledV1.TYPE)


@contextmanager
def relaying(
    outside: Outside, *, amqp_url: str | None = None, dsn: str | None = None, batch: int = 100
) -> Iterator[Relay]:
    """A relay of intake at work, in a thread."""
    relay = Relay("intake", dsn or outside.dsn, amqp_url or outside.amqp_url, batch=batch, retry_delays=DELAYS)
    thread = threading.Thread(target=relay.run)
    thread.start()
    try:
        yield relay
    finally:
        relay.stop()
        thread.join(timeout=10)
    assert not thread.is_alive()


def write(outside: Outside, entries: list[UUID]) -> list[str]:
    """One event for each of these entries, in this order, in one transaction; their ids."""
    database = Database(outside.dsn, name="test")
    outbox = Outbox("intake", TABLES)
    with database.begin() as connection:
        written = []
        for entry_id in entries:
            event = EntryWithdrawnV1.model_validate(withdrawal(entry_id=entry_id).data)
            written.append(str(outbox.add(connection, event, subject=str(entry_id)).id))
    database.close()
    return written


def waiting(outside: Outside) -> int:
    with psycopg.connect(outside.dsn) as connection:
        row = connection.execute("SELECT count(*) FROM outbox WHERE published_at IS NULL").fetchone()
    return int(row[0]) if row else 0


def fewer(outside: Outside, than: int) -> bool:
    return waiting(outside) < max(than, 1)


def ids(outside: Outside, queue: str = QUEUE) -> list[str]:
    """The ids of a queue's messages, in the order of arrival; the queue is empty afterwards."""
    return [raw.properties["message_id"] for raw in outside.take_all(queue)]


def without_repeats(sequence: list[str]) -> list[str]:
    return list(dict.fromkeys(sequence))


def test_committed_events_reach_every_consumer_and_every_listener(outside: Outside) -> None:
    listener = outside.channel.queue_declare("", exclusive=True).queue
    outside.channel.queue_bind(listener, exchange_of("intake"), "entry.*.v1")
    written = write(outside, [uuid4() for _ in range(250)])

    with relaying(outside):
        eventually(lambda: waiting(outside) == 0)

    assert ids(outside) == ids(outside, OTHER) == written
    heard = outside.take_all(listener)
    assert [raw.properties["message_id"] for raw in heard] == written
    assert {raw.properties["content_type"] for raw in heard} == {"application/cloudevents+json"}
    assert {raw.properties["delivery_mode"] for raw in heard} == {2}
    assert json.loads(heard[0].body)["id"] == written[0]


def uploaded() -> MaterialUploadedV1:
    return MaterialUploadedV1(
        material_id=uuid4(),
        entry_id=uuid4(),
        campaign_id="any",
        campaign_version=1,
        category="story",
        unit_code="u1",
        kind="photo",
        name="a.jpg",
        object=ObjectRef(bucket="laurel-quarantine", key="a", size=1),
        uploaded_at=datetime.now(UTC),
    )


def test_event_with_a_lane_reaches_the_queue_of_that_lane_and_every_listener(outside: Outside) -> None:
    first, second, third = (queue_of("media", MaterialUploadedV1.TYPE, lane) for lane in ("", "second", "third"))
    listener = outside.channel.queue_declare("", exclusive=True).queue
    outside.channel.queue_bind(listener, exchange_of("intake"), MaterialUploadedV1.TYPE)
    outbox = Outbox("intake", TABLES)
    database = Database(outside.dsn, name="test")
    with database.begin() as connection:
        events = [(lane, uploaded()) for lane in ("third", "", "second", "third")]
        written = [str(outbox.add(connection, one, subject=str(one.entry_id), lane=lane).id) for lane, one in events]
        with pytest.raises(BusError, match="no lane 'fourth'"):
            outbox.add(connection, uploaded(), subject="any", lane="fourth")
    database.close()

    with relaying(outside):
        eventually(lambda: waiting(outside) == 0)

    assert ids(outside, first) == [written[1]]
    assert ids(outside, second) == [written[2]]
    assert ids(outside, third) == [written[0], written[3]]
    assert [raw.properties["message_id"] for raw in outside.take_all(listener)] == written


def test_event_of_a_transaction_that_was_rolled_back_is_never_published(outside: Outside) -> None:
    database = Database(outside.dsn, name="test")
    with database.engine.connect() as connection:
        event = EntryWithdrawnV1.model_validate(withdrawal().data)
        Outbox("intake", TABLES).add(connection, event, subject=str(event.entry_id))
        connection.rollback()
    database.close()
    written = write(outside, [uuid4()])
    with relaying(outside):
        eventually(lambda: waiting(outside) == 0)
    assert ids(outside) == written


def test_events_of_one_entry_keep_their_order_in_a_busy_batch(outside: Outside) -> None:
    entries = [uuid4() for _ in range(7)]
    written = write(outside, [entries[number % 7] for number in range(300)])

    with relaying(outside):
        eventually(lambda: waiting(outside) == 0)

    arrived = outside.take_all(QUEUE)
    for entry in entries:
        mine = [raw.properties["message_id"] for raw in arrived if json.loads(raw.body)["subject"] == str(entry)]
        assert mine == [each for number, each in enumerate(written) if entries[number % 7] == entry]


def test_unroutable_event_waits_with_those_of_its_entry_and_nobody_else(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, free = uuid4(), uuid4()
    with relaying(outside) as relay:
        eventually(lambda: relay.problem is None)
        monkeypatch.setattr(topology, "declare_on", lambda *_: None)  # nobody mends what is deleted now
        listener = outside.channel.queue_declare("", exclusive=True).queue
        outside.channel.queue_bind(listener, exchange_of("intake"), EntryWithdrawnV1.TYPE)
        outside.channel.queue_delete(OTHER)
        (first,) = write(outside, [stuck])
        eventually(lambda: failures(outside, first) > 0)
        second, third = write_disabled(outside, [stuck, free])
        eventually(lambda: third in ids(outside, DISABLED))
        eventually(lambda: failures(outside, first) > 2)

        assert waiting(outside) == 2
        assert failures(outside, second) == 0  # held back, and never sent
        assert ids(outside, DISABLED) == []

        monkeypatch.undo()
        topology.declare(outside.amqp_url, DELAYS)
        eventually(lambda: waiting(outside) == 0)

    assert ids(outside, OTHER) == [first]
    assert ids(outside, DISABLED) == [second]
    assert (ids(outside), ids(outside, listener)) == ([first], [first]), "who has it is not sent it again"


def write_disabled(outside: Outside, subjects: list[UUID]) -> list[str]:
    """An event of another type about each of these subjects; their ids."""
    database = Database(outside.dsn, name="test")
    outbox = Outbox("intake", TABLES)
    with database.begin() as connection:
        written = []
        for subject in subjects:
            event = AccountDisabledV1(account_id=subject, reason="test", disabled_at=datetime.now(UTC))
            written.append(str(outbox.add(connection, event, subject=str(subject)).id))
    database.close()
    return written


def failures(outside: Outside, event_id: str) -> int:
    with psycopg.connect(outside.dsn) as connection:
        row = connection.execute("SELECT failures FROM outbox WHERE id = %s", [event_id]).fetchone()
    return int(row[0]) if row else 0


def test_deleted_queue_is_declared_again_and_gets_what_it_missed(outside: Outside) -> None:
    with relaying(outside) as relay:
        eventually(lambda: relay.problem is None)
        listener = outside.channel.queue_declare("", exclusive=True).queue
        outside.channel.queue_bind(listener, exchange_of("intake"), "#")  # a listener must not hide the loss
        outside.channel.queue_delete(QUEUE)
        written = write(outside, [uuid4() for _ in range(20)])
        eventually(lambda: waiting(outside) == 0)

    assert sorted(ids(outside)) == sorted(ids(outside, OTHER)) == sorted(written)


def test_event_of_a_later_version_waits_for_a_relay_that_knows_its_consumers(outside: Outside) -> None:
    first, second = write(outside, [uuid4(), uuid4()])
    with psycopg.connect(outside.dsn) as connection:
        connection.execute("UPDATE outbox SET type = 'entry.withdrawn.v9' WHERE id = %s", [first])
    with relaying(outside):
        eventually(lambda: failures(outside, first) > 1)
        assert waiting(outside) == 1
        assert ids(outside) == [second]


def test_connections_that_break_again_and_again_lose_nothing(outside: Outside) -> None:
    broker_port, database_port = (urlsplit(url).port or 0 for url in (outside.amqp_url, outside.dsn))
    to_broker, to_database = Proxy(broker_port), Proxy(database_port)
    entries = [uuid4() for _ in range(20)]
    written: list[str] = []
    with relaying(
        outside,
        amqp_url=through(outside.amqp_url, to_broker.port),
        dsn=through(outside.dsn, to_database.port),
        batch=10,
    ):
        for number in range(10):
            written += write(outside, entries * 5)
            left = waiting(outside)
            eventually(partial(fewer, outside, left))
            (to_broker if number % 2 else to_database).reset()
        eventually(lambda: waiting(outside) == 0, seconds=60)
    for proxy in (to_broker, to_database):
        proxy.go_away()

    arrived = outside.take_all(QUEUE)
    assert set(written) == {raw.properties["message_id"] for raw in arrived}
    place = {event_id: number for number, event_id in enumerate(written)}
    for entry in entries:
        mine = [raw.properties["message_id"] for raw in arrived if json.loads(raw.body)["subject"] == str(entry)]
        firsts = [place[event_id] for event_id in without_repeats(mine)]
        assert firsts == sorted(firsts)


def test_event_is_not_marked_before_the_broker_confirms_it(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Publisher, "settle", lambda *_: (_ for _ in ()).throw(OSError("cut off")))
    write(outside, [uuid4()])
    with relaying(outside) as relay:
        eventually(lambda: "cut off" in str(relay.problem))
        assert waiting(outside) == 1
        monkeypatch.undo()
        eventually(lambda: waiting(outside) == 0)
    assert len(without_repeats(ids(outside))) == 1


def test_two_relays_share_the_work_and_publish_nothing_twice(outside: Outside) -> None:
    with relaying(outside) as one, relaying(outside) as two:
        eventually(lambda: one.problem is None and two.problem is None)
        eventually(lambda: shares(outside) == [PARTITIONS // 2] * 2)
        written = write(outside, [uuid4() for _ in range(600)])
        eventually(lambda: waiting(outside) == 0)
    assert sorted(ids(outside)) == sorted(written)


def shares(outside: Outside) -> list[int]:
    """How many partitions each relay holds."""
    with psycopg.connect(outside.dsn) as connection:
        found = connection.execute(
            "SELECT count(*) FILTER (WHERE objid < %s) FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE locktype = 'advisory' AND application_name LIKE 'laurel-%%-relay'"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            " GROUP BY pid ORDER BY 1",
            [PARTITIONS],
        ).fetchall()
    return [int(row[0]) for row in found]


def test_shares_are_fair_and_fall_to_the_survivors(outside: Outside) -> None:
    members = [Ledger(outside.dsn, name="intake-relay") for _ in range(3)]
    for _ in range(2):
        for member in members:
            member.share()
    assert sorted(len(member.partitions) for member in members) == [4, 6, 6]
    assert set().union(*(member.partitions for member in members)) == set(range(PARTITIONS))

    members.pop().close()
    for _ in range(2):
        for member in members:
            member.share()
    assert sorted(len(member.partitions) for member in members) == [8, 8]
    for member in members:
        member.close()


def test_relay_waits_for_a_broker_that_is_away(outside: Outside) -> None:
    proxy = Proxy(urlsplit(outside.amqp_url).port or 0, listening=False)
    written = write(outside, [uuid4()])
    with relaying(outside, amqp_url=through(outside.amqp_url, proxy.port)) as relay:
        eventually(lambda: "ConnectionRefused" in str(relay.problem))
        proxy.come_back()
        eventually(lambda: waiting(outside) == 0)
        assert relay.problem is None
    proxy.go_away()
    assert ids(outside) == written


def test_purge_deletes_old_published_events_alone(outside: Outside) -> None:
    write(outside, [uuid4() for _ in range(5)])
    with psycopg.connect(outside.dsn, autocommit=True) as connection:
        old = "UPDATE outbox SET published_at = now() - interval '31 days' WHERE seq IN (1, 2, 3)"
        connection.execute(old)
        connection.execute("UPDATE outbox SET published_at = now() - interval '29 days' WHERE seq = 4")
        ledger = Ledger(outside.dsn, name="intake-relay")
        assert [ledger.purge(timedelta(days=30), limit=2) for _ in range(3)] == [2, 1, 0]
        ledger.close()
        left = connection.execute("SELECT seq FROM outbox ORDER BY seq").fetchall()
    assert left == [(4,), (5,)]


def test_migration_makes_the_tables_that_the_code_uses(make_database: Callable[[str], str]) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from alembic.operations import Operations
    from sqlalchemy import MetaData

    from infra.bus.outbox import bus_tables
    from infra.bus.schema import add_lanes_v2, create_bus_tables_v1

    metadata = MetaData()
    bus_tables(metadata)
    engine = create_engine(make_database("intake").replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        create_bus_tables_v1(Operations(context))
        add_lanes_v2(Operations(context))
        assert compare_metadata(context, metadata) == []
    engine.dispose()
