"""What a worker bears: lost connections, an absent broker or database, deleted queues, its own sudden death."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
import pytest

from infra.bus.topology import retry_name
from tests.integration.bus.bench import DEAD, QUEUE, Outside, WorkerProcess, eventually, through, withdrawal
from tests.integration.bus.proxy import Proxy

Start = Callable[..., WorkerProcess]


@contextmanager
def proxy_to(url: str, *, listening: bool = True) -> Iterator[Proxy]:
    proxy = Proxy(urlsplit(url).port or 0, listening=listening)
    try:
        yield proxy
    finally:
        proxy.go_away()


def test_connection_reset_during_a_handler_costs_no_message_and_no_second_effect(
    outside: Outside, start_worker: Start
) -> None:
    with proxy_to(outside.amqp_url) as proxy:
        worker = start_worker(amqp_url=through(outside.amqp_url, proxy.port)).until_ready()
        sent = [outside.send(withdrawal("slow:1")) for _ in range(5)]
        eventually(lambda: len(worker.lines("handler.began")) >= 5)

        assert proxy.reset() >= 2  # consumers and relay

        eventually(lambda: len(worker.lines("event.duplicate")) == 5)
        assert sorted(effect[0] for effect in outside.effects()) == sorted(str(each.id) for each in sent)
        assert len(worker.lines("event.let_go_failed")) == 5
        eventually(lambda: worker.metric("laurel_events_redelivered_total", queue=QUEUE) == 5)
        after = outside.send(withdrawal("ok"))
        eventually(lambda: outside.effects(after.id))
        assert worker.process.poll() is None


def test_worker_starts_without_a_broker_and_says_so_until_it_is_there(outside: Outside, start_worker: Start) -> None:
    with proxy_to(outside.amqp_url, listening=False) as proxy:
        worker = start_worker(amqp_url=through(outside.amqp_url, proxy.port))
        eventually(lambda: worker.get("/ready")[0], seconds=40)
        assert worker.get("/ready")[0] == 503
        assert json.loads(worker.get("/ready")[1])["checks"]["consumers"] is False
        assert worker.get("/live")[0] == 200
        eventually(lambda: "ConnectionRefused" in json.loads(worker.get("/ready")[1])["reasons"]["consumers"])

        sent = outside.send(withdrawal("ok"))
        proxy.come_back()

        eventually(lambda: outside.effects(sent.id))
        worker.until_ready()


def test_worker_without_a_broker_ends_at_sigterm(outside: Outside, start_worker: Start) -> None:
    with proxy_to(outside.amqp_url, listening=False) as proxy:
        worker = start_worker(amqp_url=through(outside.amqp_url, proxy.port))
        eventually(lambda: worker.get("/live")[0] == 200, seconds=40)

        assert worker.terminate() < 10
        assert worker.process.returncode == 0


def test_broker_that_vanishes_is_waited_for(outside: Outside, start_worker: Start) -> None:
    with proxy_to(outside.amqp_url) as proxy:
        worker = start_worker(amqp_url=through(outside.amqp_url, proxy.port)).until_ready()

        proxy.go_away()
        eventually(lambda: worker.get("/ready")[0] == 503)
        sent = [outside.send(withdrawal("ok")) for _ in range(30)]
        proxy.come_back()

        eventually(lambda: len(outside.effects()) == len(sent))
        worker.until_ready()


def test_own_database_away_costs_no_attempt_and_no_message(outside: Outside, start_worker: Start) -> None:
    with proxy_to(outside.dsn) as proxy:
        worker = start_worker(dsn=through(outside.dsn, proxy.port)).until_ready()

        proxy.go_away()
        sent = [outside.send(withdrawal("ok")) for _ in range(15)]
        eventually(lambda: len(worker.lines("event.waiting")) >= 10)
        eventually(lambda: json.loads(worker.get("/ready")[1])["checks"]["database"] is False)
        proxy.come_back()

        eventually(lambda: len(outside.effects()) == len(sent), seconds=40)
        assert {effect[2] for effect in outside.effects()} == {1}
        assert worker.lines("event.retry") == []
        assert outside.depth(DEAD) == 0
        worker.until_ready()


def test_database_lost_in_the_middle_of_an_effect_is_no_failure_of_the_message(
    outside: Outside, start_worker: Start
) -> None:
    worker = start_worker().until_ready()
    sent = outside.send(withdrawal("slow-effect:2"))
    with psycopg.connect(outside.dsn, autocommit=True) as connection:
        kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%%pg_sleep%%' AND pid <> %s"
        eventually(lambda: connection.execute(kill, [connection.info.backend_pid]).fetchone())

    eventually(lambda: outside.effects(sent.id))
    assert len(outside.effects(sent.id)) == 1
    assert worker.lines("event.waiting", event_id=str(sent.id))
    assert worker.lines("event.retry") == []


def test_killed_worker_loses_nothing(outside: Outside, start_worker: Start) -> None:
    first = start_worker().until_ready()
    sent = [outside.send(withdrawal("slow:0.3")) for _ in range(30)]
    eventually(lambda: len(first.lines("handler.began")) >= 5)
    first.kill()

    second = start_worker().until_ready()

    eventually(lambda: len(outside.effects()) == len(sent))
    eventually(lambda: outside.depth() == 0)
    assert second.metric("laurel_events_redelivered_total", queue=QUEUE) > 0
    assert len({effect[0] for effect in outside.effects()}) == len(outside.effects())


@pytest.mark.parametrize("missing", [DEAD, retry_name(0.1)])
def test_failed_message_outlives_the_queue_it_should_go_to(outside: Outside, start_worker: Start, missing: str) -> None:
    worker = start_worker().until_ready()

    outside.channel.queue_delete(missing)
    sent = outside.send(withdrawal("boom"))

    assert outside.dead_letter(str(sent.id)).headers["x-laurel-attempts"] == 5
    assert worker.process.poll() is None


def test_failed_message_outlives_the_retry_exchange(outside: Outside, start_worker: Start) -> None:
    start_worker().until_ready()

    outside.channel.exchange_delete(retry_name(0.2))
    sent = outside.send(withdrawal("boom"))

    assert outside.dead_letter(str(sent.id), seconds=40).headers["x-laurel-attempts"] == 5


def test_deleted_queue_is_declared_again_and_consumed(outside: Outside, start_worker: Start) -> None:
    worker = start_worker().until_ready()

    outside.channel.queue_delete(QUEUE)
    eventually(lambda: len(worker.lines("receiver.connected")) == 2)
    sent = outside.send(withdrawal("ok"))

    eventually(lambda: outside.effects(sent.id))


def test_queue_with_other_arguments_is_named_by_ready(outside: Outside, start_worker: Start) -> None:
    outside.channel.queue_delete(DEAD)
    outside.channel.queue_declare(DEAD, durable=True, auto_delete=False)

    worker = start_worker()

    def reason() -> str:
        body = worker.get("/ready")[1]
        return str(json.loads(body)["reasons"].get("consumers", "")) if body else ""

    eventually(lambda: f"queue {DEAD} stands on the broker with other arguments" in reason(), seconds=40)
    assert worker.terminate() < 10
