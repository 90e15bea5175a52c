"""The AsyncAPI 3.0 document, made from the catalogue: who sends what where, and who receives it from which queue."""

from __future__ import annotations

from typing import Any

from contracts.catalog import CATALOG, Entry, exchange_of
from contracts.envelope import CONTENT_TYPE
from contracts.generate.schemas import DIALECT, ENVELOPE

VERSION = "1.6.0"
"""The version of the contracts as a whole: the topmost one in contracts/CHANGELOG.md."""

Node = dict[str, Any]

_DESCRIPTION = """\
What Laurel's services tell one another, and anybody else who listens. Every message is one CloudEvents 1.0 event in
structured JSON mode. Its producer publishes it, persistent and confirmed, to the durable topic exchange
`laurel.<producer>` with the event's type as routing key, for whoever listens; and, by queue name and mandatory, to the
quorum queue `<consumer>.<type>` of each service that the catalogue names. Other programs bind a queue of their own to
the exchanges (docs/events.md). An event may come more than once and in any order; `source` and `id` together name it.
"""


def document() -> Node:
    """The whole document as plain data."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Laurel (桂冠) events",
            "version": VERSION,
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": {
            "broker": {
                "host": "{host}:{port}",
                "protocol": "amqp",
                "protocolVersion": "0.9.1",
                "description": "The broker that AMQP_URL names.",
                "variables": {"host": {"default": "127.0.0.1"}, "port": {"default": "5672"}},
                "security": [{"$ref": "#/components/securitySchemes/login"}],
            }
        },
        "channels": _channels(),
        "operations": _operations(),
        "components": {
            "messages": {row.event.TYPE: _message(row) for row in CATALOG},
            "securitySchemes": {"login": {"type": "userPassword", "description": "A login of the broker's."}},
        },
    }


def _channels() -> Node:
    channels: Node = {}
    for row in CATALOG:
        kind = row.event.TYPE
        exchange = {"name": exchange_of(row.producer), "type": "topic", "durable": True, "autoDelete": False}
        channels[_topic(row)] = {
            "address": kind,
            "title": f"{kind} on {exchange_of(row.producer)}",
            "messages": {kind: {"$ref": f"#/components/messages/{kind}"}},
            "bindings": {"amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": "0.3.0"}},
        }
        for consumer, lane, name in row.queues():
            queue = {"name": name, "durable": True, "exclusive": False, "autoDelete": False}
            channels[name] = {
                "address": name,
                "title": f"{consumer}'s quorum queue of {kind}" + (f", {lane} lane" if lane else ""),
                "messages": {kind: {"$ref": f"#/components/messages/{kind}"}},
                "bindings": {"amqp": {"is": "queue", "queue": queue, "bindingVersion": "0.3.0"}},
            }
    return channels


def _operations() -> Node:
    operations: Node = {}
    for row in CATALOG:
        kind = row.event.TYPE
        operations[f"{row.producer}.sends.{kind}"] = _operation(
            "send", _topic(row), row, row.producer, {"deliveryMode": 2, "mandatory": False}
        )
        for consumer, lane, name in row.queues():
            operations[f"{consumer}.receives.{kind}" + (f".{lane}" if lane else "")] = _operation(
                "receive", name, row, consumer, {"ack": True}
            )
    return operations


def _operation(action: str, channel: str, row: Entry, service: str, amqp: Node) -> Node:
    return {
        "action": action,
        "title": f"{service} {action}s {row.event.TYPE}",
        "tags": [{"name": service}],
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{row.event.TYPE}"}],
        "bindings": {"amqp": {**amqp, "bindingVersion": "0.3.0"}},
    }


def _message(row: Entry) -> Node:
    kind = row.event.TYPE
    return {
        "name": kind,
        "title": row.event.__name__,
        "summary": (row.event.__doc__ or "").strip(),
        "contentType": CONTENT_TYPE,
        "correlationId": {
            "description": "Shared by everything that happens about one entry (else one campaign, one account).",
            "location": "$message.payload#/correlationid",
        },
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": {
                "$schema": DIALECT,
                "allOf": [
                    {"$ref": f"./schemas/{ENVELOPE}.json"},
                    {"properties": {"type": {"const": kind}, "data": {"$ref": f"./schemas/{kind}.json"}}},
                ],
            },
        },
        "bindings": {"amqp": {"messageType": kind, "bindingVersion": "0.3.0"}},
    }


def _topic(row: Entry) -> str:
    return f"{exchange_of(row.producer)}.{row.event.TYPE}"
