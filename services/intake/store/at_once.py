"""Single statements that commit by themselves: no round trip to begin, none to commit, none to see who is there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

import psycopg
from psycopg.rows import namedtuple_row
from psycopg.types.json import Jsonb
from pydantic_core import from_json
from sqlalchemy import ClauseElement, Connection, create_engine
from sqlalchemy.exc import DBAPIError

from infra.store import Database

T = TypeVar("T")

_CONNECTIONS = 8
_AGAIN = 2
"""How often a statement is sent: once more if its connection turns out to be lost."""
_dumps = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))  # half the bytes of a text


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
            json_serializer=_dumps,
            json_deserializer=from_json,
            hide_parameters=True,
            connect_args={
                "application_name": "laurel-intake-at-once",
                "connect_timeout": 5,
                "options": "-c timezone=UTC",
            },
        )
        self._compiled: dict[ClauseElement, tuple[str, Mapping[str, Any]]] = {}

    def one(self, statement: ClauseElement, values: Mapping[str, Any] | None = None) -> Any:
        """The only row of a statement, by names, or None. Values are bound by their Python types, dicts as JSONB.

        The driver is asked itself: SQLAlchemy's execution would cost an autosave a fifth of its time.
        Raises sqlalchemy.exc.DBAPIError as if it had been asked.
        """
        compiled = self._compiled.get(statement)
        if compiled is None:
            made = statement.compile(self._engine)
            compiled = self._compiled[statement] = str(made), made.params
        sql, defaults = compiled
        bound = {key: _bound(value) for key, value in {**defaults, **(values or {})}.items()}
        for left in reversed(range(_AGAIN)):
            held = self._engine.raw_connection()
            connection: psycopg.Connection[Any] = held.driver_connection  # type: ignore[assignment]  # the dialect's
            try:
                cursor = connection.cursor(row_factory=namedtuple_row)
                return cursor.execute(sql, bound).fetchone()
            except psycopg.Error as error:
                lost = connection.closed
                if lost:
                    held.invalidate(error)
                if not (lost and left):
                    raise _as_of_sqlalchemy(error, sql, lost=lost) from error
            finally:
                held.close()
        raise AssertionError("unreachable")

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


def _bound(value: Any) -> Any:
    return Jsonb(value, _dumps) if isinstance(value, dict) else value


def _as_of_sqlalchemy(error: psycopg.Error, sql: str, *, lost: bool) -> BaseException:
    return DBAPIError.instance(sql, None, error, psycopg.Error, hide_parameters=True, connection_invalidated=lost)
