"""A forgotten password, all the way: page, bus, mail, page; and what anybody who reads along has seen of the code."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from email import message_from_string, policy
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import amqp
import pytest

from contracts.catalog import CATALOG, exchange_of
from infra.bus import broker, topology
from infra.stack.process import free_ports
from infra.store import Database
from infra.store.migrate import upgrade
from tests.integration.intake.desk import Intake, serving
from tests.integration.intake.tabs import tab
from tests.integration.intake.test_worker import worker
from tests.integration.notify.post_office import MailServer, Office, start_worker, until
from tests.support.servers import S3

pytestmark = pytest.mark.stack

PASSWORD, ANOTHER = "书山 有路 勤为径", "学海 无涯 苦作舟"
CODE = re.compile(r"#code=([0-9A-Z-]+)")


@pytest.fixture
def office(make_database: Callable[[str], str], tmp_path: Path) -> Iterator[Office]:
    """Notify on a database of its own, with a mail server."""
    dsn = make_database("notify")
    upgrade(dsn, "services.notify")
    folder = tmp_path / "smtp"
    folder.mkdir()
    server = MailServer(free_ports(1)[0], folder)
    server.start()
    database = Database(dsn, name="notify-tests")
    office = Office(database, server)
    yield office
    office.close()
    database.close()
    server.stop()


class Listener:
    """Somebody who reads every event there is."""

    def __init__(self, amqp_url: str) -> None:
        self._connection = broker.connect(amqp_url)
        self._channel = self._connection.channel()
        self._channel.queue_declare("listener", durable=False, exclusive=True)
        for producer in {row.producer for row in CATALOG}:
            self._channel.queue_bind("listener", exchange_of(producer), "#")
        self.heard = ""

    def listen(self) -> str:
        while (message := self._channel.basic_get("listener", no_ack=True)) is not None:
            assert isinstance(message, amqp.Message)
            body: Any = message.body
            self.heard += (body if isinstance(body, str) else bytes(body).decode()) + str(message.headers)
        return self.heard

    def close(self) -> None:
        self._connection.close()


def dump(rows: Callable[[str], list[Any]]) -> str:
    """Everything that a database holds."""
    tables = [row.tablename for row in rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    return "\n".join(str(row.whole) for name in tables for row in rows(f"SELECT t::text AS whole FROM {name} AS t"))


def member(intake: Intake) -> tuple[str, UUID]:
    """A unit that has PASSWORD: login and account."""
    login = f"lib-{uuid4().hex[:12]}"
    body = {"login": login, "name": "某某图书馆", "roles": ["unit"], "unit_code": "unit-a"}
    made = intake.caller("secretariat").post("/accounts", **body).ok(201)
    intake.anybody().post("/activations", code=made["activation_code"], password=PASSWORD).ok()
    return login, UUID(made["account_id"])


def test_a_forgotten_password_is_replaced_by_mail_and_nobody_who_reads_along_has_the_code(
    office: Office, make_database: Callable[[str], str], amqp_url: str, s3: S3, tmp_path: Path
) -> None:
    dsn = make_database("intake")
    upgrade(dsn, "services.intake")
    topology.declare(amqp_url)
    listener = Listener(amqp_url)
    with serving(dsn, s3) as intake, worker(dsn, amqp_url, s3, tmp_path), tab(intake) as browser:
        notify = start_worker(office, amqp_url, tmp_path, "notify")
        try:
            login, account = member(intake)
            office.contact("ok.u1@example.org", unit="unit-a", account_id=account)
            assert browser.fill("/password", login=login).status_code == 200
            assert browser.fill("/password", login=f"{login}x").status_code == 200
            until(lambda: len(office.smtp.taken()) == 1, 30)
            body = message_from_string(office.smtp.taken()[0]["raw"], policy=policy.default).get_body(("plain",))
            assert body is not None
            found = CODE.search(body.get_content())
            assert found
            code = found[1]
            until(lambda: bool(intake.sql("SELECT 1 FROM activations WHERE request_id IS NOT NULL")), 30)

            done = browser.fill("/password/new", code=code, password=ANOTHER, again=ANOTHER)

            assert done.status_code == 303
            intake.anybody().post("/sessions", login=login, password=ANOTHER).ok(201)
            until(lambda: len(office.smtp.taken()) == 2, 30)  # and the owner is told
            until(lambda: "password.changed.v1" in listener.listen())
            until(lambda: "message.accepted" in notify.log.read_text())
            places = {
                "events": listener.listen(),
                "intake's log": (tmp_path / "worker.log").read_text(),
                "notify's log": notify.log.read_text(),
                "intake's database": dump(intake.sql),
                "notify's database": dump(office.rows),
            }
            assert "reset.issued.v1" in places["events"]
            assert "reset.requested" in places["intake's log"]
            for name, place in places.items():
                assert place, name
                for shown in (code, code.replace("-", ""), PASSWORD, ANOTHER, "ok.u1@example.org"):
                    assert shown not in place, f"{name} holds {shown}"
        finally:
            listener.close()
            notify.stop()
