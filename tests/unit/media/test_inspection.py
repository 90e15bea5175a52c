"""Watching real videos through in the child beside the pool, and what the copies for browsers are like."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import av
import pytest

from services.media.inspecting import LIMITS, WORK
from services.media.inspection.files import BLOCK_BYTES, PIECE_BYTES, FileToRead, FileToWrite
from services.media.inspection.say import clock
from services.media.pool import Aside
from tests.media_corpus import videos

_HEVC = ("-preset", "ultrafast", "-x265-params", "log-level=0", "-tag:v", "hvc1")
_BLACK = "drawbox=c=black:t=fill:enable='between(t,2,5)'"


class _File:
    """A video in memory, and its copy."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.size = len(content)
        self.copy = bytearray()
        self.largest_piece = 0

    def read(self, offset: int, length: int) -> bytes:
        return self._content[offset : offset + length]

    def write(self, offset: int, piece: bytes) -> None:
        assert offset <= len(self.copy), "nothing is left out"
        self.largest_piece = max(self.largest_piece, len(piece))
        self.copy[offset : offset + len(piece)] = piece


@dataclass(frozen=True)
class _Watched:
    told: dict[str, Any]
    copy: bytes

    @property
    def slugs(self) -> list[str]:
        return [warning["slug"] for warning in self.told["warnings"]]


def _watch(content: bytes) -> _Watched:
    file = _File(content)
    answer = Aside(WORK, LIMITS, 300).run("inspect", {}, file, file)
    assert file.largest_piece <= PIECE_BYTES
    return _Watched(answer.data, bytes(file.copy))


@dataclass(frozen=True)
class _Played:
    """What a player finds in a copy."""

    pictures: str
    pix_fmt: str
    size: tuple[int, int]
    times: list[float]
    sound: str | None
    sound_seconds: float
    first: Any


def _play(content: bytes) -> _Played:
    with av.open(io.BytesIO(content), "r", format="mp4") as container:
        pictures = container.streams.video[0]
        sounds = container.streams.audio
        frames = list(container.decode(pictures))
    samples = 0.0
    if sounds:
        with av.open(io.BytesIO(content), "r", format="mp4") as container:
            samples = sum(frame.samples / frame.sample_rate for frame in container.decode(container.streams.audio[0]))
    return _Played(
        pictures.codec_context.name,
        str(pictures.codec_context.pix_fmt),
        (frames[0].width, frames[0].height),
        [float(frame.time) for frame in frames],
        sounds[0].codec_context.name if sounds else None,
        float(samples),
        frames[0].to_ndarray(format="rgb24"),
    )


def test_video_that_plays_already_gets_no_copy() -> None:
    watched = _watch(videos.index_first(videos.made()))

    assert watched.told == {"remedy": "none", "size": None, "warnings": []}
    assert watched.copy == b""


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_index_at_the_end_or_another_container_is_mended_without_coding_anew(suffix: str) -> None:
    given = videos.made(suffix=suffix)
    watched = _watch(given)

    assert watched.told["remedy"] == "remux"
    boxes = videos.top_boxes(watched.copy)
    assert boxes[b"moov"][0] < boxes[b"mdat"][0]
    before, after = _play(given), _play(watched.copy)
    assert (after.pictures, after.sound) == ("h264", "aac")
    assert after.times == pytest.approx(before.times)
    assert (after.first == before.first).all()


def test_sound_that_some_browsers_lack_is_coded_anew_and_the_pictures_are_not() -> None:
    given = videos.made(sound="ac3")
    watched = _watch(given)
    after = _play(watched.copy)

    assert watched.told["remedy"] == "remux"
    assert (after.pictures, after.sound) == ("h264", "aac")
    assert after.sound_seconds == pytest.approx(4.0, abs=0.1)
    assert (after.first == _play(given).first).all()


