"""What is seen in pictures that go by, whether a video plays, and what is said about it: without any decoder."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from services.media.inspection.heard import Heard
from services.media.inspection.pictures import HEIGHT, WIDTH, Grey, PictureWatch, Stretch, Watched
from services.media.inspection.remedy import Remedy, fitted, remedy_for
from services.media.inspection.say import clock, not_inspected, warnings_of

_FINE = Heard(-20.0, -3.0)


def _grey(value: int) -> Grey:
    return np.full((HEIGHT, WIDTH), value, np.uint8)


def _watched(seconds: float, picture: Callable[[float], Grey], *, rate: int = 25) -> Watched:
    watch = PictureWatch()
    for number in range(int(seconds * rate)):
        second = number / rate
        if watch.wants(second):
            watch.see(second, picture(second))
    return watch.end(seconds)


def _moving(second: float) -> Grey:
    return _grey(60 + int(second * 5) % 120)


def test_a_few_pictures_of_each_second_are_looked_at() -> None:
    looked = 0

    def count(second: float) -> Grey:
        nonlocal looked
        looked += 1
        return _moving(second)

    _watched(10, count, rate=60)

    assert 45 <= looked <= 51


def test_black_stretches_are_found_with_their_times() -> None:
    seen = _watched(60, lambda second: _grey(2) if 10 <= second < 15 or second >= 57 else _moving(second))

    assert [(round(one.begin), round(one.end)) for one in seen.black] == [(10, 15), (57, 60)]
    assert not seen.all_black
    assert seen.still == ()


def test_a_fade_through_black_is_none() -> None:
    assert _watched(20, lambda second: _grey(0) if 5 <= second < 6.5 else _moving(second)).black == ()


def test_a_dark_picture_with_something_in_it_is_not_black() -> None:
    night = _grey(3)
    night[40:60, 60:100] = 120

    assert _watched(10, lambda _: night).black == ()


def test_a_still_picture_throughout_is_one_however_short_and_noise_of_coding_moves_nothing() -> None:
    chance = np.random.default_rng(1)
    photo = chance.integers(30, 220, (HEIGHT, WIDTH), np.uint8)

    seen = _watched(12, lambda _: (photo + chance.integers(0, 2, photo.shape, np.uint8)).astype(np.uint8))

    assert seen.all_still
    assert [finding.slug for finding in warnings_of(seen, _FINE, sound=True, damaged=())] == ["still-throughout"]


def test_slides_that_stand_for_a_while_are_no_fault_and_a_stuck_picture_is() -> None:
    slides = _watched(60, lambda second: _grey(60 + 20 * int(second / 12)))
    stuck = _watched(120, lambda second: _grey(99) if second >= 50 else _moving(second))

    assert slides.still == ()
    assert [(round(one.begin), round(one.end)) for one in stuck.still] == [(50, 120)]


def test_slow_change_is_not_taken_for_standing_still() -> None:
    seen = _watched(60, lambda second: _grey(60 + int(second)))

    assert seen.still == ()


@pytest.mark.parametrize(
    ("heard", "sound", "slugs"),
    [
        (None, False, ["no-sound"]),
        (Heard(-70.0, -70.0), True, ["sound-silent"]),
        (Heard(-38.0, -20.0), True, ["sound-too-quiet"]),
        (Heard(-14.0, 2.4), True, ["sound-clipping"]),
        (Heard(-5.0, 0.0), True, ["sound-clipping"]),
        (Heard(-23.0, -1.0), True, []),
        (None, True, []),
    ],
)
def test_sound_is_advised_about_by_its_loudness(heard: Heard | None, sound: bool, slugs: list[str]) -> None:  # noqa: FBT001 - a table's column
    seen = _watched(5, _moving)

    assert [finding.slug for finding in warnings_of(seen, heard, sound=sound, damaged=())] == slugs


def test_advice_tells_times_and_what_to_do_in_both_languages() -> None:
    seen = Watched(200, (Stretch(12.0, 19.4), Stretch(75, 80)), ())

    black, quiet, damaged = warnings_of(seen, Heard(-41.0, -30.0), sound=True, damaged=[61.2])

    assert "00:12–00:19、01:15–01:20" in black.zh
    assert "00:12–00:19, 01:15–01:20" in black.en
    assert "-41.0 LUFS" in quiet.zh
    assert "01:01" in damaged.en
    for finding in (black, quiet, damaged, not_inspected("processor"), not_inspected("died")):
        assert finding.zh.endswith("。")
        assert finding.en.endswith(".")
        assert "替换" in finding.zh
        assert "replace" in finding.en


def test_many_stretches_are_counted_rather_than_listed() -> None:
    stretches = tuple(Stretch(10.0 * n, 10.0 * n + 3) for n in range(40))

    (black,) = warnings_of(Watched(900, stretches, ()), _FINE, sound=True, damaged=())

    assert "等 40 处" in black.zh
    assert len(black.figures["stretches"]) == 20


def test_clock() -> None:
    assert [clock(second) for second in (0, 59.9, 60, 3725)] == ["00:00", "00:59", "01:00", "62:05"]


@pytest.mark.parametrize(
    ("container", "index_first", "pictures_play", "sound", "remedy"),
    [
        ("MP4", True, True, "aac", Remedy.NONE),
        ("MP4", True, True, None, Remedy.NONE),
        ("MP4", False, True, "aac", Remedy.REMUX),
        ("MOV", True, True, "aac", Remedy.REMUX),
        ("MP4", True, True, "ac3", Remedy.REMUX),
        ("MP4", True, False, "aac", Remedy.ENCODE),
        ("MOV", False, False, None, Remedy.ENCODE),
    ],
)
def test_remedy_is_the_least_that_makes_a_video_play(
    container: str,
    index_first: bool,  # noqa: FBT001 - a table's column
    pictures_play: bool,  # noqa: FBT001 - a table's column
    sound: str | None,
    remedy: Remedy,
) -> None:
    found = remedy_for(container=container, index_first=index_first, pictures_play=pictures_play, sound=sound)

    assert found is remedy


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ((1920, 1080), (1920, 1080)),
        ((1080, 1920), (1080, 1920)),
        ((3840, 2160), (1920, 1080)),
        ((2160, 3840), (1080, 1920)),
        ((4096, 2160), (1920, 1012)),
        ((1921, 1081), (1920, 1080)),
        ((640, 480), (640, 480)),
        ((2000, 2000), (1080, 1080)),
        ((8192, 16), (1920, 4)),
        ((1, 1), (2, 2)),
    ],
)
def test_copies_fit_1080_lines_and_are_even(given: tuple[int, int], made: tuple[int, int]) -> None:
    assert fitted(*given) == made
