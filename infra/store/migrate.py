"""Bring one service's database to its newest schema, by Alembic.

A service holds only its revisions, in `<package>/migrations/versions/`; how they are run stands here, once. Several
processes may start at the same time: an advisory lock of the database lets one of them migrate while the others wait.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext, RevisionStep, StampStep
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, create_engine, text

_LOCK = 0x6C61_7572_656C  # "laurel": one key, since every service has a database of its own
_CONNECT_SECONDS = 10
_ASK_AGAIN_SECONDS = 0.1


class MigrationError(Exception):
    """A package has no revisions to run, or the database is ahead of them."""


def versions_of(package: str) -> Path:
    """The folder of a package's revisions. Raises MigrationError if there is none."""
    spec = find_spec(package)
    if spec is not None:
        for location in spec.submodule_search_locations or ():
            folder = Path(location) / "migrations" / "versions"
            if folder.is_dir():
                return folder
    raise MigrationError(f"{package} has no folder migrations/versions")


def upgrade(dsn: str, package: str) -> tuple[str, ...]:
    """Run what is missing of the revisions of `package` on the database `dsn`; returns those that were run, in order.

    `dsn` is a libpq-style URL (`postgresql://user:password@host:port/name`), `package` a dotted name such as
    `services.intake`. Raises MigrationError, and whatever a revision raises: then nothing of this call remains.
    """
    versions = versions_of(package)
    # No file of Alembic's own (env.py, alembic.ini) is needed: revisions are read and run through its library.
    script = ScriptDirectory(str(versions.parent), version_locations=[str(versions)])
    ran: list[str] = []

    def missing(current: tuple[str, ...], _context: MigrationContext) -> Iterable[StampStep | RevisionStep]:
        unknown = [revision for revision in current if revision not in known]
        if unknown:
            raise MigrationError(
                f"the database is at revision {', '.join(unknown)}, which {package} does not know: "
                "it was migrated by a newer version of the program"
            )
        steps = script._upgrade_revs("heads", current)  # type: ignore[arg-type]  # noqa: SLF001 - what its own `upgrade` command calls; there is no public name, and any tuple will do
        ran.extend(step.revision.revision for step in steps)
        return steps

    known = {revision.revision for revision in script.walk_revisions()}
    engine = create_engine(
        dsn.replace("postgresql://", "postgresql+psycopg://", 1),
        poolclass=NullPool,
        connect_args={"application_name": "laurel-migrate", "connect_timeout": _CONNECT_SECONDS},
    )
    with engine.connect() as connection:
        _lock(connection)
        context = MigrationContext.configure(connection=connection, opts={"fn": missing})
        with Operations.context(context), context.begin_transaction():
            context.run_migrations()
        connection.commit()
    return tuple(ran)


def _lock(connection: Connection) -> None:
    """Wait for our turn; the lock ends with the connection.

    It is the session's, since a revision may commit in its middle. It is asked for again and again, since a statement
    that waits inside the server holds a snapshot, and an index built concurrently would wait for that for ever.
    """
    while not connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _LOCK}).scalar_one():
        connection.commit()
        time.sleep(_ASK_AGAIN_SECONDS)
    connection.commit()
