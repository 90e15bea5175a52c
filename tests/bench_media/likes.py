"""Likes: how long a search among a million hashes takes, what is found, and what is found that is no like."""

from __future__ import annotations

import itertools
from typing import Any

from infra.store.migrate import upgrade
from tests.bench.figures import Figure
from tests.bench_media.alterations import ALTERATIONS, BEYOND
from tests.bench_media.index import BAR_MS, HASHES, Timed, measure
from tests.bench_media.likeness import finds, looks_of
from tests.bench_media.stage import Stage
from tests.media_corpus.scenes import scene

FOUND_BAR, RECALL_BAR = 0.95, 97.0
_SHORT_HASHES = 20_000


def rows(stage: Stage, *, short: bool) -> list[Figure]:
    return [*_index(stage, short=short), *_recall(scenes=2 if short else 12)]


def _index(stage: Stage, *, short: bool) -> list[Figure]:
    servers = stage.servers
    dsn = servers.postgres.create_database(servers.name("laurel_media_index"), "pw-of-bench")
    upgrade(dsn, "services.media")
    hashes = _SHORT_HASHES if short else HASHES
    measured = measure(dsn, hashes, searches=60 if short else 300)
    timed = {"search": measured.search, "in a crowd of 10 000": measured.crowded}
    detail: dict[str, Any] = {"hashes": hashes}
    for name, one in {**timed, "insert": measured.insert, "a scan of the same hashes": measured.scan}.items():
        detail[name] = _spread(one)
    return [
        Figure("likes-search-p95", round(measured.search.at(0.95), 2), "ms", f"≤ {BAR_MS:g}", detail),
        Figure("likes-index-found", round(measured.found, 4), "", f"≥ {FOUND_BAR}", {"bits_turned": 7, "of": 64}),
    ]


def _spread(timed: Timed) -> str:
    return f"p50 {timed.at(0.5):.1f} ms, p95 {timed.at(0.95):.1f} ms, max {timed.taken[-1]:.1f} ms"


def _recall(scenes: int) -> list[Figure]:
    """Pictures made by code, altered in every way, sought either way round.

    Photographs are measured by `python -m tests.bench_media.likeness FOLDER`.
    """
    pictures = [scene(number, 1000, 700) for number in range(scenes)]
    looks = [looks_of(picture) for picture in pictures]
    shares: dict[str, float] = {}
    for name, alter in ALTERATIONS.items():
        altered = [looks_of(alter(picture)) for picture in pictures]
        found = [finds(one, other) + finds(other, one) for one, other in zip(altered, looks, strict=True)]
        shares[name] = round(100 * sum(found) / (2 * scenes), 1)
    promised = [share for name, share in shares.items() if name not in BEYOND]
    pairs = list(itertools.combinations(looks, 2))
    missed = {name: share for name, share in shares.items() if share < 100}
    detail = {"pictures": scenes, "alterations": len(promised), "not_always_found": missed, "beyond": sorted(BEYOND)}
    return [
        Figure("likes-recall", round(sum(promised) / len(promised), 2), "%", f"≥ {RECALL_BAR:g}", detail),
        Figure("likes-false", sum(finds(*pair) for pair in pairs), "pairs", "= 0", {"pairs": len(pairs)}),
    ]
