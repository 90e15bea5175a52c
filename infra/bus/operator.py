"""`laurel events`: watching events go by, looking at dead letters, sending events again."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import click
import psycopg

from contracts.catalog import CATALOG, SERVICES, exchange_of, produced_by
from infra.bus import broker
from infra.bus.deadletters import Letter, browse, replay
from infra.bus.errors import BusError
from infra.bus.ledger import republish
from infra.bus.topology import declare_exchanges
from infra.observe.settings import SettingError, broker_url

_ROOT = Path(__file__).parents[2]
_consumer = click.Choice(SERVICES)


@click.group()
def events() -> None:
    """Events: watch them (tail), see which failed (dead), send them again (replay, republish).

    The broker is the one that AMQP_URL names, else that of the stack ($LAUREL_VAR, or var/stack here).
    """


@events.command()
@click.option("--type", "pattern", default="#", help="Event type, or a pattern such as entry.*.v1; default: all.")
@click.option("--subject", help="Only events about this entry, campaign or account.")
@click.option("--correlation", help="Only events of this story (usually an entry's id).")
@click.option("--json", "as_json", is_flag=True, help="Whole events, one a line. They may hold names and texts.")
@click.option("--count", type=click.IntRange(min=1), help="Stop after so many.")
def tail(pattern: str, subject: str | None, correlation: str | None, *, as_json: bool, count: int | None) -> None:
    """Print events as they are published, until Ctrl-C. Takes nothing away from any service."""
    if pattern != "#" and not any(fits(pattern, row.event.TYPE) for row in CATALOG):
        click.echo(
            f"提示：目录中没有符合 {pattern} 的事件类型，可能拼写有误。 No event type of the catalogue fits {pattern}.",
            err=True,
        )
    # A shell's background jobs are born deaf to it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with _broker() as connection, suppress(KeyboardInterrupt):
        channel = connection.channel()
        channel.auto_decode = False
        declare_exchanges(channel)
        queue = channel.queue_declare("", exclusive=True, auto_delete=True).queue
        for service in SERVICES:
            channel.queue_bind(queue, exchange_of(service), pattern)
        click.echo("正在监听…… Listening; Ctrl-C ends.", err=True)
        seen = 0
        for event in _listen(connection, channel, queue):
            if subject not in {None, event.get("subject")} or correlation not in {None, event.get("correlationid")}:
                continue
            click.echo(json.dumps(event, ensure_ascii=False) if as_json else line_of(event))
            seen += 1
            if seen == count:
                return


def fits(pattern: str, event_type: str) -> bool:
    """Whether a topic exchange would take an event of this type for a pattern: `*` is one word, `#` any number."""
    words = {"*": r"\.[^.]+", "#": r"(?:\.[^.]+)*"}
    wanted = "".join(words.get(word, re.escape(f".{word}")) for word in pattern.split("."))
    return re.fullmatch(wanted, f".{event_type}") is not None


def _listen(connection: Any, channel: Any, queue: str) -> Iterator[dict[str, Any]]:
    """Events as they come; until the broker says good-bye."""
    came: list[dict[str, Any]] = []
    channel.basic_consume(queue, no_ack=True, callback=lambda raw: came.append(_event_of(raw)))
    while True:
        try:
            connection.drain_events(timeout=1)
        except TimeoutError:
            connection.heartbeat_tick()
        while came:
            yield came.pop(0)


def _event_of(raw: Any) -> dict[str, Any]:
    """The event in a message; of a stranger's message, what its address says."""
    unknown = {"time": "?", "type": raw.delivery_info["routing_key"], "subject": "?", "id": "?"}
    try:
        event = json.loads(raw.body)
    except (ValueError, RecursionError):
        return unknown
    return {**unknown, **event} if isinstance(event, dict) else unknown


def line_of(event: dict[str, Any]) -> str:
    """A passing event as `tail` prints it."""
    caused = f" ← {event['causationid']}" if event.get("causationid") else ""
    return printable(f"{event['time']}  {event['type']!s:<24} {event['subject']}  {event['id']}{caused}")


