"""Single statements that commit by themselves: no round trip to begin, none to commit, none to see who is there.

They are asked for by libpq's own prepared statements: what SQLAlchemy and psycopg's cursors do around one took an
autosave two fifths of its time. libpq waits without holding the interpreter, so this is for threads, not for a worker's
green ones.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from threading import BoundedSemaphore
from typing import Any, NamedTuple, TypeVar

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult
from psycopg.rows import RowMaker
from psycopg.types.json import set_json_loads
from pydantic_core import from_json, to_json
from sqlalchemy import ClauseElement
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from infra.store import Database

T = TypeVar("T")

_CONNECTIONS = 8
_WAIT_SECONDS = 30.0
_AGAIN = 2
"""How often a statement is sent: once more if its connection turns out to be lost."""
_OUTDATED = psycopg.errors.FeatureNotSupported
"""What is said of a statement that was prepared before a table got another column."""
_NUMBERED = PGDialect_psycopg(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]  # as libpq wants them


class AtOnce:
    """Connections in autocommit on the same database.

    One that was lost is found out by its first statement, which then runs once more on a new one: only for statements
    that may come twice.
    """

    def __init__(self, database: Database) -> None:
        self._dsn = database.dsn
        self._places = BoundedSemaphore(_CONNECTIONS)
        self._idle: list[_Line] = []
        self._statements: dict[ClauseElement, _Statement] = {}

    def one(self, statement: ClauseElement, values: Mapping[str, Any] | None = None) -> Any:
        """The only row of a statement, by names, or None. Values are bound by their Python types, dicts as JSON.

        Raises sqlalchemy.exc.DBAPIError as if SQLAlchemy had been asked.
        """
        rows = self.all(statement, values)
        return rows[0] if rows else None

    def all(self, statement: ClauseElement, values: Mapping[str, Any] | None = None) -> Sequence[Any]:
        """All rows of a statement, as above."""
        ours = self._statements.get(statement)
        if ours is None:
            ours = self._statements[statement] = _Statement.of(statement, len(self._statements))
        given = ours.given(values or {})
        return self._on_a_line(lambda line: line.rows(ours, given), ours.sql)

    def _on_a_line(self, work: Callable[[_Line], T], sql: bytes) -> T:
        if not self._places.acquire(timeout=_WAIT_SECONDS):
            raise PoolTimeoutError(f"no connection was free for {_WAIT_SECONDS:g} s")
        line: _Line | None = None
        try:
            for left in reversed(range(_AGAIN)):
                try:
                    line = self._take() or _Line(self._dsn)
                    return work(line)
                except psycopg.Error as error:
                    lost = line is None or line.is_lost or isinstance(error, _OUTDATED)
                    if lost:
                        self._drop(line)
                        line = None
                    if not (lost and left):
                        raise _as_of_sqlalchemy(error, sql, lost=lost) from error
            raise AssertionError("unreachable")
        finally:
            if line is not None:
                self._idle.append(line)
            self._places.release()

    def _take(self) -> _Line | None:
        try:
            return self._idle.pop()  # the one used last
        except IndexError:
            return None

    def _drop(self, line: _Line | None) -> None:
        """What took one line has taken the others, too."""
        if line is not None:
            line.close()
        self.close()

    def close(self) -> None:
        """Close every connection that is not in use."""
        with suppress(IndexError):
            while True:
                self._idle.pop().close()


class _Statement(NamedTuple):
    """A statement as PostgreSQL prepares it."""

    name: bytes
    sql: bytes
    keys: tuple[str, ...]
    defaults: Mapping[str, Any]

    @classmethod
    def of(cls, statement: ClauseElement, number: int) -> _Statement:
        made = statement.compile(dialect=_NUMBERED)
        keys = tuple(made.positiontup or ())  # type: ignore[attr-defined]  # a statement's, which this is
        return cls(b"laurel-%d" % number, str(made).encode(), keys, made.params)

    def given(self, values: Mapping[str, Any]) -> list[Any]:
        """Its parameters in their order."""
        whole = {**self.defaults, **values}
        return [_bound(whole[key]) for key in self.keys]


class _Line:
    """A connection, and what has been prepared on it. Used by one thread at a time."""

    def __init__(self, dsn: str) -> None:
        self._connection = psycopg.connect(
            dsn,
            autocommit=True,
            application_name="laurel-intake-at-once",
            connect_timeout=5,
            options="-c timezone=UTC",
        )
        set_json_loads(from_json, self._connection)
        self._translator = Transformer(self._connection)
        self._prepared: set[bytes] = set()
        self._rows: dict[bytes, RowMaker[Any]] = {}

    @property
    def is_lost(self) -> bool:
        return self._connection.closed

    def rows(self, statement: _Statement, given: Sequence[Any]) -> Sequence[Any]:
        """Raises psycopg.Error."""
        server = self._connection.pgconn
        if statement.name not in self._prepared:
            self._checked(server.prepare(statement.name, statement.sql))
            self._prepared.add(statement.name)
        sent = self._translator.dump_sequence(given, [PyFormat.TEXT] * len(given))
        result = self._checked(server.exec_prepared(statement.name, sent))  # type: ignore[arg-type]  # None is NULL
        self._translator.set_pgresult(result)
        row = self._rows.get(statement.name)
        if row is None:
            names = [(result.fname(column) or b"").decode() for column in range(result.nfields)]
            kind = namedtuple("Row", names)  # type: ignore[misc]  # noqa: PYI024 - its columns are known only now
            row = self._rows[statement.name] = kind._make
        return self._translator.load_rows(0, result.ntuples, row)

    def _checked(self, result: PGresult) -> PGresult:
        if result.status in {ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK}:
            return result
        if self.is_lost:
            raise psycopg.OperationalError(result.get_error_message())
        raise error_from_result(result, "utf-8")

    def close(self) -> None:
        self._connection.close()


def _bound(value: Any) -> Any:
    return to_json(value).decode() if isinstance(value, dict) else value


def _as_of_sqlalchemy(error: psycopg.Error, sql: bytes, *, lost: bool) -> BaseException:
    return DBAPIError.instance(
        sql.decode(), None, error, psycopg.Error, hide_parameters=True, connection_invalidated=lost
    )
