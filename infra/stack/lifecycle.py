"""Bringing a stack up, down, and back after somebody killed part of it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from infra.stack.broker import broker_url
from infra.stack.config import SERVICES, StackConfig, StackError
from infra.stack.files import write_file, write_keys
from infra.stack.process import Program
from infra.stack.programs import Stack
from infra.stack.supervisor import Supervisor

READY_SECONDS = 180.0
_TAIL_LINES = 12
_LOG_END = 2000
_http = build_opener(ProxyHandler({}))  # what runs on this machine is never asked through a proxy

Say = Callable[[str], None]


@dataclass
class Steps:
    """What was reached, and after how many seconds; each is said as it happens."""

    say: Say
    begun: float = field(default_factory=time.monotonic)
    reached: dict[str, float] = field(default_factory=dict)

    def done(self, name: str) -> None:
        self.reached[name] = time.monotonic() - self.begun
        self.say(f"  {self.reached[name]:5.1f} s  {name}")


def up(folder: Path, say: Say, media_workers: int | None = None) -> tuple[bool, dict[str, object]]:
    """Bring the stack in `folder` up; returns whether it was up already, and its state. One that is up is completed.

    `media_workers` None leaves their number as it was. Raises StackError with a sentence for people.
    """
    with _alone(folder):
        config = StackConfig.load(folder)
        supervisor = Supervisor(config)
        running = supervisor.is_up()
        if media_workers is not None:
            config.media_workers = media_workers
        if running:
            return True, _complete(config, supervisor, say)
        url = broker_url()
        with contextlib.suppress(KeyError):  # a stack that was never up has no ports, and nothing to sweep
            if left := supervisor.sweep(Stack.of(config, url).programs()):
                say(f"已清理上次遗留的 {left} 个进程。 Ended {left} processes that a killed stack had left behind.")
        write_keys(config.keys)
        steps = Steps(say)
        while True:
            config.choose()
            config.save()
            stack = Stack.of(config, url)
            try:
                return False, _start(stack, supervisor, steps)
            except PortTakenError as error:
                say(str(error))
                _stop(stack, supervisor)
            except KeyboardInterrupt:
                say("已中断，正在停止已启动的进程。 Interrupted; stopping what was started.")
                _stop(stack, supervisor)
                raise


class PortTakenError(Exception):
    """Another program took the origin's port between our choosing it and our proxy's start."""


def _start(stack: Stack, supervisor: Supervisor, steps: Steps) -> dict[str, object]:
    """From nothing to ready. Raises PortTakenError, and StackError."""
    stack.prepare()
    (stack.config.logs / "caddy.log").unlink(missing_ok=True)  # _origin reads what it says from now on
    supervisor.write(stack.programs(), at_once=stack.at_once())
    supervisor.launch()
    steps.done("supervisor")
    return _make_ready(stack, supervisor, steps)


def _make_ready(stack: Stack, supervisor: Supervisor, steps: Steps) -> dict[str, object]:
    """Provision the servers, start the services as soon as what each kind needs is there, wait for all of them.

    The first page comes first: on a small machine whatever starts beside it delays it.
    """
    door = stack.apis()[:1]
    with _explained(stack), ThreadPoolExecutor(max_workers=4) as pool:
        origin = pool.submit(_origin, stack, steps)
        storage = pool.submit(_storage, stack, steps)
        broker = pool.submit(_broker, stack, steps)
        databases = pool.submit(_databases, stack, supervisor, steps)
        origin.result()
        databases.result()
        supervisor.start(door)
        _wait_ready(door, supervisor, stack, steps)
        steps.say(f"首页已可打开，其余部分即将就绪。 The first page is there, the rest is coming: {stack.config.url}")
        supervisor.start(stack.apis())
        storage.result()
        broker.result()
        supervisor.start(stack.workers())
    _wait_ready((*stack.apis()[1:], *stack.workers()), supervisor, stack, steps)
    return _tell(stack, supervisor)


def _databases(stack: Stack, supervisor: Supervisor, steps: Steps) -> None:
    """A database and a login per service, migrated: all in this process, since most of the work is importing."""
    stack.postgres.prepare()
    supervisor.start((stack.postgres.program(),))
    from infra.store.migrate import upgrade  # takes as long to load as the server takes to start

    stack.postgres.wait()
    steps.done("postgres")
    for service in SERVICES:
        name = stack.database(service)
        upgrade(stack.postgres.create_database(name, stack.config.passwords[service]), f"services.{service}")
    steps.done("migrations")


def _origin(stack: Stack, steps: Steps) -> None:
    """Wait for our own proxy: what answers on its port may be somebody else's."""
    url = stack.caddy.program().ready_url or ""
    log = stack.config.logs / "caddy.log"
    deadline = time.monotonic() + READY_SECONDS
    while not is_ready(url):
        if log.exists() and "address already in use" in log.read_text(errors="replace")[-_LOG_END:]:
            raise PortTakenError(
                f"端口 {stack.caddy.port} 刚被占用，换用下一个。 Port {stack.caddy.port} has just been taken."
            )
        if time.monotonic() > deadline:
            raise StackError(f"caddy 未能启动。\ncaddy did not start:\n{_tail(log)}")
        time.sleep(0.05)
    steps.done("origin")


