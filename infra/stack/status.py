"""`laurel status`: each process, each queue, each outbox, as they are now."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import amqp
import psycopg

from infra.bus.topology import queues
from infra.stack import rabbitmq
from infra.stack.config import StackConfig, StackError
from infra.stack.lifecycle import is_ready, stack_of, state_of
from infra.stack.rabbitmq import RabbitError
from infra.stack.supervisor import Process, Supervisor

_OUTBOX = """
SELECT count(*) FILTER (WHERE not_before IS NULL OR not_before <= clock_timestamp()),
       count(*) FILTER (WHERE not_before > clock_timestamp()),
       coalesce(extract(epoch FROM clock_timestamp() - min(written_at)), 0)::float8
FROM outbox WHERE published_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """`ready` is None for a program that has no such address."""

    name: str
    pid: int
    state: str
    seconds: int
    restarts: int
    ready: bool | None


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """Messages that wait, that are with a consumer (None where the broker does not tell us), and its consumers."""

    name: str
    ready: int
    unacknowledged: int | None
    consumers: int


@dataclass(frozen=True, slots=True)
class OutboxStatus:
    """Events that wait for the relay, that are held back after a failure, and the age of the oldest in seconds."""

    service: str
    waiting: int
    held: int
    lag_seconds: float


@dataclass(frozen=True, slots=True)
class Status:
    """All of it; `problems` are what could not be asked, and why."""

    url: str
    processes: tuple[ProcessStatus, ...]
    queues: tuple[QueueStatus, ...]
    outboxes: tuple[OutboxStatus, ...]
    problems: tuple[str, ...]

    @property
    def well(self) -> bool:
        """Whether everything runs and could be asked; dead letters and queues that fill up are for people to judge."""
        return not self.problems and all(p.pid and p.ready is not False for p in self.processes)


def status_of(folder: Path) -> Status:
    """Ask everybody, side by side. Raises StackError if the stack is not up."""
    state = state_of(folder)
    config = StackConfig.load(folder)
    supervisor = Supervisor(config)
    if not supervisor.is_up():
        raise StackError(
            "进程管理器没有响应，系统可能被强行终止；运行 make up 即可恢复。\n"
            "The supervisor does not answer; the stack may have been killed. `make up` brings it back."
        )
    health = {program.name: program.ready_url for program in stack_of(config).programs()}
    dsn = state["dsn"]
    assert isinstance(dsn, Mapping)  # noqa: S101 - written by us
    problems: list[str] = []
    with ThreadPoolExecutor(max_workers=8) as pool:
        processes = pool.map(lambda one: _process(one, health.get(one.name)), supervisor.processes())
        waiting = pool.submit(lambda: list(_queues(config, str(state["amqp_url"]), problems)))
        outboxes = pool.map(lambda name: _outbox(name, str(dsn[name]), problems), dsn)
        return Status(
            str(state["url"]),
            tuple(processes),
            tuple(waiting.result()),
            tuple(one for one in outboxes if one is not None),
            tuple(problems),
        )


def _process(process: Process, url: str | None) -> ProcessStatus:
    ready = None if url is None else bool(process.pid) and is_ready(url)
    return ProcessStatus(process.name, process.pid, process.state, process.seconds, process.restarts, ready)


def _queues(config: StackConfig, amqp_url: str, problems: list[str]) -> Iterator[QueueStatus]:
    """Asked by AMQP, which works on any broker; what is unacknowledged only a node of ours can be asked."""
    node = stack_of(config).rabbit
    unacknowledged: Mapping[str, int] | None = None
    if node is not None:
        with contextlib.suppress(RabbitError):  # a broker that is down says so below
            unacknowledged = node.unacknowledged()
    try:
        connection = rabbitmq.connect(amqp_url)
    except (OSError, amqp.AMQPError) as error:
        problems.append(f"RabbitMQ: 无法连接 cannot be reached: {error}")
        return
    try:
        channel = connection.channel()
        for queue in queues():
            try:
                _, ready, consumers = channel.queue_declare(queue.name, passive=True)
            except amqp.NotFound:
                problems.append(f"RabbitMQ: 没有队列 there is no queue {queue.name}")
                channel = connection.channel()
            else:
                with_consumer = None if unacknowledged is None else unacknowledged.get(queue.name, 0)
                yield QueueStatus(queue.name, ready, with_consumer, consumers)
    finally:
        connection.close()


def _outbox(service: str, dsn: str, problems: list[str]) -> OutboxStatus | None:
    try:
        with psycopg.connect(dsn, connect_timeout=3, application_name="laurel-status") as connection:
            row = connection.execute(_OUTBOX).fetchone()
    except psycopg.Error as error:
        problems.append(f"PostgreSQL {service}: 无法访问 cannot be used: {' '.join(str(error).split())}")
        return None
    assert row is not None  # noqa: S101 - an aggregate always gives a row
    return OutboxStatus(service, row[0], row[1], row[2])


def render(status: Status) -> None:
    """Print it as tables."""
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else 120)
    table = Table("进程 process", "pid", "状态 state", "运行 up", "就绪 ready", "重启 restarts")
    for p in status.processes:
        ready = {None: "–", True: "[green]✓[/]", False: "[red]✗[/]"}[p.ready]
        table.add_row(p.name, str(p.pid or "–"), p.state, _duration(p.seconds), ready, str(p.restarts))
    console.print(table)
    table = Table("队列 queue", "等待 ready", "处理中 unacked", "消费者 consumers")
    for q in status.queues:
        style = "red" if q.name.endswith(".dead") and q.ready else None
        unacked = "–" if q.unacknowledged is None else str(q.unacknowledged)
        table.add_row(q.name, str(q.ready), unacked, str(q.consumers), style=style)
    console.print(table)
    table = Table("发件箱 outbox", "待发 waiting", "暂缓 held back", "最久 oldest")
    for o in status.outboxes:
        table.add_row(o.service, str(o.waiting), str(o.held), f"{o.lag_seconds:.1f} s" if o.waiting + o.held else "–")
    console.print(table)
    for problem in status.problems:
        console.print(problem, style="red", markup=False)
    if not status.well:
        ill = [p.name for p in status.processes if not p.pid or p.ready is False]
        console.print(
            f"异常 not well: {', '.join(ill) or '–'}。日志在 logs 目录，make up 可补启缺失的进程。 "
            "Their logs are in the folder logs; `make up` starts what is missing.",
            style="red",
            markup=False,
        )
    console.print(f"桂冠 Laurel: {status.url}", highlight=False)


def _duration(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}"
