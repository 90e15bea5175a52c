"""Dead letters and passing events as an operator reads them: whatever a stranger put into them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from infra.bus.deadletters import letter_of
from infra.bus.operator import line_of, printable

QUEUE = "review.entry.submitted.v1"


def raw(headers: dict[str, Any], body: bytes = b"null") -> SimpleNamespace:
    return SimpleNamespace(body=body, properties={"application_headers": headers})


@pytest.mark.parametrize(
    "headers",
    [
        {"x-laurel-attempts": "abc"},
        {"x-laurel-attempts": ["a"], "x-delivery-count": {"b": 1}},
        {"x-laurel-attempts": 1.5},
        {"x-death": 5},
        {"x-death": "evil"},
        {"x-death": [5, None, "x"]},
        {"x-laurel-queue": ["a"]},
    ],
)
def test_headers_of_a_stranger_hide_no_letter(headers: dict[str, Any]) -> None:
    letter = letter_of("review", raw(headers))
    assert letter.attempts == 0
    assert letter.queue is None


def test_our_notes_and_the_brokers_are_read() -> None:
    ours = letter_of("review", raw({"x-laurel-attempts": 5, "x-laurel-queue": QUEUE}))
    assert (ours.attempts, ours.queue) == (5, QUEUE)
    brokers = letter_of("review", raw({"x-delivery-count": 101, "x-death": [{"reason": "rejected", "queue": QUEUE}]}))
    assert (brokers.attempts, brokers.queue, brokers.reason) == (101, QUEUE, "rejected")


def test_nothing_in_a_line_reaches_the_terminal_as_a_command() -> None:
    assert printable("条目 abc\x1b[31m\r\n\x9b2J\u202e") == "条目 abc\\x1b[31m\\r\\n\\x9b2J\\u202e"


def test_an_event_of_strange_types_is_a_line_too() -> None:
    assert line_of({"time": {}, "type": ["a"], "subject": 5, "id": None}).startswith("{}  ['a'] ")
