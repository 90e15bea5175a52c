"""Mutated files through a real pool: each gets a verdict, in time, and the pool goes on."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Any

import pytest

from contracts.campaign import MaterialRule
from services.media.domain import Judgement
from services.media.pool import Pool, WorkDiedError
from tests.media_corpus import photo_rule, photos, video_rule, videos
from tests.media_corpus.mutations import mutated

CASES = 300
LIMIT_SECONDS = 30.0
"""Generous: machines that run tests are crowded. On an idle one a file takes at most about four seconds."""


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    pool = Pool(1)
    yield pool
    pool.close()


class _Bytes:
    def __init__(self, content: bytes) -> None:
        self.content = content
        self.size = len(content)

    def read(self, offset: int, length: int) -> bytes:
        return self.content[offset : offset + length]


def _look(pool: Pool, content: bytes, rule: MaterialRule) -> Judgement | None:
    arguments: dict[str, Any] = {"rule": rule.model_dump(mode="json")}
    with pool.slot() as slot:
        try:
            if rule.kind == "video":
                return Judgement.model_validate(slot.run("judge", arguments, _Bytes(content)).data)
            slot.put(content)
            return Judgement.model_validate(slot.run("judge", arguments).data)
        except WorkDiedError:
            return None


def test_every_mutated_file_gets_a_verdict_in_time(pool: Pool) -> None:
    chance = random.Random(2017)
    pictures = [
        photos.jpeg(320, 240),
        photos.jpeg(320, 240, progressive=True),
        photos.with_orientation(photos.jpeg(64, 48), 6),
    ]
    recordings = [videos.made(320, 240, 2), videos.made(320, 240, 2, sound="")]
    verdicts = {True: 0, False: 0, None: 0}
    for _ in range(CASES):
        if chance.random() < 0.4:
            content, rule = chance.choice(pictures), photo_rule()
            begin, end = 0, min(len(content) - 40, chance.choice((700, len(content))))
        else:
            content, rule = chance.choice(recordings), video_rule(pixel_sizes=())
            begin, size = videos.top_boxes(content)[b"moov"]
            end = begin + size - 40
        began = time.monotonic()
        judgement = _look(pool, mutated(content, begin, end, chance), rule)
        verdicts[judgement.accepted if judgement else None] += 1
        assert time.monotonic() - began < LIMIT_SECONDS

    assert verdicts[False] > CASES / 5
    assert verdicts[True] > CASES / 20
    assert verdicts[None] < CASES / 20
    sound = _look(pool, photos.jpeg(320, 240), photo_rule())
    assert sound is not None
    assert sound.accepted


def test_scan_bomb_within_the_limit_of_scans_ends_in_time(pool: Pool) -> None:
    began = time.monotonic()

    _look(pool, photos.scan_bomb(100, 6300, 6300), photo_rule())

    assert time.monotonic() - began < LIMIT_SECONDS
