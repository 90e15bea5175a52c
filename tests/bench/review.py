"""Review's rows: a queue page of 10 000 cases against one of 100, the reviewers' list, a season's assignment.

A database and an api process of their own; requests to the compared campaigns alternate, so that what else the machine
does falls on both.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen
from uuid import UUID, uuid4

import psycopg
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from infra.stack.process import free_ports
from infra.store.migrate import upgrade
from infra.web.principal import Principal, TokenSigner
from services.review.domain.assignment import Vacancy
from services.review.flow import FlowBalancer
from tests.bench.figures import Figure, percentile
from tests.bench.wire import Wire
from tests.support.servers import Servers
from tests.unit.review import builders

GROWTH_BAR, LIST_BAR_MS, ASSIGNMENT_BAR_S = 1.5, 15, 5
SMALL, LARGE, SCORED = 100, 10_000, 1_000
PAGE, LIST_PAGE = 50, 100
EXPERTS = 20
API = "/api/review/v1"

_CASES = """
    INSERT INTO cases (entry_id, campaign_id, category, unit_code, unit_name, unit_region, state, revision, title,
                       receipt_number, submitted_at, withdrawal_reason, material_ids)
    SELECT gen_random_uuid(), %(campaign)s, (ARRAY['story', 'service'])[1 + n %% 2], 'u-' || n %% 40,
           '某省图书馆第' || n %% 40 || '推荐单位', '陕西省', %(state)s, 1, '把书送到雪线以上的第' || n || '个冬天',
           'S-2026-' || lpad(n::text, 5, '0'), now() - n * interval '7 seconds', '',
           ARRAY(SELECT gen_random_uuid() FROM generate_series(1, 5 + n - n))
    FROM generate_series(1, %(count)s) n
"""
_VERDICTS = """
    INSERT INTO verdicts (material_id, entry_id, state, findings, judged_at)
    SELECT unnest(material_ids), entry_id, 'accepted', '[]', now() FROM cases
"""
_SCORES = """
    INSERT INTO assessments (assessment_id, campaign_id, entry_id, category, expert_id, revision, state, due_at,
                             assigned_at, scores, comment, submitted_at, reason)
    SELECT gen_random_uuid(), c.campaign_id, c.entry_id, c.category, x.account_id, 1, 'submitted', now(), now(),
           jsonb_build_object('merit', (random() * 100)::int, 'reach', (random() * 50)::int), '', now(), ''
    FROM (SELECT *, row_number() OVER (ORDER BY entry_id) AS n FROM cases WHERE campaign_id = %(campaign)s) c
    JOIN (SELECT account_id, row_number() OVER (ORDER BY account_id) AS n FROM experts) x
      ON (x.n + c.n) %% %(experts)s < 3
"""


def rows(*, short: bool = False) -> list[dict[str, Any]]:
    """queue-growth, list-p50 and assignment, on a private PostgreSQL."""
    servers = Servers()
    try:
        with tempfile.TemporaryDirectory() as folder:
            dsn = servers.postgres.create_database("laurel_review_bench", "pw-of-bench")
            upgrade(dsn, "services.review")
            _fill(dsn)
            with _api(dsn, Path(folder)) as (url, token):
                figures = asyncio.run(_measure(url, token, samples=60 if short else 300))
    finally:
        servers.stop()
    return [figure.row() for figure in (*figures, _assignment())]


def _fill(dsn: str) -> None:
    """Three campaigns: a small queue, a large one, and one whose entries are all scored."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for campaign, count, state in (
            ("small", SMALL, "open"),
            ("large", LARGE, "open"),
            ("scored", SCORED, "eligible"),
        ):
            definition = builders.definition(id=campaign).model_dump_json()
            connection.execute("INSERT INTO campaigns VALUES (%s, 1, %s, '[]')", (campaign, definition))
            connection.execute(_CASES, {"campaign": campaign, "count": count, "state": state})
        for number in range(EXPERTS):
            connection.execute(
                "INSERT INTO experts VALUES ('scored', %s, %s, '某馆', '四川', '{}')", (uuid4(), f"专家{number}")
            )
        connection.execute(_VERDICTS)
        connection.execute(_SCORES, {"campaign": "scored", "experts": EXPERTS})
        connection.execute("VACUUM ANALYZE")


