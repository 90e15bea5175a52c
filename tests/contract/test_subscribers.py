"""The programs of docs/examples follow events on a real broker, as docs/events.md promises."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import amqp
import pytest

from contracts.envelope import CONTENT_TYPE
from infra.bus import broker as bus_broker
from infra.bus import topology
from infra.stack.rabbitmq import Rabbit
from tests.contract.schemas import CONTRACTS

EXAMPLES = CONTRACTS.parent / "docs" / "examples"
PLAIN = ([sys.executable, "plain_amqp_subscriber.py", "entry.submitted.v1", "decision.published.v1"], "example.plain")
NAMEKO = ([sys.executable, "-m", "nameko", "run", "-c", "nameko.yaml", "nameko_subscriber"], "example.nameko")
PATIENCE = 30.0

pytestmark = pytest.mark.stack


@pytest.fixture
def channel(amqp_url: str) -> Iterator[Any]:
    topology.declare(amqp_url)
    connection = bus_broker.connect(amqp_url)
    yield connection.channel()
    bus_broker.close(connection, politely=True)


@pytest.fixture
def guest_url(amqp_url: str, broker: Rabbit) -> str:
    """A login with the permissions that docs/events.md recommends, and no others."""
    text = (EXAMPLES.parent / "events.md").read_text(encoding="utf-8")
    patterns = re.findall(r"'(\^.+?\$)'", text)  # configure, write, read
    assert len(patterns) == 3
    vhost = amqp_url.rsplit("/", 1)[1]
    allowed = ", ".join(f"<<{json.dumps(pattern)}>>" for pattern in patterns)
    name, secret = f"guest-{vhost}", "pw-of-tests"
    broker._evaluate(f'rabbit_auth_backend_internal:add_user(<<"{name}">>, <<"{secret}">>, <<"tests">>)')
    broker._evaluate(
        f'rabbit_auth_backend_internal:set_permissions(<<"{name}">>, <<"{vhost}">>, {allowed}, <<"tests">>)'
    )
    return f"amqp://{name}:{secret}@127.0.0.1:{broker.port}/{vhost}"


@pytest.fixture
def start(guest_url: str, tmp_path: Path) -> Iterator[Callable[[list[str]], Path]]:
    """A function: command → the file that its output goes to. What was started is stopped."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(command: list[str]) -> Path:
        output = tmp_path / "output"
        with output.open("wb") as file:
            started.append(
                subprocess.Popen(
                    command, cwd=EXAMPLES, env={**os.environ, "AMQP_URL": guest_url}, stdout=file, stderr=file
                )
            )
        return output

    yield begin
    for process in started:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def eventually(check: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (found := check()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
    return found


def waiting(channel: Any, queue: str) -> bool:
    """Whether the queue exists and somebody consumes from it."""
    other = channel.connection.channel()
    try:
        return bool(other.queue_declare(queue, passive=True).consumer_count)
    except amqp.NotFound:
        return False
    finally:
        if other.is_open:
            other.close()


def has_line(output: Path, line: str) -> bool:
    return line in output.read_text(encoding="utf-8").splitlines()


def publish(channel: Any, event: str, body: bytes) -> None:
    producer = {"entry": "intake", "decision": "review"}[event.split(".", maxsplit=1)[0]]
    message = amqp.Message(body, content_type=CONTENT_TYPE, delivery_mode=2)
    channel.basic_publish(message, exchange=f"laurel.{producer}", routing_key=event, mandatory=True)


@pytest.mark.parametrize(("command", "queue"), [PLAIN, NAMEKO], ids=["plain", "nameko"])
def test_example_follows_events_and_keeps_what_it_cannot_read(
    channel: Any, start: Callable[[list[str]], Path], command: list[str], queue: str
) -> None:
    output = start(command)
    eventually(lambda: waiting(channel, queue))
    submitted = (CONTRACTS / "examples" / "entry.submitted.v1" / "full.json").read_bytes()
    decided = (CONTRACTS / "examples" / "decision.published.v1" / "minimal.json").read_bytes()
    publish(channel, "entry.submitted.v1", submitted)
    publish(channel, "entry.submitted.v1", b"{ no JSON")
    publish(channel, "entry.submitted.v1", b'{"lacks": "everything"}')
    publish(channel, "decision.published.v1", decided)
    for body in (submitted, decided):
        event = json.loads(body)
        line = f"{event['time']} {event['type']} {event['subject']} " + json.dumps(event["data"], ensure_ascii=False)
        eventually(partial(has_line, output, line))
    eventually(lambda: channel.queue_declare(f"{queue}.dead", passive=True).message_count == 2)
    assert channel.queue_declare(queue, passive=True).message_count == 0