@pytest.mark.parametrize(
    ("make", "size"),
    [
        (lambda: videos.made(seconds=2, codec="libx265", extra=_HEVC, suffix=".mov"), (1280, 720)),
        (lambda: videos.made(seconds=1, codec="libx265", extra=(*_HEVC, "-pix_fmt", "yuv420p10le")), (1280, 720)),
        (lambda: videos.made(seconds=1, extra=("-pix_fmt", "yuv444p")), (1280, 720)),
        (lambda: videos.made(seconds=1, extra=("-pix_fmt", "yuv422p")), (1280, 720)),
        (lambda: videos.made(seconds=1, codec="mpeg4"), (1280, 720)),
        (lambda: videos.made(seconds=1, codec="prores_ks", sound="pcm_s16le", suffix=".mov"), (1280, 720)),
        (lambda: videos.made(2560, 1440, 0.5, codec="mpeg4"), (1920, 1080)),
        (lambda: videos.made(720, 576, 1, codec="mpeg4", extra=("-vf", "setsar=64/45")), (1024, 576)),
    ],
    ids=["hevc in mov", "ten bits", "4:4:4", "4:2:2", "mpeg-4 part 2", "prores and pcm", "1440 lines", "stretched"],
)
def test_what_browsers_cannot_play_is_coded_anew(make: Any, size: tuple[int, int]) -> None:
    given = make()
    watched = _watch(given)
    before, after = _play(given), _play(watched.copy)

    assert watched.told["remedy"] == "encode"
    assert tuple(watched.told["size"]) == size
    assert (after.pictures, after.pix_fmt, after.size, after.sound) == ("h264", "yuv420p", size, "aac")
    assert after.times == pytest.approx(before.times, abs=0.01)
    boxes = videos.top_boxes(watched.copy)
    assert boxes[b"moov"][0] < boxes[b"mdat"][0]


@pytest.mark.parametrize(
    ("degrees", "corner"), [(90, "bottom left"), (180, "bottom right"), (270, "top right"), (0, "top left")]
)
def test_copies_stand_upright_by_themselves(degrees: int, corner: str) -> None:
    """A white square in the upper left corner of what is stored; ffmpeg turns anticlockwise."""
    drawn = ("-vf", "drawbox=c=black:t=fill,drawbox=w=200:h=200:c=white:t=fill")
    stored = videos.made(seconds=1, codec="libx265", sound="", extra=(*_HEVC, *drawn))
    after = _play(_watch(videos.rotated(stored, degrees) if degrees else stored).copy)

    height, width, _ = after.first.shape
    assert (width, height) == ((720, 1280) if degrees in {90, 270} else (1280, 720))
    rows, columns = (
        {"top": slice(20, 150), "bottom": slice(-150, -20)},
        {"left": slice(20, 150), "right": slice(-150, -20)},
    )
    bright = {
        f"{row} {column}": float(after.first[rows[row], columns[column]].mean()) for row in rows for column in columns
    }
    assert [place for place, value in bright.items() if value > 200] == [corner]


def test_pictures_at_odd_times_keep_them() -> None:
    odd = ("-vf", "select='not(mod(n,3))+lt(n,9)'", "-fps_mode", "vfr")
    given = videos.made(seconds=3, codec="libx265", sound="", extra=(*_HEVC, *odd))

    assert _play(_watch(given).copy).times == pytest.approx(_play(given).times, abs=0.01)


def test_slow_motion_is_thinned_to_sixty_pictures_a_second() -> None:
    times = _play(_watch(videos.made(640, 360, 1, fps=120, codec="mpeg4", sound="")).copy).times

    assert 58 <= len(times) <= 62
    assert times[-1] == pytest.approx(1.0, abs=0.03)


