"""Migrations: run once however many start them, and all or nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from contracts.catalog import SERVICES
from infra.stack.config import ROOT
from infra.stack.process import base_env
from infra.store.migrate import MigrationError, upgrade

pytestmark = pytest.mark.stack

FIRST = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "0001", None
def upgrade():
    op.create_table("things", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text))
    op.execute("SELECT pg_sleep(0.3)")
"""
SECOND = """
from alembic import op
revision, down_revision = "0002", "0001"
def upgrade():
    with op.get_context().autocommit_block():
        op.create_index("things_name", "things", ["name"], postgresql_concurrently=True)
"""
BROKEN = """
from alembic import op
revision, down_revision = "0002", "0001"
def upgrade():
    op.execute("CREATE TABLE half (id int)")
    op.execute("SELECT 1/0")
"""
RUN = "import sys; from infra.store.migrate import upgrade; print(','.join(upgrade(*sys.argv[1:])))"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """A function: revisions → the name of a package that holds them."""

    def make(*revisions: str) -> str:
        name = f"toy_{tmp_path.name}".replace("-", "_")
        versions = tmp_path / name / "migrations" / "versions"
        versions.mkdir(parents=True, exist_ok=True)
        (tmp_path / name / "__init__.py").touch()
        for number, text in enumerate(revisions, 1):
            (versions / f"{number:04}_toy.py").write_text(text)
        return name

    monkeypatch.syspath_prepend(str(tmp_path))
    return make


def test_upgrade_runs_what_is_missing_in_order_and_only_once(
    package: Callable[..., str], make_database: Callable[[str], str]
) -> None:
    dsn = make_database("toy")
    name = package(FIRST)
    assert upgrade(dsn, name) == ("0001",)
    package(FIRST, SECOND)
    assert upgrade(dsn, name) == ("0002",)
    assert upgrade(dsn, name) == ()


def test_processes_that_start_together_migrate_once(
    package: Callable[..., str], make_database: Callable[[str], str], tmp_path: Path
) -> None:
    dsn, name = make_database("toy"), package(FIRST, SECOND)
    env = {**base_env(), "PYTHONPATH": f"{tmp_path}:{ROOT}"}
    argv = [sys.executable, "-c", RUN, dsn, name]
    running = [subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    said = [process.communicate(timeout=60)[0].strip() for process in running]
    assert [process.returncode for process in running] == [0, 0, 0, 0]
    assert sorted(said) == ["", "", "", "0001,0002"]
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("0002",)]


def test_revision_that_fails_leaves_nothing(package: Callable[..., str], make_database: Callable[[str], str]) -> None:
    dsn, name = make_database("toy"), package(FIRST, BROKEN)
    with pytest.raises(Exception, match="division by zero"):
        upgrade(dsn, name)
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT to_regclass('half'), to_regclass('things')").fetchone() == (None, None)


def test_database_of_a_newer_program_is_refused(
    package: Callable[..., str], make_database: Callable[[str], str]
) -> None:
    dsn, name = make_database("toy"), package(FIRST)
    upgrade(dsn, name)
    with psycopg.connect(dsn) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0009'")
    with pytest.raises(MigrationError, match=r"0009.*newer version"):
        upgrade(dsn, name)


def test_package_without_revisions_is_refused(make_database: Callable[[str], str]) -> None:
    with pytest.raises(MigrationError, match="has no folder migrations/versions"):
        upgrade(make_database("toy"), "contracts")


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_migrates_an_empty_database(make_database: Callable[[str], str], service: str) -> None:
    dsn = make_database(service)
    assert upgrade(dsn, f"services.{service}")
    assert upgrade(dsn, f"services.{service}") == ()
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT count(*) FROM outbox").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM inbox").fetchone() == (0,)
