"""The catalogue: complete, and without contradictions."""

from __future__ import annotations

import re

from contracts.catalog import CATALOG, SERVICES, consumed_by, produced_by
from contracts.events import EVENTS, Event
from tests.contract.schemas import CONTRACTS


def test_catalogue_has_one_row_for_every_event() -> None:
    types = [row.event.TYPE for row in CATALOG]
    assert len(set(types)) == len(types)
    assert set(types) == set(EVENTS)


def test_every_event_has_a_consumer_and_no_consumer_twice() -> None:
    for row in CATALOG:
        assert row.consumers
        assert len(set(row.consumers)) == len(row.consumers)
        assert {row.producer, *row.consumers} <= set(SERVICES)


def test_every_service_produces_and_consumes() -> None:
    for service in SERVICES:
        assert list(produced_by(service))
        assert list(consumed_by(service))


def test_event_class_is_named_as_its_type() -> None:
    """entry.submitted.v1 is EntrySubmittedV1: whoever knows one finds the other."""
    for name, event in EVENTS.items():
        assert re.fullmatch(r"[a-z]+\.[a-z]+\.v[1-9][0-9]*", name)
        assert event.__name__ == "".join(part.capitalize() for part in name.split("."))
        assert issubclass(event, Event)


def test_queue_names_are_different_and_fit_amqp() -> None:
    names = [queue for row in CATALOG for _, _, queue in row.queues()]
    assert len(set(names)) == len(names)
    assert all(len(name.encode()) <= 255 for name in names)


def test_every_event_is_in_the_changelog() -> None:
    text = (CONTRACTS / "CHANGELOG.md").read_text(encoding="utf-8")
    assert [name for name in EVENTS if f"`{name}`" not in text] == []


def test_docs_list_the_catalogue() -> None:
    text = (CONTRACTS.parent / "docs" / "events.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `([a-z.]+\.v\d+)` \| (\w+) \| ([\w, ]+) \|", text, re.MULTILINE)
    assert listed == [(row.event.TYPE, row.producer, ", ".join(row.consumers)) for row in CATALOG]
