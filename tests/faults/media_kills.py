"""Row `media-kills`: photos and videos through a whole stack while its media workers are killed at random."""

from __future__ import annotations

import asyncio
import io
import random
import secrets
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
import psycopg
from PIL import Image

from contracts.campaign_loader import CAMPAIGNS, load_definition
from tests.bench.figures import Figure
from tests.demo.clients import Door, upload
from tests.demo.people import Person, activate, join
from tests.demo.run import all_of
from tests.demo.stack import create_secretariat, started
from tests.faults.rig import Rig
from tests.media_corpus import videos

_CATEGORY = "story"
_SENDERS = 6
_STILL_SECONDS = 90.0
"""When no verdict has come for so long, none will: longer than the second retry takes."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much, and how often something is killed: verdicts from one kill to the next, however fast the machine is."""

    units: int
    entries_each: int
    photos_each: int
    worker_every: int
    child_every: int

    @property
    def entries(self) -> int:
        return self.units * self.entries_each

    @property
    def materials(self) -> int:
        return self.entries * (self.photos_each + 1)


FULL, SHORT = Plan(12, 5, 50, 100, 12), Plan(2, 1, 40, 25, 8)


def figures(rig: Rig, *, short: bool, seed: int) -> list[Figure]:
    """Exactly one verdict for each file, and that one right. The stack is one of its own, beside `rig`'s servers."""
    del rig
    plan = SHORT if short else FULL
    with tempfile.TemporaryDirectory(prefix="laurel-faults-") as folder, started(Path(folder)) as (state, _):
        found = asyncio.run(_Run(plan, state, random.Random(seed)).play())
    return [
        Figure("media-kills", found.broken, "broken promises", "= 0", {**found.told, "seed": seed}),
        Figure("media-kills-workers", found.kills["worker"], "kills", f"≥ {2 if short else 20}", {**found.kills}),
        Figure("media-kills-seconds", round(found.seconds, 1), "s"),
    ]


@dataclass
class _Found:
    broken: int
    told: dict[str, Any]
    kills: Counter[str]
    seconds: float