def printable(line: str) -> str:
    """One line for a terminal: whatever would move its cursor, change its colours or break the line is spelled out."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in line)


@events.command()
@click.argument("consumer", type=_consumer, required=False)
@click.option("--show", "key", help="Show this letter whole, with its headers.")
@click.option("--json", "as_json", is_flag=True, help="For programs: one letter a line, without its body.")
@click.option("--limit", type=click.IntRange(min=1), default=1000, show_default=True, help="At most so many of each.")
def dead(consumer: str | None, key: str | None, *, as_json: bool, limit: int) -> None:
    """List dead letters, of one consumer or of all; they stay where they are."""
    with _broker() as connection:
        letters = [
            letter
            for name in ([consumer] if consumer else SERVICES)
            for letter in browse(connection, name, limit=limit)
        ]
    if key is not None:
        letters = [letter for letter in letters if letter.key == key]
        if not letters:
            raise click.ClickException(f"没有编号为 {key} 的死信。 There is no dead letter {key}.")
        for letter in letters:
            _show(letter)
        return
    for letter in letters:
        click.echo(json.dumps(_summary(letter), ensure_ascii=False) if as_json else _row(letter))
    if not as_json:
        click.echo(f"共 {len(letters)} 条死信。 Dead letters: {len(letters)}.")


def _summary(letter: Letter) -> dict[str, Any]:
    fields = ("key", "consumer", "queue", "type", "subject", "reason", "error", "attempts", "died_at")
    return {name: getattr(letter, name) for name in fields}


def _row(letter: Letter) -> str:
    return printable(
        f"{letter.consumer:<7} {letter.died_at:<24} {letter.reason:<10} ×{letter.attempts} {letter.type:<24} "
        f"{letter.key}  {letter.error}"
    )


def _show(letter: Letter) -> None:
    for name, value in _summary(letter).items():
        click.echo(printable(f"{name:<9} {value}"))
    click.echo(f"headers   {json.dumps(dict(letter.headers), ensure_ascii=False, default=str)}")
    try:
        click.echo(json.dumps(json.loads(letter.body), ensure_ascii=False, indent=2))
    except (ValueError, RecursionError):
        click.echo(repr(letter.body[:2000]))


@events.command("replay")
@click.argument("consumer", type=_consumer)
@click.option(
    "--id", "keys", multiple=True, help="This letter (its id, as `dead` shows it); may be given several times."
)
@click.option("--type", "pattern", help="All letters of this event type, or of a pattern such as entry.*.")
@click.option("--all", "everything", is_flag=True, help="All letters of this consumer.")
def replay_command(consumer: str, keys: tuple[str, ...], pattern: str | None, *, everything: bool) -> None:
    """Send dead letters of CONSUMER back to their queues, once the cause is mended.

    What had its effect already is recognised and changes nothing.
    """
    if sum((bool(keys), pattern is not None, everything)) != 1:
        raise click.UsageError("请指定 --id、--type 或 --all 之一。 Give one of --id, --type, --all.")

    def wanted(letter: Letter) -> bool:
        return everything or letter.key in keys or (pattern is not None and fnmatchcase(letter.type, pattern))

    with _broker() as connection:
        done = replay(connection, consumer, wanted)
    for letter in done.sent:
        click.echo(f"→ {letter.queue}  {letter.key}")
    for letter, reason in done.left:
        click.echo(f"✗ {letter.key}  {reason}", err=True)
    click.echo(f"已退回重试 {len(done.sent)} 条，未能退回 {len(done.left)} 条。", nl=False)
    click.echo(f" Sent back: {len(done.sent)}; not sent: {len(done.left)}.")
    missing = set(keys) - {letter.key for letter in (*done.sent, *(letter for letter, _ in done.left))}
    if missing:
        raise click.ClickException(f"没有这些死信 No such dead letters: {', '.join(sorted(missing))}")
    if done.left:
        raise click.exceptions.Exit(1)


@events.command("republish")
@click.argument("producer", type=_consumer)
@click.option("--correlation", help="Everything of this story (usually an entry's id).")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]),
    help="Written since.",
)
@click.option("--type", "event_type", help="Only this event type.")
def republish_command(producer: str, correlation: str | None, since: datetime | None, event_type: str | None) -> None:
    """Publish events of PRODUCER's outbox once more, e.g. for a consumer that is new or was restored from a backup.

    A time without a zone is this machine's. Consumers that had an event recognise it and change nothing.
    """
    if correlation is None and since is None:
        raise click.UsageError("请指定 --correlation 或 --since。 Give --correlation or --since.")
    known = [row.event.TYPE for row in produced_by(producer)]
    if event_type is not None and event_type not in known:
        raise click.UsageError(
            f"{producer} 不发布 {event_type}；可选 {producer} does not publish that, but: {', '.join(known)}"
        )
    try:
        count = republish(
            _setting("LAUREL_DATABASE_DSN", "dsn", producer),
            correlation=correlation,
            since=since.astimezone() if since else None,
            event_type=event_type,
        )
    except psycopg.Error as error:
        reason = " ".join(str(error).split())
        raise click.ClickException(
            f"无法访问 {producer} 的数据库；请用 laurel status 查看。 "
            f"The database cannot be used; see `laurel status`: {reason}"
        ) from error
    click.echo(f"将再次发布 {count} 个事件。 Events that will be published again: {count}.")


def _setting(variable: str, *path: str) -> str:
    """A setting from the environment, else from what the running stack says about itself. Raises ClickException."""
    if given := os.environ.get(variable, "").strip():
        return given
    state = Path(os.environ.get("LAUREL_VAR", "").strip() or _ROOT / "var" / "stack") / "state.json"
    try:
        told = json.loads(state.read_text(encoding="utf-8"))
        for step in path:
            told = told[step]
    except FileNotFoundError as error:
        raise click.ClickException(
            f"系统尚未启动，请先运行 make up，或设置 {variable}。 Not up: run `make up` first, or set {variable}."
        ) from error
    except (OSError, ValueError, KeyError) as error:
        raise click.ClickException(
            f"请设置 {variable}，或先运行 make up。 Set {variable}, or run `make up` first ({state}: {error})."
        ) from error
    return str(told)


@contextmanager
def _broker() -> Iterator[Any]:
    """An open connection; what goes wrong on it becomes a sentence."""
    try:
        url = broker_url("AMQP_URL") if os.environ.get("AMQP_URL") else _setting("AMQP_URL", "amqp_url")
    except SettingError as error:
        raise click.ClickException(str(error)) from error
    connection = None
    try:
        connection = broker.connect(url)
        yield connection
    except BusError as error:
        raise click.ClickException(
            f"消息队列不完整，请先启动服务（make up）。 Start the services first (`make up`): {error}"
        ) from error
    except broker.LOST as error:
        raise click.ClickException(
            f"无法连接消息队列 {_place_of(url)}；请用 laurel status 查看，make up 可恢复。 "
            f"The broker cannot be reached; see `laurel status`, `make up` brings it back: {error}"
        ) from error
    finally:
        broker.close(connection, politely=True)


def _place_of(amqp_url: str) -> str:
    """A broker's host and port, without its password."""
    return amqp_url.rpartition("@")[2].partition("/")[0]
