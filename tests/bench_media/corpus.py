"""Who is fooled by which file of the corpus: Laurel, or the same job on Pillow and ffprobe (rival/)."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from services.media.pool import Pool
from services.media.source import READ_WHOLE
from services.media.verdict import judgement_at
from tests.bench.figures import Figure
from tests.bench_media.rival.check import check
from tests.bench_media.stage import Stage
from tests.media_corpus import Case, cases, photos
from tests.media_corpus.reader import InMemory

VERDICT_SECONDS = 5.0
"""Whoever takes longer over a file is held up by it."""


@dataclass(frozen=True, slots=True)
class _Said:
    accepted: bool
    seconds: float
    words: str

    def right(self, case: Case) -> bool:
        return self.accepted == (not case.slugs) and self.seconds <= VERDICT_SECONDS

    def __str__(self) -> str:
        held_up = f", after {self.seconds:.0f} s" if self.seconds > VERDICT_SECONDS else ""
        return ("accepted" if self.accepted else f"refused: {self.words[:60]}") + held_up


def rows(stage: Stage, *, short: bool) -> list[Figure]:
    """Every photo and video of the corpus, by both; documents the rival does not know."""
    known = [case for case in cases() if case.rule.kind in {"photo", "video"}]
    if short:
        known = [case for case in known if case.rule.kind == "photo"]
    fooled, wrong = [], []
    pool = Pool(1)
    try:
        with _apart() as theirs:
            theirs(_written(stage, "warm.jpg", photos.jpeg()), known[0])
            _ours(pool, known[0], known[0].make())
            for number, case in enumerate(known):
                content = case.make()
                suffix = "jpg" if case.rule.kind == "photo" else "mp4"
                path = _written(stage, f"case-{number}.{suffix}", content)
                ours, other = _ours(pool, case, content), theirs(path, case)
                path.unlink()
                if not ours.right(case):
                    wrong.append((case, ours))
                if not other.right(case):
                    fooled.append((case, other, ours))
    finally:
        pool.close()
    _show(fooled)
    detail = {"files": len(known), "ours_wrong": {case.name: str(said) for case, said in wrong}}
    taken_in = [case.name for case, other, _ in fooled if other.accepted]
    turned_away = [case.name for case, other, _ in fooled if not other.accepted and not case.slugs]
    told = {"files": len(known), "takes_what_it_must_not": len(taken_in), "refuses_what_is_sound": len(turned_away)}
    told["is_held_up"] = sum(other.seconds > VERDICT_SECONDS for _, other, _ in fooled)
    return [
        Figure("corpus-wrong", len(wrong), "files", "= 0", detail),
        Figure("rival-fooled", len(fooled), "files", "", {**told, "taken_in": taken_in, "turned_away": turned_away}),
    ]


def _written(stage: Stage, name: str, content: bytes) -> Path:
    path = stage.folder / name
    path.write_bytes(content)
    return path


def _ours(pool: Pool, case: Case, content: bytes) -> _Said:
    began = time.monotonic()
    with pool.slot() as slot:
        if case.rule.kind in READ_WHOLE:
            slot.put(content)
            judgement = judgement_at(slot, case.rule)
        else:
            judgement = judgement_at(slot, case.rule, InMemory(content))
    words = ", ".join(finding.slug for finding in judgement.findings)
    return _Said(judgement.accepted, time.monotonic() - began, words)


@contextmanager
def _apart() -> Iterator[Callable[[Path, Case], _Said]]:
    """The rival in a process of its own: a file may crash it, and then it has no verdict."""
    context = multiprocessing.get_context("spawn")
    workers = [ProcessPoolExecutor(1, mp_context=context)]

    def ask(path: Path, case: Case) -> _Said:
        began = time.monotonic()
        rule = case.rule.model_dump(mode="json")
        try:
            problems = workers[-1].submit(check, str(path), case.rule.kind, path.stat().st_size, rule).result()
        except BrokenProcessPool:
            workers.append(ProcessPoolExecutor(1, mp_context=context))
            problems = ["its process died"]
        return _Said(not problems, time.monotonic() - began, "; ".join(problems))

    try:
        yield ask
    finally:
        for worker in workers:
            worker.shutdown()


def _show(fooled: list[tuple[Case, _Said, _Said]]) -> None:
    table = Table(title="Files of the corpus that fool Celery + Pillow + ffprobe", title_justify="left")
    for heading in ("file", "deserves", "the rival says", "Laurel says"):
        table.add_column(heading, overflow="fold")
    for case, other, ours in fooled:
        table.add_row(case.name, ", ".join(sorted(case.slugs)) or "to be accepted", str(other), str(ours))
    Console(width=140).print(table)
