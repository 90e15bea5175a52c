"""Single statements that commit by themselves: no round trip to begin, none to commit, none to see who is there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection, Executable, Row, create_engine
from sqlalchemy.exc import DBAPIError

from infra.store import Database

T = TypeVar("T")

_CONNECTIONS = 8


class AtOnce:
    """Connections in autocommit on the same database.

    One that was lost is found out by its first statement, which then runs once more on a new one: only for statements
    that may come twice.
    """

    def __init__(self, database: Database) -> None:
        self._engine = create_engine(
            database.engine.url,
            isolation_level="AUTOCOMMIT",
            pool_size=_CONNECTIONS,
            max_overflow=0,
            pool_use_lifo=True,
            pool_reset_on_return=None,  # there is no transaction that could be left open
            pool_recycle=1800,
            json_serializer=partial(json.dumps, ensure_ascii=False, separators=(",", ":")),  # half the bytes of a text
            connect_args={
                "application_name": "laurel-intake-at-once",
                "connect_timeout": 5,
                "options": "-c timezone=UTC",
            },
        )

    def one(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Row[Any] | None:
        """The only row of a statement, or None."""
        return self.run(lambda connection: connection.execute(statement, dict(values or {})).one_or_none())

    def run(self, work: Callable[[Connection], T]) -> T:
        """Work on a connection; each of its statements commits by itself."""
        try:
            with self._engine.connect() as connection:
                return work(connection)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
        with self._engine.connect() as connection:
            return work(connection)

    def close(self) -> None:
        """Give every pooled connection back."""
        self._engine.dispose()