@contextlib.contextmanager
def _api(dsn: str, folder: Path) -> Iterator[tuple[str, str]]:
    """An api process; yields its URL and a secretary's token."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = folder / "public.pem"
    public.write_bytes(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    port = free_ports(1)[0]
    environment = {
        **os.environ,
        "LAUREL_DATABASE_DSN": dsn,
        "LAUREL_TOKEN_PUBLIC_KEY_FILE": str(public),
        "LAUREL_S3_PUBLIC_ENDPOINT": "http://127.0.0.1:9",
        "LAUREL_S3_ACCESS_KEY": "key",
        "LAUREL_S3_SECRET_KEY": "secret",
        "LAUREL_HTTP_HOST": "127.0.0.1",
        "LAUREL_HTTP_PORT": str(port),
    }
    who = Principal(uuid4(), "秘书", frozenset({"secretariat"}))
    token = TokenSigner(private.decode()).sign(who, now=datetime.now(UTC), lifetime=timedelta(hours=2))
    with (folder / "api.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.review", "api"], env=environment, stdout=log, stderr=log
        )
    try:
        _await_ready(f"http://127.0.0.1:{port}/ready", process)
        yield f"http://127.0.0.1:{port}", token
    finally:
        process.terminate()
        process.wait(15)


def _await_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(url, timeout=2):  # noqa: S310 - the address of our own process
                return
        except URLError:
            time.sleep(0.1)
    raise AssertionError("review's api did not become ready")


async def _measure(url: str, token: str, samples: int) -> list[Figure]:
    wire = Wire(url, {"authorization": f"Bearer {token}"})
    pages = {
        "first page": (_page("small"), _page("large")),
        "first page of a state": (_page("small", state="open"), _page("large", state="open")),
        "half way down": (await _half_way(wire, "small", SMALL), await _half_way(wire, "large", LARGE)),
    }
    ratios: dict[str, float] = {}
    medians: dict[str, list[float]] = {}
    for name, (small, large) in pages.items():
        await _alternately(wire, small, large, samples // 6)
        of_small, of_large = await _alternately(wire, small, large, samples)
        ratios[name] = statistics.median(of_large) / statistics.median(of_small)
        medians[name] = [round(statistics.median(times) * 1000, 2) for times in (of_small, of_large)]
    scored = _page("scored", limit=LIST_PAGE)
    await _alternately(wire, scored, scored, samples // 6)
    of_list, again = await _alternately(wire, scored, scored, samples // 2)
    p50 = percentile([*of_list, *again], 0.5) * 1000
    return [
        Figure(
            "queue-growth",
            round(max(ratios.values()), 2),
            "×",
            f"≤ {GROWTH_BAR}",
            {"cases": [SMALL, LARGE], "page": PAGE, "samples": samples, "medians_ms": medians},
        ),
        Figure(
            "list-p50",
            round(p50, 2),
            "ms",
            f"≤ {LIST_BAR_MS}",
            {"cases": SCORED, "page": LIST_PAGE, "scores_each": 3, "samples": samples},
        ),
    ]


def _page(campaign: str, *, limit: int = PAGE, state: str = "", after: str = "") -> str:
    more = "".join(f"&{key}={value}" for key, value in (("state", state), ("after", after)) if value)
    return f"{API}/campaigns/{campaign}/cases?limit={limit}{more}"


async def _half_way(wire: Wire, campaign: str, count: int) -> str:
    """The page in the middle of a queue, reached by the cursors that the api gives out."""
    after, seen = "", 0
    while seen < count // 2:
        step = min(200, count // 2 - seen)
        status, content = await wire.send("GET", _page(campaign, limit=step, after=after), {})
        assert status == 200, content[:300]
        page = json.loads(content)
        after, seen = page["next"], seen + len(page["items"])
    return _page(campaign, after=after)


async def _alternately(wire: Wire, one: str, other: str, times: int) -> tuple[list[float], list[float]]:
    """Seconds of each request, the two pages in turn; every page must be a full one."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(times):
        for path, seconds in zip((one, other), taken, strict=True):
            began = time.perf_counter()
            status, content = await wire.send("GET", path, {})
            seconds.append(time.perf_counter() - began)
            assert status == 200, content[:300]
            assert content.count(b'"receipt_number"') in {PAGE, LIST_PAGE}, "not a full page"
    return taken


def _assignment() -> Figure:
    """1 000 entries × 100 experts, three each, one pair in twenty in conflict."""
    random = Random(7)
    experts = sorted(UUID(int=random.getrandbits(128)) for _ in range(100))
    vacancies = [
        Vacancy(UUID(int=random.getrandbits(128)), 3, tuple(who for who in experts if random.random() < 0.95))
        for _ in range(1_000)
    ]
    began = time.perf_counter()
    seats = FlowBalancer().fill(vacancies, dict.fromkeys(experts, 0))
    seconds = time.perf_counter() - began
    loads = [sum(seat.expert_id == who for seat in seats) for who in experts]
    return Figure(
        "assignment",
        round(seconds, 2),
        "s",
        f"≤ {ASSIGNMENT_BAR_S}",
        {"entries": 1_000, "experts": 100, "seats": len(seats), "least_load": min(loads), "most_load": max(loads)},
    )
