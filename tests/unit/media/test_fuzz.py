"""Five thousand files that chance has broken: a verdict for each, in time; the pool lives on; none is taken wrongly."""

from __future__ import annotations

import io
import random
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from contracts.campaign import MaterialRule
from contracts.events import MaterialFacts
from services.media.pool import Pool
from services.media.renditions import files_of
from services.media.verdict import judgement_at
from tests.media_corpus import photo_rule, photos, videos
from tests.media_corpus.case import video_rule
from tests.media_corpus.mutations import broken
from tests.media_corpus.reader import InMemory

PHOTO = photo_rule(formats=("JPEG", "PNG"))
VIDEO = video_rule(pixel_sizes=(), formats=("MP4", "MOV"))
SEED = 20171130
CASES, CHUNK = 5000, 250
LIMIT_SECONDS = 30.0
"""Generous, since machines that run tests are crowded; a hanging file would take the pool's whole patience."""
MOST_LOST = 0.01
"""The share of files that may end their child: libraries have faults, and that is what children are for."""


def _small(**options: Any) -> bytes:
    return photos.jpeg(160, 120, **options)


@cache
def sound() -> tuple[tuple[bytes, MaterialRule], ...]:
    """What is broken: small, so that a change meets structure as often as pixels."""
    clip = videos.made(seconds=1, width=320, height=180)
    pictures = (
        _small(),
        _small(progressive=True),
        _small(mode="L"),
        _small(mode="CMYK"),
        _small(subsampling=0, optimize=True),
        photos.with_orientation(_small(), 6),
        photos.png(96, 72),
        photos.with_segment(_small(), 0xFE, b"comment"),
    )
    clips = (clip, videos.index_first(clip), videos.rotated(clip, 90))
    return tuple((one, PHOTO) for one in pictures) + tuple((one, VIDEO) for one in clips)


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    pool = Pool(1)
    yield pool
    pool.close()


@pytest.mark.parametrize("chunk", range(CASES // CHUNK))
def test_whatever_chance_makes_of_a_file_it_gets_a_verdict(pool: Pool, chunk: int) -> None:
    rng = random.Random(SEED + chunk)
    seeds = sound()
    others = [content for content, _ in seeds]
    lost, counted = 0, Counter[str]()
    for number in range(CHUNK):
        content, rule = seeds[number % len(seeds)]
        content = broken(rng, content, others)
        where = f"chunk {chunk}, number {number}"
        began = time.monotonic()
        with pool.slot() as slot:
            slot.clear()
            before = slot.pid
            if rule.kind == "photo":
                slot.put(content)
                judgement = judgement_at(slot, rule)
            else:
                judgement = judgement_at(slot, rule, InMemory(content))
            lost += slot.pid != before
        assert time.monotonic() - began < LIMIT_SECONDS, where
        assert judgement.accepted != bool(judgement.findings), where
        if judgement.accepted:
            assert judgement.facts is not None
            assert judgement.facts.width
            assert judgement.facts.height
            _VOUCH[rule.kind](content, judgement.facts, where)
            shown = _shown(pool, content, rule)
            assert shown == pytest.approx(judgement.facts.width / judgement.facts.height, rel=0.02), where
        counted["accepted" if judgement.accepted else judgement.findings[0].slug] += 1

    assert lost <= MOST_LOST * CHUNK, counted
    assert len(counted) > 3, "chance finds several ways to break a file"
    with pool.slot() as slot:
        slot.put(_small())
        assert judgement_at(slot, PHOTO).accepted


def _shown(pool: Pool, content: bytes, rule: MaterialRule) -> float:
    """Width by height of what the public is shown of it."""
    with pool.slot() as slot:
        slot.clear()
        if rule.kind == "photo":
            slot.put(content)
            answer = slot.run("render", {"kind": "photo"})
        else:
            answer = slot.run("render", {"kind": "video"}, InMemory(content))
    _, files = files_of(answer, "stem")
    return files[0].rendition.width / files[0].rendition.height


def _vouch_photo(content: bytes, facts: MaterialFacts, where: str) -> None:
    """Another decoder opens what was accepted, whole, in the size that the facts say."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # damaged EXIF is no damage of the picture
        with Image.open(io.BytesIO(content), formats=["JPEG", "PNG"]) as picture:
            picture.load()
        assert sorted(picture.size) == sorted((facts.width or 0, facts.height or 0)), where
    assert b"<?php" not in content
    assert content.rfind(b"\xff\xd9") > 0 or facts.format == "PNG", where


def _vouch_video(content: bytes, facts: MaterialFacts, where: str) -> None:
    """ffmpeg finds a picture in what was accepted, of the size that the facts say, and none of it lasts longer."""
    with av.open(io.BytesIO(content), "r", metadata_errors="replace") as movie:
        frame = next(movie.decode(video=0))
        assert {frame.width, frame.height} == {facts.width, facts.height}, where
        assert np.asarray(frame.to_ndarray()).size > 0, where
    assert facts.seconds is not None
    assert 0 < facts.seconds <= (VIDEO.max_seconds or 0), where


_VOUCH: dict[str, Callable[[bytes, MaterialFacts, str], None]] = {"photo": _vouch_photo, "video": _vouch_video}


def test_scan_bomb_within_the_limit_of_scans_ends_in_time(pool: Pool) -> None:
    began = time.monotonic()
    with pool.slot() as slot:
        slot.clear()
        slot.put(photos.scan_bomb(100, 6300, 6300))
        judgement = judgement_at(slot, photo_rule())

    assert judgement.accepted != bool(judgement.findings)
    assert time.monotonic() - began < LIMIT_SECONDS