def test_copies_tell_nothing_of_who_made_them_where() -> None:
    told = (
        "-metadata",
        "location=+34.2681+108.9402/",
        "-metadata",
        "title=SECRETTITLE",
        "-metadata",
        "comment=SECRETNOTE",
    )
    for given in (videos.made(), videos.made(seconds=1, codec="mpeg4")):
        marked = videos.remuxed(given, *told)
        assert b"SECRETTITLE" in marked

        copy = _watch(marked).copy

        for secret in (b"SECRETTITLE", b"SECRETNOTE", b"34.2681", b"Lavf"):
            assert secret not in copy, secret


@pytest.mark.parametrize(
    ("volume", "slugs"),
    [
        ("volume=0", ["sound-silent"]),
        ("volume=-40dB", ["sound-too-quiet"]),
        ("volume=30dB", ["sound-clipping"]),
        ("anull", []),
    ],
)
def test_loudness_is_measured(volume: str, slugs: list[str]) -> None:
    watched = _watch(videos.made(320, 180, seconds=4, extra=("-af", volume)))

    assert watched.slugs == slugs


def test_a_tone_is_as_loud_as_the_standard_says() -> None:
    """440 Hz at −40 dB of full scale in one channel: 3 dB less on average, and a little less by ITU-R BS.1770."""
    (warning,) = _watch(videos.made(320, 180, seconds=5, extra=("-af", "volume=-22dB"))).told["warnings"]

    assert warning["figures"]["loudness"] == pytest.approx(-40.06 - 3.01 - 0.6, abs=0.5)
    assert warning["figures"]["peak"] == pytest.approx(-40.06, abs=0.7)


def test_black_stretches_and_still_pictures_are_told_with_their_times() -> None:
    black = _watch(videos.made(640, 360, seconds=8, fps=25, extra=("-vf", _BLACK)))
    still = _watch(videos.made(640, 360, seconds=6, fps=25, extra=("-vf", "loop=loop=-1:size=1,trim=duration=6")))

    assert black.slugs == ["black-stretch"]
    ((begin, end),) = black.told["warnings"][0]["figures"]["stretches"]
    assert (begin, end) == (pytest.approx(2.0, abs=0.3), pytest.approx(5.0, abs=0.3))
    assert f"{clock(begin)}–{clock(end)}" in black.told["warnings"][0]["zh"]
    assert still.slugs == ["still-throughout"]


def test_damage_inside_is_told_with_its_time_and_the_rest_is_played() -> None:
    content = videos.made(640, 360, seconds=10, codec="mpeg4", sound="", extra=("-g", "10"))
    watched = _watch(videos.zeroed(content, 0.5, 0.55))

    assert watched.slugs == ["damaged-part", "no-sound"] or set(watched.slugs) == {"damaged-part", "no-sound"}
    assert _play(watched.copy).times[-1] == pytest.approx(9.9, abs=0.2)


class _Long:
    """A file of a gigabyte."""

    size = 1024 * BLOCK_BYTES

    def __init__(self) -> None:
        self.largest = 0

    def read(self, offset: int, length: int) -> bytes:
        self.largest = max(self.largest, length)
        return bytes(min(length, self.size - offset))

    def write(self, offset: int, piece: bytes) -> None:
        self.largest = max(self.largest, len(piece))
        self.size = offset + len(piece)


def test_child_holds_a_few_blocks_of_the_file_and_one_piece_of_the_copy() -> None:
    import tracemalloc

    source = _Long()
    tracemalloc.start()
    reading, writing = FileToRead(source), FileToWrite(source)
    for number in range(0, 1024, 4):
        reading.seek(number * BLOCK_BYTES)
        reading.read(BLOCK_BYTES)
        writing.write(bytes(BLOCK_BYTES))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert source.largest <= BLOCK_BYTES
    assert peak < 24 * BLOCK_BYTES


def test_what_is_left_out_for_the_index_is_written_as_nothing_first() -> None:
    file = _File(b"")
    writing = FileToWrite(file)
    writing.write(b"head")
    writing.seek(10)
    writing.write(b"tail")
    writing.seek(4)
    writing.write(b"index!")
    writing.flush()

    assert bytes(file.copy) == b"headindex!tail"
