"""Log lines: JSON, in order, and without what must not be in them."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from sqlalchemy.exc import IntegrityError

from infra.observe import logs

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """Logging as a process configures it; returns what was printed."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    printed = io.StringIO()
    monkeypatch.setattr(sys, "stdout", printed)
    logs.configure("intake", "worker")
    yield lambda: [json.loads(line) for line in printed.getvalue().splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def test_line_says_when_what_and_where_with_what_is_bound(lines: Lines) -> None:
    structlog.contextvars.bind_contextvars(correlation="c")
    structlog.get_logger().info("entry.submitted", revision=2, title="题目")
    (line,) = lines()
    assert list(line)[:5] == ["time", "level", "service", "process", "event"]
    assert line["time"].endswith("Z")
    assert (line["event"], line["revision"], line["title"], line["correlation"]) == ("entry.submitted", 2, "题目", "c")


def test_standard_library_logs_the_same_way(lines: Lines) -> None:
    structlog.contextvars.bind_contextvars(correlation="c")
    logging.getLogger("nameko.runners").warning("late by %s s", 3, extra={"token": "t"})
    (line,) = lines()
    assert (line["event"], line["logger"], line["level"]) == ("late by 3 s", "nameko.runners", "warning")
    assert (line["token"], line["correlation"]) == ("[redacted]", "c")


def test_levels_below_the_configured_one_are_not_printed(lines: Lines) -> None:
    structlog.get_logger().debug("detail")
    logging.getLogger("x").debug("detail")
    logging.getLogger("amqp").info("chatter")
    assert lines() == []


@pytest.mark.parametrize(
    "key",
    ["mobile", "Email", "contact_email", "password", "access_token", "code", "activation_code", "body", "login", "dsn"],
)
def test_private_keys_are_blanked_at_any_depth(lines: Lines, key: str) -> None:
    structlog.get_logger().info("x", **{key: "v"}, deep={"list": [{key: "v"}]})
    (line,) = lines()
    assert line[key] == line["deep"]["list"][0][key] == "[redacted]"


@pytest.mark.parametrize("key", ["unit_code", "token_id", "message_id", "body_bytes", "status_code", "entry"])
def test_names_that_merely_resemble_them_are_kept(lines: Lines, key: str) -> None:
    structlog.get_logger().info("x", **{key: "v"})
    assert lines()[0][key] == "v"


def test_passwords_in_urls_are_blanked(lines: Lines) -> None:
    structlog.get_logger().info("x", url="amqp://laurel:pw@host:5672/v", error="at postgresql://a:b@h/d now")
    (line,) = lines()
    assert line["url"] == "amqp://laurel:[redacted]@host:5672/v"
    assert line["error"] == "at postgresql://a:[redacted]@h/d now"


def test_tracebacks_do_not_quote_the_values_of_database_errors(lines: Lines) -> None:
    cause = Exception("duplicate key value\nDETAIL:  Key (mobile)=(13800138000) already exists.")
    error = IntegrityError("INSERT INTO contact", {"mobile": "13800138000"}, cause)
    structlog.get_logger().error("boom", exc_info=error)
    text = json.dumps(lines())
    assert "IntegrityError" in text
    assert "13800138000" not in text
