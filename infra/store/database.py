"""One service's database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from pydantic_core import from_json
from sqlalchemy import Connection, Engine, create_engine, text


class Database:
    """An engine on one PostgreSQL database, with the few settings that every process of ours needs.

    `dsn` is a libpq-style URL (`postgresql://user:password@host:port/name`); `name` shows in pg_stat_activity.
    """

    def __init__(self, dsn: str, *, name: str, pool_size: int = 8) -> None:
        url = dsn.replace("postgresql://", "postgresql+psycopg://", 1)
        self.dsn = dsn
        self.engine: Engine = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=2,
            pool_pre_ping=True,
            pool_recycle=1800,
            json_deserializer=from_json,  # the standard library's takes three times as long, and pages read much JSON
            hide_parameters=True,  # an error must not carry what people wrote into the logs
            # Without it SQLAlchemy says -1 for every INSERT, and whoever asks whether a row was there already (the
            # inbox first of all) never learns that it was.
            execution_options={"preserve_rowcount": True},
            connect_args={"application_name": f"laurel-{name}", "connect_timeout": 5, "options": "-c timezone=UTC"},
        )

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction: committed when the block ends, rolled back when it raises."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for reading; whatever was begun is rolled back."""
        with self.engine.connect() as connection:
            yield connection

    def close(self) -> None:
        """Give every pooled connection back."""
        self.engine.dispose()


def database_now(connection: Connection) -> datetime:
    """The database's clock at this very moment (not at the transaction's start): what deadlines are decided on."""
    now: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    return now
