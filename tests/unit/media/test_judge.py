"""The judge against the corpus, in the pool: every file gets exactly the verdict that it deserves, and ends nobody."""

from __future__ import annotations

import hashlib
import io
import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from contracts.storage import LARGE
from services.media.judge import judge_file
from services.media.pool import Pool
from services.media.renditions import files_of
from services.media.source import READ_WHOLE
from services.media.verdict import judgement_at
from tests.bench_media.samples import largest_photo
from tests.bench_media.stage import MEMORY_BARS
from tests.media_corpus import Case, cases, photo_rule, photos
from tests.media_corpus.reader import InMemory

CORPUS = tuple(cases())
LEAST_CASES = 250
LIMIT_SECONDS = 30.0
"""Generous: machines that run tests are crowded."""


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    pool = Pool(1)
    yield pool
    pool.close()


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case.name)
def test_judge_gives_each_file_of_the_corpus_its_verdict(case: Case, pool: Pool) -> None:
    content = case.make()
    began = time.monotonic()

    with pool.slot() as slot:
        before = slot.pid
        if case.rule.kind in READ_WHOLE:
            slot.put(content)
            judgement = judgement_at(slot, case.rule)
        else:
            judgement = judgement_at(slot, case.rule, InMemory(content))
        survived = slot.pid == before

    assert {finding.slug for finding in judgement.findings} == case.slugs, judgement.findings
    assert len(judgement.findings) == len(case.slugs), "nothing is said twice"
    assert judgement.accepted == (not case.slugs)
    assert survived, "no file of the corpus ends its process"
    assert time.monotonic() - began < LIMIT_SECONDS
    if judgement.facts is not None:
        facts = judgement.facts.model_dump()
        assert {key: facts[key] for key in case.facts} == case.facts
    for finding in judgement.findings:
        assert finding.zh.endswith("。")
        assert finding.en.endswith(".")
        assert finding.zh.isprintable()
        assert finding.en.isprintable()


@pytest.mark.parametrize("case", [case for case in CORPUS if not case.slugs], ids=lambda case: case.name)
def test_whatever_is_accepted_can_be_shown(case: Case, pool: Pool) -> None:
    content = case.make()

    with pool.slot() as slot:
        if case.rule.kind == "document":
            slot.put(content)
            preview = slot.run("preview", {})
            with Image.open(io.BytesIO(preview.content), formats=["JPEG"]) as picture:
                picture.load()
                assert picture.size == (preview.data["width"], preview.data["height"])
                assert max(picture.size) <= LARGE
                assert not {"exif", "icc_profile", "comment", "xmp"} & picture.info.keys()
            return
        if case.rule.kind == "photo":
            slot.put(content)
            answer = slot.run("render", {"kind": "photo"})
        else:
            answer = slot.run("render", {"kind": "video"}, InMemory(content))

    _, files = files_of(answer, "stem")
    for file in files:
        with Image.open(io.BytesIO(file.content), formats=["JPEG", "WEBP"]) as picture:
            picture.load()
            assert picture.size == (file.rendition.width, file.rendition.height)
            assert max(picture.size) <= LARGE
            assert not {"exif", "icc_profile", "comment", "xmp"} & picture.info.keys()


def test_largest_photos_that_are_allowed_keep_a_child_within_the_memory_that_is_stated(pool: Pool) -> None:
    for mode in ("RGB", "CMYK"):
        with pool.slot() as slot:
            slot.put(largest_photo(mode))
            assert judgement_at(slot, photo_rule()).accepted
            slot.run("render", {"kind": "photo"})
            (most,) = re.findall(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{slot.pid}/status").read_text())

            assert int(most) / 1024 < MEMORY_BARS["child"] / 2


def test_corpus_is_large_and_no_name_stands_for_two_files() -> None:
    names = Counter(case.name for case in CORPUS)

    assert [name for name, count in names.items() if count > 1] == []
    assert len(names) >= LEAST_CASES
    assert {case.rule.kind for case in CORPUS if not case.slugs} == {"photo", "video", "document"}


def test_judge_of_a_file_on_disk_takes_its_digest(tmp_path: Path) -> None:
    content = photos.jpeg(320, 240)
    path = tmp_path / "upload"
    path.write_bytes(content)

    judgement = judge_file(path, photo_rule())

    assert judgement.facts is not None
    assert judgement.facts.sha256 == hashlib.sha256(content).hexdigest()