def _storage(stack: Stack, steps: Steps) -> None:
    stack.seaweed.wait()
    steps.done("storage")


def _broker(stack: Stack, steps: Steps) -> None:
    from infra.bus.topology import declare

    if stack.rabbit is not None:
        stack.rabbit.wait()
    declare(stack.amqp_url)
    steps.done("broker")


def _complete(config: StackConfig, supervisor: Supervisor, say: Say) -> dict[str, object]:
    """The supervisor is there: bring in what is missing, e.g. after an interrupted start or for more media workers."""
    config.fill_in()
    config.save()
    stack = stack_of(config)
    steps = Steps(say)
    supervisor.write(stack.programs(), at_once=stack.at_once())
    supervisor.take_in()
    missing = [p for p in supervisor.processes() if not p.pid]
    if missing or not _all_ready((*stack.edges(), *stack.apis(), *stack.workers())):
        supervisor.start(stack.at_once())
        return _make_ready(stack, supervisor, steps)
    return _tell(stack, supervisor)


def down(folder: Path, say: Say) -> bool:
    """Stop everything of the stack; returns whether anything was running."""
    with _alone(folder):
        config = StackConfig.load(folder)
        if not config.ports:
            return False
        supervisor = Supervisor(config)
        stack = stack_of(config)
        was_up = supervisor.is_up()
        if was_up:
            _stop(stack, supervisor)
        left = supervisor.sweep(stack.programs())
        if left and not was_up:
            say(f"已结束 {left} 个遗留进程。 Ended {left} processes that a killed stack had left behind.")
        stack.seaweed.tidy()
        (folder / "state.json").unlink(missing_ok=True)
        return was_up or left > 0


def _stop(stack: Stack, supervisor: Supervisor) -> None:
    """In the reverse order of the start; what does the same job ends side by side."""
    with contextlib.suppress(OSError):
        supervisor.stop(stack.edges()[:1], 11)  # the origin first: no new requests
        supervisor.stop((*stack.apis(), *stack.workers()), 15)
        supervisor.stop((*stack.edges(), *stack.servers()), 30)
        supervisor.shut_down()


def reset(folder: Path, say: Say) -> None:
    """Stop the stack and remove all its data."""
    down(folder, say)
    with _alone(folder):
        for path in folder.iterdir():
            if path.name != _LOCK:
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def state_of(folder: Path) -> dict[str, object]:
    """The state of a stack that is up. Raises StackError."""
    try:
        told: dict[str, object] = json.loads((folder / "state.json").read_text())
    except (OSError, ValueError) as error:
        raise StackError("系统尚未启动，请先运行 make up。\nThe stack is not up; run `make up` first.") from error
    return told


