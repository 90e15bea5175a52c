"""Logs: one JSON object a line on stdout. An event's name, its time, its level, and what is bound around it.

Never bodies, never personal data: keys that name such things are blanked here as the last line of defence, passwords
in URLs and the values that database errors quote as well.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

BLANK = "[redacted]"
_PRIVATE_WORDS = frozenset({
    *("mobile", "phone", "telephone", "tel", "email", "mail", "address", "addresses"),
    *("password", "passwd", "passphrase", "secret", "token", "authorization", "cookie", "credential", "credentials"),
})  # fmt: skip
_PRIVATE_NAMES = frozenset({"body", "code", "activation_code", "login", "private_key", "access_key", "dsn"})
_PRIVATE_IDENTIFIERS = frozenset({"token_id", "mail_id", "message_id"})
_WORDS = re.compile(r"[^a-z0-9]+")
_URL_PASSWORD = re.compile(r"(?P<scheme>[a-z][a-z0-9+]*://[^:/@\s]*):[^@/\s]+@", re.IGNORECASE)
_QUOTED_VALUES = re.compile(r"^(?P<mark>\s*(?:DETAIL:|\[parameters:|\[SQL:|CONTEXT:)).*$", re.MULTILINE)


def is_private(key: str) -> bool:
    """Whether a log field of this name may hold a secret or personal data."""
    name = key.lower()
    if name in _PRIVATE_IDENTIFIERS:
        return False
    return name in _PRIVATE_NAMES or not _PRIVATE_WORDS.isdisjoint(_WORDS.split(name))


def harmless(text: str) -> str:
    """`text` without passwords in URLs and without the lines in which database errors quote values."""
    return _QUOTED_VALUES.sub(rf"\g<mark> {BLANK}", _URL_PASSWORD.sub(rf"\g<scheme>:{BLANK}@", text))


def _cleaned(value: Any) -> Any:
    """`value` without private fields (at any depth) and without passwords in URLs."""
    if isinstance(value, str):
        return harmless(value) if "://" in value or "\n" in value else value
    if isinstance(value, Mapping):
        return {str(k): BLANK if is_private(str(k)) else _cleaned(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_cleaned(item) for item in value]
    return value


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Processor: blank private fields, passwords in URLs, and the values that database errors quote."""
    for key, value in event.items():
        event[key] = BLANK if is_private(key) else _cleaned(value)
    return event


_FIRST = ("time", "level", "service", "process", "event")


def _in_order(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The same fields first in every line, for the eye."""
    return {key: event.pop(key) for key in _FIRST if key in event} | dict(event)


def _dumps(value: Any, **options: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=options.get("default", str))


def configure(service: str, process: str, *, level: str = "INFO") -> None:
    """Route structlog and the standard library's logging to stdout as JSON lines.

    `service` and `process` (e.g. `intake`, `worker`) stand in every line; so do contextvars bound by
    structlog.contextvars (correlation, event_id, entry …).
    """

    def name_process(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event.setdefault("service", service)
        event.setdefault("process", process)
        return event

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        name_process,
    ]
    rendered: list[Processor] = [
        structlog.processors.format_exc_info,
        redact,
        _in_order,
        structlog.processors.JSONRenderer(serializer=_dumps),
    ]
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    structlog.configure(
        processors=[*shared, *rendered],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stdout),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name, structlog.stdlib.ExtraAdder()],
            processors=[_without_record, *rendered],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    logging.captureWarnings(capture=True)
    for name in list(logging.root.manager.loggerDict):
        # Libraries that brought handlers of their own (uvicorn, nameko) would print every line twice.
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    for name, quiet in _QUIET.items():
        logging.getLogger(name).setLevel(max(number, quiet))


_QUIET = {
    "uvicorn.access": logging.WARNING,  # infra.web logs each request itself, without its query
    "amqp": logging.WARNING,
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "urllib3": logging.WARNING,
}


def _without_record(_logger: WrappedLogger, _method: str, event: MutableMapping[str, Any]) -> EventDict:
    """Drop what ProcessorFormatter adds for its own use."""
    event.pop("_record", None)
    event.pop("_from_structlog", None)
    return event
