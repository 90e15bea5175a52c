"""Fixtures of notify: a migrated database emptied for each test, a mail server that misbehaves on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text

from infra.stack.process import free_ports
from infra.store import Database
from infra.store.migrate import upgrade
from services.notify.store import metadata
from tests.integration.notify.post_office import MailServer, Office


@pytest.fixture(scope="session")
def notify_dsn(make_lasting_database: Callable[[str], str]) -> str:
    """A database at notify's newest schema, shared by the session."""
    dsn = make_lasting_database("notify")
    upgrade(dsn, "services.notify")
    return dsn


@pytest.fixture
def database(notify_dsn: str) -> Iterator[Database]:
    """Notify's database, empty."""
    database = Database(notify_dsn, name="notify-tests")
    with database.begin() as connection:
        connection.execute(text("TRUNCATE " + ", ".join(table.name for table in metadata.sorted_tables)))
    yield database
    database.close()


@pytest.fixture(scope="session")
def mail_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailServer]:
    """The session's mail server."""
    server = MailServer(free_ports(1)[0], tmp_path_factory.mktemp("smtp"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def smtp(mail_server: MailServer) -> MailServer:
    """A mail server that has seen nothing yet and does what the recipient's name asks for."""
    mail_server.forget()
    return mail_server


@pytest.fixture
def office(database: Database, smtp: MailServer) -> Iterator[Office]:
    """Notify's parts in this process."""
    office = Office(database, smtp)
    yield office
    office.close()
