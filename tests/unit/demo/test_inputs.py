"""The demo's inputs are what the demo says they are: real, varied, within or just beyond the rules."""

from __future__ import annotations

import re
from dataclasses import replace
from io import BytesIO
from itertools import permutations
from random import Random

import numpy as np
import pytest
import simplejpeg
from PIL import ExifTags, Image

from contracts.counting import count_zi
from tests.demo.inputs import FULL, SMALL, hostile, input_plan
from tests.demo.inputs.photos import PHOTO_LIMIT, photo
from tests.demo.inputs.plan import CATEGORIES
from tests.demo.inputs.texts import compose, to_exactly


def test_plan_has_36_entries_3_to_10_photos_and_a_video_in_every_third() -> None:
    plan = input_plan(FULL)
    assert len(plan.entries) == 36
    assert {(entry.unit, entry.category) for entry in plan.entries} == {(u, c) for u in FULL.units for c in CATEGORIES}
    assert all(3 <= len(entry.photos) <= 10 for entry in plan.entries)
    assert [n for n, entry in enumerate(plan.entries) if entry.video] == list(range(0, 36, 3))
    seeds = [photo.seed for photo in plan.photos] + [video.seed for video in plan.videos]
    assert len(set(seeds)) == len(seeds)
    assert max(video.seconds for video in plan.videos) == 180
    assert {(video.width, video.height) for video in plan.videos} == {(1920, 1080), (1280, 720)}
    assert {photo.orientation for photo in plan.photos} == {1, 6, 8}


def test_plan_is_the_same_every_time() -> None:
    assert input_plan(FULL) == input_plan(FULL)


def test_texts_keep_the_limits_and_differ_from_each_other() -> None:
    entries = input_plan(FULL).entries
    for entry in entries:
        assert 800 <= count_zi(entry.texts.article) <= 2900
        assert 20 <= count_zi(entry.texts.summary) <= 200
        assert entry.texts.honours
        assert entry.texts.process
        assert "{" not in entry.texts.article
    assert len({entry.texts.title for entry in entries}) == len(entries)
    lines = {entry.key: {re.sub(r"\d+", "", line) for line in entry.texts.article.split("\n")} for entry in entries}
    for one, other in permutations(lines, 2):
        assert len(lines[one] & lines[other]) <= 0.6 * len(lines[one]), f"{one} repeats {other}"


@pytest.mark.parametrize("zi", [1, 2, 200, 201, 3000, 3001])
def test_text_is_cut_to_exactly_so_many_zi(zi: int) -> None:
    texts = compose("service", 3, Random(1), 900)
    assert count_zi(to_exactly(texts.article, zi)) == zi
    assert count_zi(to_exactly("ISBN 978-7-5013 与 DOI 10.1000/182", zi)) == zi


def test_photo_has_camera_exif_and_stands_upright() -> None:
    plan = next(p for p in input_plan(SMALL).photos if p.orientation == 6)
    data = photo(plan)
    assert len(data) < PHOTO_LIMIT
    image = Image.open(BytesIO(data), formats=["JPEG"])
    image.load()
    assert image.size == (plan.width, plan.height)
    exif = image.getexif()
    assert exif[ExifTags.Base.Orientation] == 6
    assert (exif[ExifTags.Base.Make], exif[ExifTags.Base.Model]) == plan.camera
    assert simplejpeg.decode_jpeg(data).shape == (plan.height, plan.width, 3)
    upright = photo(replace(plan, orientation=1, width=plan.height, height=plan.width))
    turned = np.asarray(image.transpose(Image.Transpose.ROTATE_270).resize((54, 72))).astype(int)
    straight = np.asarray(Image.open(BytesIO(upright)).resize((54, 72))).astype(int)
    assert np.abs(turned - straight).mean() < 4


def test_photos_of_different_seeds_differ() -> None:
    first, second = input_plan(SMALL).photos[:2]
    assert photo(first) != photo(second)
    assert photo(first) == photo(first)


def test_hostile_files_are_wrong_in_exactly_one_way() -> None:
    plan = input_plan(SMALL).hostile
    too_large = hostile.one_byte_too_large(plan.too_large)
    assert len(too_large) == PHOTO_LIMIT + 1
    assert simplejpeg.decode_jpeg(too_large).shape == (plan.too_large.height, plan.too_large.width, 3)
    half = hostile.cut_in_half(plan.half)
    with pytest.raises(ValueError, match=r"[Pp]remature|[Ee]nd"):
        simplejpeg.decode_jpeg(half, strict=True)
    assert Image.open(BytesIO(hostile.png(plan.png))).format == "PNG"
    assert plan.png.name.endswith(".jpg")
    assert plan.too_long.seconds == 181
    assert (plan.wrong_size.width, plan.wrong_size.height) == (1440, 1080)
