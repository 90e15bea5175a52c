"""What the tests of notify work with: a mail server, contacts, couriers, events, workers."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from cryptography.fernet import Fernet
from sqlalchemy import Connection, text

from contracts.envelope import Envelope, source_of
from contracts.events import Event
from infra.stack.process import free_ports
from infra.store import Database
from services.notify.domain.letters import Origin
from services.notify.sealing import FernetSealer
from services.notify.smtp import SmtpMailer
from services.notify.store import NotifyStore, Transactor
from services.notify.usecases.contacts import Registration, register
from services.notify.usecases.delivery import Courier, Delivered, deliver_next
from services.notify.writing.letters import LetterWriter
from services.notify.writing.mails import MailWriter
from services.notify.writing.templates import Templates

ROOT = Path(__file__).resolve().parents[3]
SENDER = "laurel@mail.example.org"
PUBLIC_URL = "http://127.0.0.1:8080"
SMTP_SECONDS = 1.0
DELAYS = (0.05, 0.1, 0.2)


def until(done: Callable[[], bool], seconds: float = 20.0) -> None:
    """Ask again and again until it is so. Raises AssertionError when the time is over."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@dataclass
class MailServer:
    """tests.integration.notify.smtp_server in a process of its own."""

    port: int
    folder: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        argv = [sys.executable, "-m", "tests.integration.notify.smtp_server", str(self.port), str(self.folder)]
        self.process = subprocess.Popen(argv, cwd=ROOT)
        until(self._answers)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=10)
            self.process = None

    def forget(self) -> None:
        """Begin anew: running, well-behaved, without a memory."""
        for file in self.folder.iterdir():
            file.unlink()
        if self.process is None:
            self.start()
        else:
            (self.folder / "forget").touch()

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False

    def taken(self) -> list[dict[str, Any]]:
        """The mails it took, in order."""
        return self._lines("taken.jsonl")

    def tried(self) -> list[dict[str, Any]]:
        """The mails that reached the final dot, taken or not."""
        return self._lines("tried.jsonl")

    def _lines(self, name: str) -> list[dict[str, Any]]:
        file = self.folder / name
        whole = file.read_text().rpartition("\n")[0] if file.exists() else ""  # a line may be half written
        return [json.loads(line) for line in whole.splitlines()]


@dataclass
class TestClock:
    """The database's clock, moved by as much as the test says."""

    __test__ = False
    connection: Connection
    moved: Callable[[], timedelta]

    def now(self) -> datetime:
        now: datetime = self.connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        return now + self.moved()


@dataclass
class Office:
    """Notify's parts in this process, on a real database and a real mail server."""

    database: Database
    smtp: MailServer
    key: str = field(default_factory=lambda: Fernet.generate_key().decode())
    moved: timedelta = timedelta()

    def __post_init__(self) -> None:
        self.begin = Transactor(self.database, lambda connection: TestClock(connection, lambda: self.moved))
        self.sealer = FernetSealer(self.key)
        self.mailers: list[SmtpMailer] = []
        self.writer = MailWriter(LetterWriter(Templates(), PUBLIC_URL), SENDER)

    def courier(self, *, lease: timedelta = timedelta(seconds=30), delays: tuple[float, ...] = DELAYS) -> Courier:
        """A delivery lane of its own."""
        mailer = SmtpMailer("127.0.0.1", self.smtp.port, local_name="mail.example.org", seconds=SMTP_SECONDS)
        self.mailers.append(mailer)
        return Courier(self.begin, mailer, self.writer, self.sealer, lease, delays)

    def close(self) -> None:
        for mailer in self.mailers:
            mailer.rest()

    def contact(
        self, email: str, *, unit: str | None = None, roles: tuple[str, ...] = ("unit",), account_id: UUID | None = None
    ) -> UUID:
        """Register a contact as its account would."""
        account = account_id or uuid4()
        with self.begin() as store:
            register(
                store,
                self.sealer,
                Registration(account, frozenset(roles), unit, "张晓", "13800000000", email, proven=True),
            )
        return account

    def happen(self, handler: Callable[..., None], event: Event, event_id: UUID | None = None) -> str:
        """Handle an event as the worker does; returns its cause."""
        origin = Origin(f"event:test:{event_id or uuid4()}", "correlation-of-test", str(uuid4()))
        with self.begin() as store:
            handler(store, event, origin) if "origin" in handler.__code__.co_varnames else handler(store, event)
        return origin.cause

    def deliver_all(self, courier: Courier | None = None, seconds: float = 15.0) -> list[Delivered]:
        """Deliver until nothing is queued any more."""
        lane = courier or self.courier()
        done: list[Delivered] = []

        def none_left() -> bool:
            while (one := deliver_next(lane)) is not None:
                done.append(one)
            return self.count("messages", "state = 'queued'") == 0

        until(none_left, seconds)
        return done

    def count(self, table: str, where: str = "true") -> int:
        with self.database.read() as connection:
            found: int = connection.execute(text(f"SELECT count(*) FROM {table} WHERE {where}")).scalar_one()
        return found

    def rows(self, query: str) -> list[Any]:
        with self.database.read() as connection:
            return list(connection.execute(text(query)))

    def events(self, event_type: str) -> list[Envelope]:
        """What stands in the outbox of one type, in order."""
        rows = self.rows(f"SELECT body FROM outbox WHERE type = '{event_type}' ORDER BY seq")
        return [Envelope.model_validate_json(row.body) for row in rows]

    @contextlib.contextmanager
    def store(self) -> Iterator[NotifyStore]:
        with self.begin() as store:
            yield store


def envelope_of(event: Event, producer: str, *, subject: str = "s", event_id: UUID | None = None) -> Envelope:
    """An event as its producer's relay sends it."""
    return Envelope(
        id=event_id or uuid4(),
        source=source_of(producer),
        type=event.TYPE,
        subject=subject,
        correlationid=subject,
        data=event.model_dump(mode="json"),
    )


@dataclass
class Process:
    """A worker in a process of its own; its log in `log`."""

    popen: subprocess.Popen[bytes]
    log: Path

    def kill(self) -> None:
        self.popen.kill()
        self.popen.wait(timeout=10)

    def stop(self) -> int:
        self.popen.terminate()
        return self.popen.wait(timeout=15)


def start_worker(office: Office, amqp_url: str, folder: Path, name: str, **env: str) -> Process:
    """`python -m services.notify worker`."""
    key_file = folder / "contact_key"
    key_file.write_text(office.key)
    log = folder / f"{name}.log"
    settings = {
        "PATH": os.environ["PATH"],
        "LAUREL_DATABASE_DSN": office.database.dsn,
        "AMQP_URL": amqp_url,
        "LAUREL_CONTACT_KEY_FILE": str(key_file),
        "LAUREL_PUBLIC_URL": PUBLIC_URL,
        "LAUREL_SMTP_HOST": "127.0.0.1",
        "LAUREL_SMTP_PORT": str(office.smtp.port),
        "LAUREL_SMTP_SECONDS": "1",
        "LAUREL_MAIL_FROM": SENDER,
        "LAUREL_MAIL_RETRY_DELAYS": "0.2,0.4",
        "LAUREL_RETRY_DELAYS": "0.2,0.4",
        "LAUREL_HEALTH_PORT": str(free_ports(1)[0]),
        "PYTHONUTF8": "1",
        **env,
    }
    with log.open("ab") as out:
        popen = subprocess.Popen(
            [sys.executable, "-m", "services.notify", "worker"], cwd=ROOT, env=settings, stdout=out, stderr=out
        )
    return Process(popen, log)
