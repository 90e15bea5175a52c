"""The worker as a process: relays what was submitted, takes verdicts, cleans nothing it should not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import amqp
import httpx
import pytest
from cryptography.fernet import Fernet

from contracts import events as e
from contracts.catalog import queue_of
from contracts.envelope import CONTENT_TYPE, Envelope, source_of
from infra.bus import broker, topology
from infra.stack.process import free_ports
from infra.store.migrate import upgrade
from tests.integration.intake.desk import Intake, serving
from tests.support.servers import S3

pytestmark = pytest.mark.stack


@contextmanager
def worker(dsn: str, amqp_url: str, s3: S3, folder: Path) -> Iterator[str]:
    """A worker process; yields its health address once it is ready."""
    key = folder / "contact.key"
    key.write_bytes(Fernet.generate_key())
    port = free_ports(1)[0]
    environment = {
        **os.environ,
        "LAUREL_DATABASE_DSN": dsn,
        "AMQP_URL": amqp_url,
        "LAUREL_S3_ENDPOINT": s3.endpoint,
        "LAUREL_S3_PUBLIC_ENDPOINT": s3.public_endpoint,
        "LAUREL_S3_ACCESS_KEY": s3.access_key,
        "LAUREL_S3_SECRET_KEY": s3.secret_key,
        "LAUREL_CONTACT_KEY_FILE": str(key),
        "LAUREL_HEALTH_PORT": str(port),
    }
    with (folder / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.intake", "worker"], env=environment, stdout=log, stderr=log
        )
    health = f"http://127.0.0.1:{port}"

    def ready() -> bool:
        try:
            return httpx.get(f"{health}/ready", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    try:
        poll(ready, 30, (folder / "worker.log").read_text)
        yield health
        process.send_signal(signal.SIGTERM)
        assert process.wait(12) == 0, (folder / "worker.log").read_text()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(5)


def poll(condition: Callable[[], bool], seconds: float, told: Callable[[], str] = str) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, told()
        time.sleep(0.05)


def publish(amqp_url: str, event: e.Event, subject: str) -> None:
    envelope = Envelope(
        source=source_of("review"),
        type=event.TYPE,
        subject=subject,
        correlationid=subject,
        data=event.model_dump(mode="json"),
    )
    body = envelope.model_dump_json(exclude_none=True)
    message = amqp.Message(body, content_type=CONTENT_TYPE, content_encoding="utf-8", delivery_mode=2)
    with broker.connect(amqp_url) as connection, connection.channel() as channel:
        channel.basic_publish(message, routing_key=queue_of("intake", event.TYPE))


def holds_one(amqp_url: str, queue: str) -> bool:
    with broker.connect(amqp_url) as connection, connection.channel() as channel:
        return bool(channel.queue_declare(queue, passive=True).message_count == 1)


def test_a_submission_goes_out_and_its_verdict_comes_in(
    make_database: Callable[[str], str], amqp_url: str, s3: S3, tmp_path: Path
) -> None:
    dsn = make_database("intake")
    upgrade(dsn, "services.intake")
    topology.declare(amqp_url)
    with serving(dsn, s3) as intake, worker(dsn, amqp_url, s3, tmp_path):
        unit = intake.unit()
        entry = unit.written(intake.open())
        unit.submit(entry).ok(201)

        for consumer in ("review", "notify"):
            poll(partial(holds_one, amqp_url, queue_of(consumer, e.EntrySubmittedV1.TYPE)), 10)
        publish(amqp_url, returned(entry), entry["entry_id"])
        poll(lambda: unit.get(f"/entries/{entry['entry_id']}").ok()["state"] == "returned", 10)

        assert intake.sql("SELECT count(*) AS n FROM outbox WHERE published_at IS NULL")[0].n == 0
        (row,) = intake.sql("SELECT consumer, correlation FROM inbox")
        assert (row.consumer, row.correlation) == ("intake.entry.returned.v1", entry["entry_id"])
        assert personal(intake, tmp_path) == []


def returned(entry: dict[str, Any]) -> e.EntryReturnedV1:
    now = datetime.now(UTC)
    return e.EntryReturnedV1(
        entry_id=entry["entry_id"],
        campaign_id=entry["campaign_id"],
        unit=e.UnitRef(code="unit-a", name="单位 unit-a"),
        category=entry["category"],
        title="标题",
        revision=1,
        findings=(e.Finding(slug="blurred", zh="照片模糊。", en="Blurred."),),
        mend_by=now + timedelta(days=7),
        decided_at=now,
    )


def personal(intake: Intake, folder: Path) -> list[str]:
    """Personal contact data that the worker's log or the outbox holds."""
    kept = (folder / "worker.log").read_text() + str(intake.sql("SELECT body FROM outbox"))
    return [canary for canary in ("13800000000", "reader@example.org") if canary in kept]


def test_a_missing_setting_is_named() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LAUREL_", "AMQP_"))}
    for kind in ("api", "worker", "migrate"):
        done = subprocess.run(
            [sys.executable, "-m", "services.intake", kind],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 2
        assert "LAUREL_DATABASE_DSN" in done.stderr
        assert "Traceback" not in done.stderr


def test_the_command_line_makes_an_account(make_database: Callable[[str], str], s3: S3, tmp_path: Path) -> None:
    dsn = make_database("intake")
    (tmp_path / "key").write_bytes(Fernet.generate_key())
    environment = {
        **os.environ,
        "LAUREL_DATABASE_DSN": dsn,
        "LAUREL_S3_ENDPOINT": s3.endpoint,
        "LAUREL_S3_PUBLIC_ENDPOINT": s3.public_endpoint,
        "LAUREL_S3_ACCESS_KEY": s3.access_key,
        "LAUREL_S3_SECRET_KEY": s3.secret_key,
        "LAUREL_CONTACT_KEY_FILE": str(tmp_path / "key"),
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "services.intake", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)

    login = f"office-{uuid4().hex[:8]}"
    assert run("migrate").returncode == 0
    made = run("create-account", "--login", login, "--name", "秘书处", "--role", "secretariat")
    again = run("create-account", "--login", login, "--name", "秘书处", "--role", "secretariat")
    unit = run("create-account", "--login", f"u{login}", "--name", "某馆", "--role", "unit")

    with serving(dsn, s3) as intake:
        code = httpx.Response(200, text=made.stdout).json()["activation_code"]
        intake.anybody().post("/activations", code=code, password="书山有路勤为径呀").ok()
    assert (again.returncode, unit.returncode) == (1, 1)
    assert "已被使用" in again.stderr
    assert "unit_code" in unit.stderr
    king = run("create-account", "--login", f"k{login}", "--name", "某", "--role", "unit", "--role", "nosuch")
    assert king.returncode == 1
    assert "没有“nosuch”这种身份" in king.stderr
    assert "There is no role nosuch. The roles are committee, expert," in king.stderr
    assert "usage" not in king.stderr
