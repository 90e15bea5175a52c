"""Autosaves over HTTP (token, version, commit) against a bare route that commits one row to the same PostgreSQL."""

from __future__ import annotations

import contextlib
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import psycopg

from infra.stack.process import free_ports
from tests.bench import desks, floor
from tests.bench.figures import Figure, percentile
from tests.bench.wire import Load, Wire, load
from tests.demo.inputs import Scale
from tests.demo.inputs.texts import to_exactly
from tests.demo.office import Office
from tests.demo.people import cast, join
from tests.demo.run import Run, all_of
from tests.demo.stack import ROOT

SAVERS = ("henwh", "hubwh", "hunwht", "gdwht", "gxwht", "hnwgt", "cqwhw", "scwht")
"""Units of their own, so that their drafts are free: eight writers at once."""
PROCESSES = 2
ROUNDS = 3
ARTICLE_ZI = 1000
_VERSION = re.compile(rb'"version":\s*(\d+)')


async def measure(run: Run, office: Office, scale: Scale, each: int) -> list[Figure]:
    """The rows of a unit's desk: saves, the editor's page, submissions.

    `each`: requests of each of the eight writers in a round.
    """
    _, people, _ = cast(replace(scale, units=SAVERS), run.definition, f"{run.stamp}w")
    accounts = await all_of(join(person, office.account.door, run.everyone) for person in people[: len(SAVERS)])
    drafts = await all_of(
        account.door.post(f"intake/v1/campaigns/{run.campaign_id}/entries", category="story") for account in accounts
    )
    article = to_exactly(run.inputs.plan.entries[0].texts.article, ARTICLE_ZI)
    intake, bare = free_ports(PROCESSES), free_ports(PROCESSES)
    with contextlib.ExitStack() as stack:
        for port in intake:
            stack.enter_context(_intake(run.state, port))
        with psycopg.connect(run.state["dsn"]["intake"], autocommit=True) as connection:
            connection.execute(floor.TABLE)
        for port in bare:
            stack.enter_context(_served("tests.bench.floor", run.state["dsn"]["intake"], str(port), port=port, env={}))
        tokens = [account.door.token or "" for account in accounts]
        savers = [_saver(intake[n % PROCESSES], tokens[n], draft, article, n) for n, draft in enumerate(drafts)]
        floors = [_bare(bare[n % PROCESSES], n, article) for n in range(len(SAVERS))]
        figures = await _compare(savers, floors, each)
        figures += await desks.editor(intake[0], accounts[0], drafts[0]["entry_id"], samples=each)
        figures += await desks.submissions(run, office, accounts, intake, each=max(10, each // 6))
        return figures


async def _compare(savers: list[_Client], floors: list[_Client], each: int) -> list[Figure]:
    """Rounds of one and the other in turn, so that what else the machine does falls on both."""
    await load(savers, each // 4)
    await load(floors, each // 4)
    rounds = [(await load(savers, each), await load(floors, each)) for _ in range(ROUNDS)]
    alone = await load(savers[:1], each * 2)
    ratios = [_per_request(saved) / _per_request(bare) for saved, bare in rounds]
    rates = [saved.rate for saved, _ in rounds]
    base = [bare.rate for _, bare in rounds]
    detail = {"writers": len(savers), "processes": PROCESSES, "article_zi": ARTICLE_ZI, "rounds": ROUNDS}
    told = {"saves_per_s": [round(rate) for rate in rates], "floor_per_s": [round(rate) for rate in base]}
    return [
        Figure("save-vs-floor", round(statistics.median(ratios), 2), "×", "≤ 2", {**detail, **told}),
        Figure("save-rps", round(statistics.median(rates)), "1/s", "≥ 450", detail),
        Figure("save-p50", round(percentile(alone.seconds, 0.5) * 1000, 2), "ms", "≤ 4", {"writers": 1}),
    ]


def _per_request(result: Load) -> float:
    return result.wall / len(result.seconds)


_Client = Callable[[], Awaitable[None]]


def _saver(port: int, token: str, draft: dict[str, Any], article: str, number: int) -> _Client:
    """A writer whose every save differs from the one before."""
    wire = Wire(f"http://127.0.0.1:{port}", {"authorization": f"Bearer {token}"})
    path = f"/api/intake/v1/entries/{draft['entry_id']}/fields"
    version, saves = draft["version"], 0

    async def save() -> None:
        nonlocal version, saves
        saves += 1
        fields = {"article": f"{number}-{saves}{article}"}
        status, content = await wire.send("PUT", path, {"version": version, "fields": fields})
        found = _VERSION.search(content)
        if status != 200 or found is None:
            raise AssertionError(f"a save was answered {status}: {content[:300]!r}")
        version = int(found[1])

    return save


def _bare(port: int, row: int, article: str) -> _Client:
    wire = Wire(f"http://127.0.0.1:{port}", {})
    saves = 0

    async def save() -> None:
        nonlocal saves
        saves += 1
        status, content = await wire.send("PUT", f"/rows/{row}", {"fields": {"article": f"{row}-{saves}{article}"}})
        if status != 200:
            raise AssertionError(f"the floor answered {status}: {content[:300]!r}")

    return save


@contextlib.contextmanager
def _intake(state: dict[str, Any], port: int) -> Iterator[None]:
    """One more api process of intake, beside the stack's own."""
    keys = Path(state["token_public_key_file"]).parent
    env = {
        "LAUREL_DATABASE_DSN": state["dsn"]["intake"],
        "LAUREL_S3_ENDPOINT": state["s3_endpoint"],
        "LAUREL_S3_PUBLIC_ENDPOINT": state["s3_public_endpoint"],
        "LAUREL_S3_ACCESS_KEY": state["s3_access_key"],
        "LAUREL_S3_SECRET_KEY": state["s3_secret_key"],
        "LAUREL_TOKEN_PRIVATE_KEY_FILE": str(keys / "token_private_key.pem"),
        "LAUREL_TOKEN_PUBLIC_KEY_FILE": state["token_public_key_file"],
        "LAUREL_CONTACT_KEY_FILE": str(keys / "contact_key"),
        "LAUREL_PUBLIC_URL": state["url"],
        "LAUREL_HTTP_HOST": "127.0.0.1",
        "LAUREL_HTTP_PORT": str(port),
    }
    with _served("services.intake", "api", port=port, env=env, path="/live"):
        yield


@contextlib.contextmanager
def _served(module: str, *arguments: str, port: int, env: dict[str, str], path: str = "/") -> Iterator[None]:
    """A process that serves HTTP on a port until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={**os.environ, **env},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 20
        while not _answers(f"http://127.0.0.1:{port}{path}"):
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"{module} {' '.join(arguments[:1])} did not start")
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=1):  # noqa: S310 - a process of ours
            return True
    except URLError as error:
        return hasattr(error, "code")  # any answer is an answer
    except OSError:
        return False
