"""What is declared on the broker, worked out from the catalogue."""

from __future__ import annotations

from contracts.catalog import CATALOG
from infra.bus.topology import Exchange, exchanges, queues


def test_every_consumer_of_the_catalogue_has_its_queue() -> None:
    wanted = {queue for row in CATALOG for _, _, queue in row.queues()}
    declared = {queue.name: queue for queue in queues()}

    assert wanted <= set(declared)
    for name in wanted:
        assert declared[name].arguments == {
            "x-queue-type": "quorum",
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": f"{name.split('.')[0]}.dead",
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
            "x-delivery-limit": 100,
        }
    assert set(declared) - wanted == {
        *(f"{service}.dead" for service in ("intake", "media", "review", "notify")),
        *(f"laurel.retry.{seconds}s" for seconds in (1, 5, 30, 120)),
    }


def test_retry_tier_sends_back_by_the_name_that_the_message_carries() -> None:
    tier = next(queue for queue in queues((0.25,)) if queue.name == "laurel.retry.0.25s")

    assert tier.source == tier.name
    assert tier.arguments["x-message-ttl"] == 250
    assert tier.arguments["x-dead-letter-exchange"] == ""
    assert "x-dead-letter-routing-key" not in tier.arguments
    assert Exchange("laurel.retry.0.25s", "fanout") in set(exchanges((0.25,)))


def test_dead_letters_are_never_given_up_by_the_broker() -> None:
    for queue in queues():
        if queue.name.endswith(".dead"):
            assert queue.arguments["x-delivery-limit"] >= 1_000_000
            assert "x-dead-letter-exchange" not in queue.arguments
