"""Documents that would hold up, fill or end the process that looks at them: each gets a verdict, in time."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

import pikepdf
import pytest

from services.media.domain import Judgement
from services.media.pool import Pool
from services.media.verdict import judgement_at
from tests.media_corpus import papers
from tests.media_corpus.case import document_rule
from tests.media_corpus.mutations import mutated

CASES = 300
LIMIT_SECONDS = 30.0
"""Generous: machines that run tests are crowded."""
_RULE = document_rule(max_bytes=40 * 1024 * 1024)


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    pool = Pool(1)
    yield pool
    pool.close()


def _look(pool: Pool, content: bytes) -> Judgement:
    began = time.monotonic()
    with pool.slot() as slot:
        slot.put(content)
        judgement = judgement_at(slot, _RULE)
    assert time.monotonic() - began < LIMIT_SECONDS
    return judgement


@pytest.mark.parametrize(
    "make",
    [papers.doubling, partial(papers.packed_objects, 1_500_000_000)],
    ids=["drawings that double", "objects that unpack to 1.5 GB"],
)
def test_document_that_takes_too_much_is_refused_for_it_and_the_next_is_looked_at(
    pool: Pool, make: Callable[[], bytes]
) -> None:
    (finding,) = _look(pool, make()).findings

    assert finding.slug == "unreadable"
    assert _look(pool, papers.paper()).accepted


def test_document_of_many_scans_is_looked_at_in_several_pieces_of_work(pool: Pool) -> None:
    judgement = _look(pool, papers.album(24, 1240, 1754))

    assert judgement.accepted, judgement.findings
    assert judgement.facts is not None
    assert judgement.facts.pages == 24


def test_every_mutated_document_gets_a_verdict_in_time(pool: Pool) -> None:
    chance = random.Random(1979)
    sound = [
        papers.paper(),
        papers.paper(pages=3),
        papers.rewritten(papers.paper(), object_stream_mode=pikepdf.ObjectStreamMode.generate),
        papers.paper([papers.flate_picture(60, 80)]),
        papers.by_pillow("1"),
    ]
    verdicts = Counter[bool]()
    for _ in range(CASES):
        content = chance.choice(sound)
        verdicts[_look(pool, mutated(content, 0, len(content) - 40, chance)).accepted] += 1

    assert verdicts[False] > CASES / 5
    assert _look(pool, papers.paper()).accepted
