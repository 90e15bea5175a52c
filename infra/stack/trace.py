"""`laurel trace`: the whole story of an entry through all services, in order.

Everything about an entry shares one correlation id, which is the entry's own id. The story is put together from the
outbox and the inbox of every service's own database, and from the lines of the logs that bear the id.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from infra.stack.config import StackError

_WRITTEN = "SELECT written_at, type, id::text, causation, published_at FROM outbox WHERE correlation = %s"
_HANDLED = "SELECT handled_at, consumer, type, id::text, attempt FROM inbox WHERE correlation = %s"
_ENTRY_OF_RECEIPT = """
SELECT subject FROM outbox WHERE type LIKE 'entry.submitted.%%' AND body::jsonb -> 'data' ->> 'receipt_number' = %s
"""
_TOLD_BY_THE_INBOX = "event.handled"
_ALWAYS_THERE = {"time", "level", "service", "process", "event", "correlation", "event_id", "event_type", "entry"}


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened. `event_id` and `causation` are the ids of events, where there are any."""

    time: datetime
    service: str
    what: str
    event_id: str = ""
    causation: str = ""
    attempt: int | None = None


def story_of(asked: str, dsns: Mapping[str, str], logs: Path) -> tuple[UUID, list[Happening]]:
    """The entry that an id or a receipt number names, and everything that happened to it, in the order of time.

    Raises StackError for a name that nothing is known about, and for a database that does not answer.
    """
    try:
        entry = entry_of(asked, dsns["intake"])
        with ThreadPoolExecutor(max_workers=len(dsns)) as pool:
            parts = list(pool.map(lambda name: list(_of_database(name, dsns[name], str(entry))), dsns))
    except psycopg.Error as error:
        reason = " ".join(str(error).split())
        raise StackError(
            f"无法查询数据库，请用 laurel status 查看；make up 可恢复。\n"
            f"A database cannot be asked; see `laurel status`, `make up` brings it back: {reason}"
        ) from error
    happenings = [one for part in parts for one in part]
    happenings += _of_logs(logs, str(entry), {(one.service, one.event_id) for one in happenings})
    if not happenings:
        raise StackError(
            f"没有与 {asked} 有关的记录，请核对申报材料编号。\nNothing is known about {asked}; check the entry's id."
        )
    return entry, sorted(happenings, key=lambda one: one.time)


def entry_of(asked: str, intake_dsn: str) -> UUID:
    """The entry's id, given itself or a receipt number. Raises StackError."""
    try:
        return UUID(asked.strip())
    except ValueError:
        pass
    with psycopg.connect(intake_dsn, connect_timeout=5) as connection:
        row = connection.execute(_ENTRY_OF_RECEIPT, [asked.strip()]).fetchone()
    if row is None:
        raise StackError(
            f"{asked} 既不是申报材料编号（UUID），也不是已知的回执编号。\n"
            f"{asked} is neither an entry's id (a UUID) nor the number of a known receipt."
        )
    return UUID(row[0])


def _of_database(service: str, dsn: str, correlation: str) -> Iterator[Happening]:
    with psycopg.connect(dsn, connect_timeout=5, application_name="laurel-trace") as connection:
        for written, kind, event, causation, published in connection.execute(_WRITTEN, [correlation]):
            yield Happening(written, service, f"写入 wrote {kind}", event, causation or "")
            if published is not None:
                yield Happening(published, service, f"发布 published {kind}", event, causation or "")
        for handled, consumer, _kind, event, attempt in connection.execute(_HANDLED, [correlation]):
            yield Happening(handled, service, f"处理 handled {consumer}", event, "", attempt)


def _of_logs(logs: Path, correlation: str, known: set[tuple[str, str]]) -> Iterator[Happening]:
    """Lines that bear the id; not those that only repeat what an inbox has told."""
    for file in sorted(logs.glob("*.log*")):
        with file.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if correlation not in line:
                    continue
                try:
                    told = json.loads(line)
                    time = datetime.fromisoformat(told["time"]).astimezone(UTC)
                except (ValueError, KeyError, TypeError):
                    continue  # a server's own line, not one of ours
                name = str(told.get("event", ""))
                service, event = str(told.get("service", file.stem)), str(told.get("event_id", ""))
                if name == _TOLD_BY_THE_INBOX and (service, event) in known:
                    continue
                yield Happening(time, service, f"{name} {_details(told)}".rstrip(), event, "", told.get("attempt"))


def _details(told: Mapping[str, Any]) -> str:
    shown = {key: value for key, value in told.items() if key not in _ALWAYS_THERE and key != "attempt"}
    return " ".join(f"{key}={value}" for key, value in shown.items() if not isinstance(value, dict | list))


def render(entry: UUID, happenings: list[Happening]) -> None:
    """Print the story as a table."""
    from rich.console import Console
    from rich.table import Table

    table = Table("时间 time (UTC)", "服务 service", "事项 what", "事件 event", "起因 caused by", "次 try")
    for one in happenings:
        table.add_row(
            one.time.astimezone(UTC).strftime("%m-%d %H:%M:%S.%f")[:-3],
            one.service,
            one.what,
            one.event_id[:8],
            one.causation[:8],
            "" if one.attempt is None else str(one.attempt),
        )
    # Into a pipe it goes unbroken; a terminal has the width that it has.
    console = Console(width=None if sys.stdout.isatty() else 200)
    console.print(f"申报材料 entry {entry}: {len(happenings)}", highlight=False)
    console.print(table)
