"""`make compose-smoke`: the containers brought up, a small campaign run on them, media workers scaled, all taken down.

Everything is the smoke run's own: project name, secrets, ports, volumes. Nothing of it stays.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import amqp
from rich.console import Console

from contracts.catalog import SERVICES, queue_of
from infra.stack.compose_secrets import write_secrets
from infra.stack.process import free_ports
from tests.bench.figures import Figure, show, write
from tests.compose.engine import ROOT, ComposeError, Project, say
from tests.demo.__main__ import inputs_of
from tests.demo.board import Board
from tests.demo.clients import Refused
from tests.demo.inputs import SCALES, Inputs
from tests.demo.play import play
from tests.demo.report import Report, Timing
from tests.demo.run import DemoError

APIS = ("intake-api", "intake-files", "review-api", "notify-api")
WORKERS = ("intake-worker", "review-worker", "notify-worker", "media-worker")
SCALED_TO = 4
MEDIA_QUEUE = queue_of("media", "material.uploaded.v1")


def main() -> int:
    """Exit status 0 when every figure holds."""
    folder = ROOT / "var" / "compose-smoke"
    try:
        with tempfile.TemporaryDirectory(prefix="laurel-smoke-") as private:
            figures = run(Path(private), folder)
    except (ComposeError, DemoError, Refused) as problem:
        say(f"compose-smoke: {problem}")
        return 1
    rows = [figure.row() for figure in figures]
    write(rows, folder / "figures.json")
    show(rows, "compose-smoke")
    return 0 if all(row["held"] for row in rows) else 1


def run(private: Path, folder: Path) -> list[Figure]:
    """All steps; raises ComposeError, DemoError or Refused where one of them cannot be done."""
    board = Board()
    inputs = inputs_of(SCALES["small"], ROOT / "var" / "demo" / "inputs", board)
    with project(private) as (compose, values):
        began = time.monotonic()
        say("building and starting …")
        compose.run("build", APIS[0], seconds=1500)  # one image for all of them
        compose.run("up", "-d", seconds=300)
        for service in (*APIS, *WORKERS):
            compose.wait_healthy(service)
        ready = time.monotonic() - began
        first_page = page_of(values)
        figures = [
            Figure("compose-ready", round(ready, 1), "s", detail={"containers": len(compose.run("ps", "-q").split())}),
            Figure("compose-first-page", first_page, "status", "= 200"),
        ]
        figures.append(campaign(compose, values, private, inputs, folder / "one"))
        say(f"scaling media workers to {SCALED_TO} …")
        compose.run("up", "-d", "--no-recreate", "--scale", f"media-worker={SCALED_TO}", seconds=300)
        compose.wait_healthy("media-worker", count=SCALED_TO)
        figures.append(Figure("compose-media-consumers", consumers(compose, values), "consumers", f"= {SCALED_TO}"))
        figures.append(campaign(compose, values, private, inputs, folder / "scaled"))
        return figures


@contextmanager
def project(private: Path) -> Iterator[tuple[Project, dict[str, str]]]:
    """A compose project with secrets and ports of its own, gone afterwards with its volumes."""
    files = write_secrets(private)
    values = dict(line.split("=", 1) for line in files[0].read_text().splitlines() if line and line[0] != "#")
    port, storage = free_ports(2)
    mail = private / "mail"
    mail.mkdir()
    mail.chmod(0o777)
    values |= {
        "LAUREL_SECRETS_DIR": str(private / "var" / "secrets"),
        "LAUREL_PORT": str(port),
        "LAUREL_STORAGE_PORT": str(storage),
        "LAUREL_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "LAUREL_STORAGE_URL": f"http://127.0.0.1:{storage}",
        "LAUREL_SMOKE_MAIL": str(mail),
        "LAUREL_BUILD_NETWORK": os.environ.get("LAUREL_BUILD_NETWORK", "host"),
    }
    compose = Project(f"laurel-smoke-{secrets.token_hex(3)}", values, extra=ROOT / "tests" / "compose" / "observed.yml")
    try:
        yield compose, values
    except ComposeError:
        say(compose.run("logs", "--no-color", "--tail=40"))
        raise
    finally:
        say("taking down …")
        compose.run("down", "--volumes", "--remove-orphans", "--timeout", "12", seconds=300)


def page_of(values: dict[str, str]) -> int:
    """The status of the first page, through the proxy."""
    with urlopen(values["LAUREL_PUBLIC_URL"], timeout=10) as page:  # noqa: S310 - the containers' own address
        page.read()
        return int(page.status)


def campaign(compose: Project, values: dict[str, str], private: Path, inputs: Inputs, folder: Path) -> Figure:
    """A small campaign from accounts to the published list, its counts held against what the inputs imply."""
    say("running a small campaign …")
    began = time.monotonic()
    scenario, measured, expected = asyncio.run(play(state_of(compose, values, private), inputs, Board()))
    report = Report(scenario, expected, measured, Timing(time.monotonic() - began, 0.0, 0.0, made=False))
    report.write(folder)
    rows = report.rows()
    # How long things took says more about the engine and its machine than about us: `make demo` and `make bench`
    # judge that.
    wrong = [row["name"] for row in rows if not row["held"] and row["unit"] != "s"]
    if wrong:
        report.show(Console(width=150))
    name = f"compose-campaign-{folder.name}"
    return Figure(name, len(wrong), "figures that differ", "= 0", {"figures": len(rows), "differ": wrong})


def state_of(compose: Project, values: dict[str, str], private: Path) -> dict[str, Any]:
    """What the demo's driver and report have to know of a stack."""
    postgres = compose.published("postgres", 5432)[0]
    processes = [
        {"name": name, "pid": 0, "health_url": f"http://127.0.0.1:{port}/ready"}
        for kind, inner in ((APIS, 8000), (WORKERS, 8001))
        for service in kind
        for name, port in _numbered(service, compose.published(service, inner))
    ]
    return {
        "url": values["LAUREL_PUBLIC_URL"],
        "s3_endpoint": values["LAUREL_STORAGE_URL"],
        "s3_public_endpoint": values["LAUREL_STORAGE_URL"],
        "s3_access_key": values["LAUREL_S3_ACCESS_KEY"],
        "s3_secret_key": values["LAUREL_S3_SECRET_KEY"],
        "amqp_url": amqp_url(compose, values),
        "dsn": {
            service: f"postgresql://{service}:{values[f'LAUREL_{service.upper()}_DB_PASSWORD']}"
            f"@127.0.0.1:{postgres}/{service}"
            for service in SERVICES
        },
        "smtp_dir": str(private / "mail"),
        "logs_dir": str(private / "logs"),
        "processes": processes,
        "account_command": [
            *compose.command, "exec", "-T", "intake-api", "python", "-m", "services.intake", "create-account",
        ],
        "account_environment": compose.environment,
    }  # fmt: skip


def _numbered(service: str, ports: list[int]) -> list[tuple[str, int]]:
    return [(f"{service}-{number}", port) for number, port in enumerate(ports, 1)]


def amqp_url(compose: Project, values: dict[str, str]) -> str:
    port = compose.published("rabbitmq", 5672)[0]
    return f"amqp://laurel:{values['LAUREL_AMQP_PASSWORD']}@127.0.0.1:{port}/"


def consumers(compose: Project, values: dict[str, str]) -> int:
    """How many consumers compete for media's queue."""
    port = compose.published("rabbitmq", 5672)[0]
    login = {"userid": "laurel", "password": values["LAUREL_AMQP_PASSWORD"]}
    with amqp.Connection(f"127.0.0.1:{port}", **login) as connection:
        return int(connection.channel().queue_declare(MEDIA_QUEUE, passive=True).consumer_count)


if __name__ == "__main__":
    sys.exit(main())