def _recorded_broker(config: StackConfig) -> str | None:
    """The outside broker that the running stack was started with; None for a private node."""
    try:
        url = str(state_of(config.folder)["amqp_url"])
    except StackError:
        return os.environ.get("AMQP_URL", "").strip() or None
    private = f"@127.0.0.1:{config.ports['rabbitmq']}/"
    return None if private in url else url


def stack_of(config: StackConfig) -> Stack:
    """The stack as it runs now, with the broker that it was started with."""
    return Stack.of(config, _recorded_broker(config))


def _tell(stack: Stack, supervisor: Supervisor) -> dict[str, object]:
    """Write state.json from what runs now."""
    health = {program.name: program.ready_url for program in stack.programs()}
    processes: list[dict[str, object]] = [
        {"name": process.name, "pid": process.pid, "health_url": health.get(process.name)}
        for process in supervisor.processes()
    ]
    state = stack.state(processes)
    write_file(stack.config.folder / "state.json", json.dumps(state, indent=1, ensure_ascii=False))
    return state


def is_ready(url: str) -> bool:
    """Whether a /ready answers 200."""
    try:
        with _http.open(url, timeout=2) as answer:
            return bool(answer.status == 200)  # noqa: PLR2004 - HTTP's own number
    except (URLError, OSError):
        return False


def _all_ready(programs: Iterable[Program]) -> bool:
    urls = [program.ready_url for program in programs if program.ready_url]
    with ThreadPoolExecutor(max_workers=max(1, len(urls))) as pool:
        return all(pool.map(is_ready, urls))


def _wait_ready(programs: Iterable[Program], supervisor: Supervisor, stack: Stack, steps: Steps) -> None:
    """Until every one of them says it is ready. Raises StackError with the end of a late one's log."""
    waiting = {program.name: program.ready_url for program in programs if program.ready_url}
    deadline = time.monotonic() + READY_SECONDS
    look_again, broken = 0.0, list[str]()
    while waiting:
        for name, url in list(waiting.items()):
            if url and is_ready(url):
                del waiting[name]
                steps.done(name)
        if time.monotonic() > look_again:
            look_again = time.monotonic() + 1
            broken = [p.name for p in supervisor.processes() if p.name in waiting and p.restarts > _TOO_MANY_RESTARTS]
        if waiting and (broken or time.monotonic() > deadline):
            name = (broken or list(waiting))[0]
            raise StackError(
                f"{name} 未能就绪，日志末尾如下（全部日志在 {stack.config.logs}）。\n"
                f"{name} does not become ready; the end of its log (all logs are in {stack.config.logs}):\n"
                f"{_tail(stack.config.logs / f'{name}.log')}"
            )
        time.sleep(0.1)


_TOO_MANY_RESTARTS = 3


@contextmanager
def _explained(stack: Stack) -> Iterator[None]:
    """Adds the end of a server's log to what provisioning it raised."""
    from infra.stack.postgres import PostgresError
    from infra.stack.rabbitmq import RabbitError
    from infra.stack.seaweed import SeaweedError

    logs = {PostgresError: "postgres", RabbitError: "rabbitmq", SeaweedError: "seaweedfs"}
    try:
        yield
    except tuple(logs) as error:
        name = logs[type(error)]
        raise StackError(
            f"{name} 未能启动：{error}\n{name} did not start: {error}\n{_tail(stack.config.logs / f'{name}.log')}"
        ) from error


def _tail(log: Path) -> str:
    try:
        return "\n".join(f"    {line}" for line in log.read_text(errors="replace").splitlines()[-_TAIL_LINES:])
    except FileNotFoundError:
        return "    (no log yet)"


_LOCK = ".lock"


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One command at a time on a stack; another waits its turn."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
