"""The AsyncAPI document: sound by itself, and in agreement with the catalogue.

The official parser and the official JSON Schema of AsyncAPI 3.0 (npm packages) accept it; these checks keep it so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from contracts.catalog import CATALOG, exchange_of
from contracts.envelope import CONTENT_TYPE
from tests.contract.schemas import CONTRACTS, validator

DOCUMENT: dict[str, Any] = yaml.safe_load((CONTRACTS / "asyncapi.yaml").read_text(encoding="utf-8"))
CHANNELS, OPERATIONS = DOCUMENT["channels"], DOCUMENT["operations"]


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def resolve(reference: str) -> Any:
    file, _, pointer = reference.partition("#")
    node: Any = DOCUMENT if not file else json.loads((CONTRACTS / file).read_text(encoding="utf-8"))
    for step in pointer.split("/")[1:]:
        node = node[step.replace("~1", "/").replace("~0", "~")]
    return node


def test_document_has_the_parts_that_asyncapi_3_demands() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert DOCUMENT["info"].keys() >= {"title", "version"}
    assert DOCUMENT["servers"]["broker"].keys() >= {"host", "protocol"}
    for operation in OPERATIONS.values():
        assert operation["action"] in {"send", "receive"}
        assert operation["channel"]
    names = [*CHANNELS, *OPERATIONS, *DOCUMENT["components"]["messages"]]
    assert all(re.fullmatch(r"[\w.\-]+", name) for name in names)


def test_every_reference_leads_somewhere() -> None:
    found = sorted(set(references(DOCUMENT)))
    assert len(found) > 3 * len(CATALOG)
    for reference in found:
        assert resolve(reference), reference


def test_broken_reference_would_be_found() -> None:
    with pytest.raises(KeyError):
        resolve("#/components/messages/entry.forgotten.v1")
    with pytest.raises(FileNotFoundError):
        resolve("./schemas/entry.forgotten.v1.json")


def test_version_is_the_topmost_of_the_changelog() -> None:
    text = (CONTRACTS / "CHANGELOG.md").read_text(encoding="utf-8")
    topmost = re.search(r"^## (\S+)$", text, re.MULTILINE)
    assert topmost is not None
    assert DOCUMENT["info"]["version"] == topmost[1]


@pytest.mark.parametrize("row", CATALOG, ids=lambda row: row.event.TYPE)
def test_row_of_the_catalogue_is_documented(row: Any) -> None:
    kind = row.event.TYPE
    sent = OPERATIONS[f"{row.producer}.sends.{kind}"]
    assert sent["action"] == "send"
    topic = resolve(sent["channel"]["$ref"])
    assert topic["address"] == kind
    assert topic["bindings"]["amqp"]["is"] == "routingKey"
    assert topic["bindings"]["amqp"]["exchange"]["name"] == exchange_of(row.producer)
    for consumer, lane, name in row.queues():
        received = OPERATIONS[f"{consumer}.receives.{kind}.{lane}".rstrip(".")]
        assert received["action"] == "receive"
        queue = resolve(received["channel"]["$ref"])
        assert queue["bindings"]["amqp"]["queue"]["name"] == queue["address"] == name


def test_nothing_is_documented_that_the_catalogue_lacks() -> None:
    queues = sum(1 for row in CATALOG for _ in row.queues())
    assert len(CHANNELS) == len(OPERATIONS) == len(CATALOG) + queues
    used = {operation["channel"]["$ref"] for operation in OPERATIONS.values()}
    assert used == {f"#/channels/{name}" for name in CHANNELS}
    assert set(DOCUMENT["components"]["messages"]) == {row.event.TYPE for row in CATALOG}


def test_operation_names_only_messages_of_its_channel() -> None:
    for operation in OPERATIONS.values():
        channel = operation["channel"]["$ref"]
        for message in operation["messages"]:
            assert message["$ref"].startswith(f"{channel}/messages/")
            assert resolve(resolve(message["$ref"])["$ref"])["contentType"] == CONTENT_TYPE


@pytest.mark.parametrize("kind", [row.event.TYPE for row in CATALOG])
def test_payload_is_the_envelope_with_this_events_data(kind: str) -> None:
    """The payload's schema, its references replaced by what they lead to, takes the examples of this event alone."""
    payload = DOCUMENT["components"]["messages"][kind]["payload"]["schema"]
    envelope, own = payload["allOf"]
    check = [validator(resolve(envelope["$ref"])), validator(resolve(own["properties"]["data"]["$ref"]))]
    for path in (CONTRACTS / "examples" / kind).iterdir():
        event = json.loads(path.read_text(encoding="utf-8"))
        check[0].validate(event)
        check[1].validate(event["data"])
        assert event["type"] == own["properties"]["type"]["const"]