@dataclass
class _Run:
    plan: Plan
    state: dict[str, Any]
    rng: random.Random
    stamp: str = field(default_factory=lambda: time.strftime("%m%d%H%M%S") + secrets.token_hex(2))
    kills: Counter[str] = field(default_factory=Counter)
    sent: int = 0

    @property
    def campaign(self) -> str:
        return f"kills-{self.stamp}"

    async def play(self) -> _Found:
        began = time.monotonic()
        clip = await asyncio.to_thread(videos.made, seconds=2)
        limits = httpx.Limits(max_connections=16, max_keepalive_connections=16)
        async with httpx.AsyncClient(timeout=120, limits=limits, trust_env=False) as http:
            everyone = Door(http, self.state["url"].rstrip("/"))
            code = await asyncio.to_thread(create_secretariat, self.state, f"secretariat-{self.stamp}", "示例秘书处")
            office = (await activate(self._person("secretariat", "secretariat"), code, everyone)).door
            definition = self._definition()
            await office.post("intake/v1/campaigns", definition=definition)
            codes = [unit["code"] for unit in definition["units"]][: self.plan.units]
            doors = [(await join(self._person(f"unit-{code}", "unit", code), office, everyone)).door for code in codes]
            killer = asyncio.create_task(self._kill())
            try:
                lane = asyncio.Semaphore(_SENDERS)
                await all_of(
                    self._entry(http, door, lane, number * self.plan.entries_each + nth, clip)
                    for number, door in enumerate(doors)
                    for nth in range(self.plan.entries_each)
                )
                await self._all_judged()
            finally:
                killer.cancel()
        return self._count(time.monotonic() - began)

    def _person(self, login: str, role: str, unit: str | None = None) -> Person:
        login = f"{login}-{self.stamp}"
        return Person(login, "联络员", role, f"{login}@laurel.example.org", "19900000001", unit_code=unit)

    def _definition(self) -> dict[str, Any]:
        raw = load_definition(CAMPAIGNS / "cls-2017.yaml").model_dump(mode="json")
        now = datetime.now(UTC)
        raw["id"] = self.campaign
        raw["calendar"] = {
            "opens": (now - timedelta(days=1)).isoformat(),
            "online_deadline": (now + timedelta(days=1)).isoformat(),
        }
        raw["reminders"] = []
        (story,) = (category for category in raw["categories"] if category["key"] == _CATEGORY)
        story["quota_per_unit"] = self.plan.entries_each
        for material in story["materials"]:
            material["max_count"] = self.plan.photos_each if material["kind"] == "photo" else 1
        return raw

    async def _entry(
        self, http: httpx.AsyncClient, door: Door, lane: asyncio.Semaphore, number: int, clip: bytes
    ) -> None:
        async with lane:
            entry = await door.post(f"intake/v1/campaigns/{self.campaign}/entries", category=_CATEGORY)
            for nth in range(self.plan.photos_each + 1):
                if nth < self.plan.photos_each:
                    kind, content = "photo", await asyncio.to_thread(_photo, number * 1000 + nth)
                else:
                    kind, content = "video", clip + videos.boxed(b"free", b"%d" % number)
                path = f"intake/v1/entries/{entry['entry_id']}/materials"
                name = f"{kind}.{'mp4' if kind == 'video' else 'jpg'}"
                begun = await door.post(path, kind=kind, name=name, bytes=len(content))
                await upload(http, begun["upload"], content)
                await door.post(f"intake/v1/materials/{begun['material_id']}/completion")
                self.sent += 1

    # --- what happens meanwhile ------------------------------------------------------------------------------------

    def _workers(self) -> list[psutil.Process]:
        """This stack's media workers, as they are now: the supervisor starts new ones for those that died."""
        return [one for one in psutil.process_iter() if _is_worker_of(one, self.state["dsn"]["media"])]

    async def _kill(self) -> None:
        """A worker, and more often one of its children, each time that some more verdicts are there."""
        worker_at, child_at = self._later(self.plan.worker_every) // 2, self._later(self.plan.child_every)
        while True:
            await asyncio.sleep(0.2)
            judged = await asyncio.to_thread(self._judged)
            workers = await asyncio.to_thread(self._workers)
            if not workers:
                continue
            victim = self.rng.choice(workers)
            try:
                if judged >= worker_at:
                    worker_at = judged + self._later(self.plan.worker_every)
                    victim.kill()
                    self.kills["worker"] += 1
                elif judged >= child_at and (children := victim.children()):
                    child_at = judged + self._later(self.plan.child_every)
                    self.rng.choice(children).kill()
                    self.kills["child"] += 1
            except psutil.NoSuchProcess:
                continue

    def _later(self, mean: int) -> int:
        return self.rng.randint(mean // 2, mean + mean // 2)

    def _judged(self) -> int:
        with psycopg.connect(self.state["dsn"]["media"]) as connection:
            row = connection.execute(
                "SELECT count(*) FROM materials WHERE campaign_id = %s", [self.campaign]
            ).fetchone()
        return int(row[0]) if row else 0

    # --- what came of it -------------------------------------------------------------------------------------------

    async def _all_judged(self) -> None:
        """Until every material has its verdict at its unit's desk, or none has come for a long time."""
        moved, last = time.monotonic(), -1
        while time.monotonic() - moved < _STILL_SECONDS:
            states = await asyncio.to_thread(self._states)
            judged = states.get("accepted", 0) + states.get("rejected", 0)
            if judged >= self.plan.materials:
                return
            if judged != last:
                moved, last = time.monotonic(), judged
            await asyncio.sleep(1.0)

    def _states(self) -> dict[str, int]:
        query = (
            "SELECT materials.state, count(*) FROM materials JOIN entries USING (entry_id) "
            "WHERE campaign_id = %s GROUP BY 1"
        )
        with psycopg.connect(self.state["dsn"]["intake"]) as connection:
            return dict(connection.execute(query, [self.campaign]).fetchall())

    def _verdicts(self) -> Iterator[tuple[str, str, int]]:
        """(material, type, events) of this campaign's verdicts."""
        query = (
            "SELECT body::json #>> '{data,material_id}', min(type), count(*) FROM outbox "
            "WHERE type IN ('material.accepted.v1', 'material.rejected.v1') "
            "AND body::json #>> '{data,campaign_id}' = %s GROUP BY 1"
        )
        with psycopg.connect(self.state["dsn"]["media"]) as connection:
            yield from connection.execute(query, [self.campaign]).fetchall()

    def _count(self, seconds: float) -> _Found:
        verdicts = list(self._verdicts())
        told = {
            "sent": self.sent,
            "lost": self.plan.materials - len(verdicts),
            "told twice": sum(count - 1 for _, _, count in verdicts),
            "wrongly rejected": sum(kind != "material.accepted.v1" for _, kind, _ in verdicts),
            "not at the desk": self.plan.materials - self._states().get("accepted", 0),
        }
        return _Found(sum(told.values()) - self.sent, told, self.kills, seconds)


def _is_worker_of(process: psutil.Process, dsn: str) -> bool:
    try:
        command = process.cmdline()
        return command[-2:] == ["services.media", "worker"] and bool(process.environ()["LAUREL_DATABASE_DSN"] == dsn)
    except (psutil.Error, KeyError):
        return False


def _photo(number: int) -> bytes:
    """A JPEG that looks like no other: large soft patches of chance."""
    patches = np.random.default_rng(number).integers(0, 256, (9, 12, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(patches).resize((800, 600), Image.Resampling.BICUBIC).save(out, "JPEG", quality=88)
    return out.getvalue()
