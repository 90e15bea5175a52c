"""What a publisher says became of each message, by the broker's answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from infra.bus.publisher import Publisher, UnconfirmedError, publish_one
from infra.bus.wire import Parcel, event_properties


class Broker:
    """A connection that answers as its script says: one call for each drain."""

    frame_max = 131072

    def __init__(self, *answers: Callable[[Broker], None]) -> None:
        self.answers = list(answers)
        self.channel_id = 1
        self.events: dict[str, set[Any]] = defaultdict(set)
        self.written = b""
        self.transport = self

    def channel(self) -> Broker:
        return self

    def confirm_select(self) -> None:
        """Always granted."""

    def write(self, octets: bytes) -> None:
        self.written += octets

    def drain_events(self, timeout: float) -> None:
        if not self.answers:
            raise TimeoutError(timeout)
        self.answers.pop(0)(self)


Answer = Callable[[Broker], None]


def says(event: str, *arguments: Any) -> Answer:
    def answer(broker: Broker) -> None:
        for call in broker.events[event]:
            call(*arguments)

    return answer


def ack(tag: int, *, multiple: bool = False) -> Answer:
    return says("basic_ack", tag, multiple)


def nack(tag: int, *, multiple: bool = False) -> Answer:
    return says("basic_nack", tag, multiple)


def returned(parcel: Parcel) -> Answer:
    message = SimpleNamespace(properties={"message_id": parcel.message_id})
    return says("basic_return", RuntimeError("NO_ROUTE"), parcel.exchange, parcel.routing_key, message)


def parcels(count: int) -> list[Parcel]:
    return [Parcel("", f"q{n}", event_properties("t", f"m{n}"), b"b", f"m{n}") for n in range(count)]


def test_each_answer_finds_its_message() -> None:
    batch = parcels(5)
    publisher = Publisher(Broker(ack(2), returned(batch[3]), ack(1), nack(3), ack(5, multiple=True)))

    publisher.send(batch)

    results = publisher.settle(1)
    assert [result is None for result in results] == [True, True, False, False, True]
    assert "nack" in str(results[2])
    assert "unroutable: no queue q3" in str(results[3])


def test_tags_run_on_from_batch_to_batch() -> None:
    publisher = Publisher(Broker(ack(3, multiple=True), nack(4), ack(5)))
    publisher.send(parcels(3))
    assert publisher.settle(1) == [None] * 3

    publisher.send(parcels(2))

    assert [result is None for result in publisher.settle(1)] == [False, True]
    assert publisher.usable


def test_multiple_nack_does_not_touch_what_was_confirmed() -> None:
    publisher = Publisher(Broker(ack(2), nack(3, multiple=True)))

    publisher.send(parcels(3))

    assert [result is None for result in publisher.settle(1)] == [False, True, False]


def test_silence_leaves_the_channel_unusable() -> None:
    publisher = Publisher(Broker(ack(1)))

    publisher.send(parcels(2))

    assert publisher.settle(0.01) == [None, "not confirmed within 0.01 s"]
    assert not publisher.usable


def test_single_message_that_is_not_taken_raises() -> None:
    (parcel,) = parcels(1)
    with pytest.raises(UnconfirmedError, match="unroutable"):
        publish_one(Publisher(Broker(returned(parcel), ack(1))), parcel)
