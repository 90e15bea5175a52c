"""What a verdict costs: bytes and requests for a video, strictness at half the price for a photo."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
import simplejpeg

from services.media.judge import judge
from services.media.source import FileSource
from tests.media_corpus import photos, video_rule, videos

HUNDRED_MEGABYTES = 100_000_000


class _Counted(FileSource):
    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.requests = 0
        self.bytes = 0

    def read(self, offset: int, length: int) -> bytes:
        self.requests += 1
        content = super().read(offset, length)
        self.bytes += len(content)
        return content


def _three_minutes() -> bytes:
    return videos.made(seconds=180, fps=25, extra=("-b:v", "4200k", "-maxrate", "4200k", "-bufsize", "4200k"))


def _telephone() -> bytes:
    hevc = ("-preset", "ultrafast", "-x265-params", "log-level=0:keyint=30", "-tag:v", "hvc1")
    return videos.made(1920, 1080, 6, fps=30, codec="libx265", extra=hevc, suffix=".mov")


def _padded(whole: bytes) -> bytes:
    """Free space behind the last box makes it 100 MB; the index and the pictures are what they are."""
    missing = HUNDRED_MEGABYTES - len(whole)
    return whole + missing.to_bytes(4) + b"free" + bytes(missing - 8)


@pytest.mark.parametrize(
    "make",
    [
        _three_minutes,
        lambda: videos.index_first(_three_minutes()),
        lambda: videos.grown(videos.made(1920, 1080, 8, fps=25), HUNDRED_MEGABYTES),
        lambda: _padded(videos.index_first(videos.made(1920, 1080, 8, fps=25))),
        lambda: videos.grown(_telephone(), HUNDRED_MEGABYTES),
        lambda: _padded(videos.remuxed(_telephone(), "-movflags", "+faststart", suffix=".mov")),
    ],
    ids=[
        "720p, index last",
        "720p, index first",
        "1080p, index last",
        "1080p, index first",
        "a telephone's hevc, index last",
        "a telephone's hevc, index first",
    ],
)
def test_verdict_on_a_video_of_100_mb_reads_a_quarter_of_a_percent_at_most(
    make: Callable[[], bytes], tmp_path: Path
) -> None:
    path = tmp_path / "video.mp4"
    path.write_bytes(make())
    source = _Counted(path)

    judgement = judge(source, video_rule(formats=("MP4", "MOV")))

    assert judgement.accepted, judgement.findings
    assert 0.9 * HUNDRED_MEGABYTES < source.size < 1.1 * HUNDRED_MEGABYTES
    assert source.bytes <= 0.0025 * source.size
    assert source.requests <= 5  # and the copy that is judged: six


@pytest.mark.parametrize("make", [_telephone, _three_minutes], ids=["a telephone's hevc", "100 MB"])
def test_beginning_middle_and_end_are_looked_at(make: Callable[[], bytes], tmp_path: Path) -> None:
    sound = make()
    for begin, end in ((0.0, 0.35), (0.3, 0.7), (0.6, 1.0)):
        path = tmp_path / "video.mov"
        path.write_bytes(videos.zeroed(sound, begin, end))

        judgement = judge(FileSource(path), video_rule(formats=("MP4", "MOV")))

        assert [finding.slug for finding in judgement.findings] == ["unreadable"], (begin, end)


def _strict(content: bytes, **options: object) -> bool:
    try:
        simplejpeg.decode_jpeg(content, **options)
    except ValueError:
        return False
    return True


def _damaged(content: bytes, chance: random.Random) -> bytes:
    data = bytearray(content)
    begin = photos.scan_start(content)
    at = chance.randrange(begin, len(data) - 50)
    match chance.randrange(4):
        case 0:
            for _ in range(chance.choice((1, 3, 20))):
                data[chance.randrange(begin, len(data))] = chance.randrange(256)
        case 1:
            data[at : at + 40] = bytes(40)
        case 2:
            del data[at:]
        case _:
            del data[at : at + chance.randrange(1, 50)]
    return bytes(data)


def test_decoding_an_eighth_refuses_exactly_what_decoding_all_of_it_refuses() -> None:
    chance = random.Random(17)
    sound = [
        photos.jpeg(320, 240),
        photos.jpeg(320, 240, progressive=True),
        photos.jpeg(320, 240, restart_marker_blocks=9),
    ]
    refused = 0
    for _ in range(400):
        content = _damaged(chance.choice(sound), chance)
        whole = _strict(content)
        eighth = _strict(content, colorspace="GRAY", min_factor=8, min_height=1, min_width=1)
        assert whole == eighth
        refused += not whole

    assert 200 < refused < 400
