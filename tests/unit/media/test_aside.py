"""The child beside the pool: it stands back, is limited like the others, and whatever ends it ends nothing else."""

from __future__ import annotations

import time
from typing import Any

import psutil
import pytest

from services.media.pool import Aside, Limits, PoolError, WorkDiedError

WORK = "tests.media_corpus.hostile_work"
_LIMITS = Limits(processor_seconds=1, reads=4, read_bytes=4096, written_bytes=10_000, nice=10)


class _Bytes:
    """A file in memory to read, and one to write."""

    def __init__(self, content: bytes = b"abc") -> None:
        self._content = content
        self.size = len(content)
        self.written: list[tuple[int, int]] = []

    def read(self, offset: int, length: int) -> bytes:
        return self._content[offset : offset + length]

    def write(self, offset: int, piece: bytes) -> None:
        self.written.append((offset, len(piece)))


class _Full(_Bytes):
    def write(self, offset: int, piece: bytes) -> None:  # noqa: ARG002 - the signature of a writer
        raise ConnectionError("storage is away")


def _run(do: str, file: _Bytes | None = None, *, wall_seconds: float = 30, **arguments: Any) -> dict[str, Any]:
    file = file or _Bytes()
    return Aside(WORK, _LIMITS, wall_seconds).run(do, arguments, file, file).data


def test_pieces_come_in_their_order_from_a_child_that_stands_back() -> None:
    file = _Bytes()

    told = _run("write", file, pieces=[(0, 5000), (5000, 4000), (100, 8)])

    assert file.written == [(0, 5000), (5000, 4000), (100, 8)]
    assert told["nice"] >= 10
    assert not psutil.pid_exists(told["pid"])


def test_child_hands_over_no_more_than_is_allowed() -> None:
    with pytest.raises(WorkDiedError) as caught:
        _run("write", pieces=[(0, 6000), (6000, 6000)])

    assert caught.value.cause == "broken"


def test_child_reads_no_more_than_is_allowed() -> None:
    with pytest.raises(WorkDiedError):
        _run("read much", _Bytes(bytes(2000)))


def test_what_writing_raised_is_raised() -> None:
    with pytest.raises(ConnectionError, match="storage is away"):
        _run("write", _Full(), pieces=[(0, 1)])


@pytest.mark.parametrize(
    ("do", "cause"),
    [("crash", "died"), ("spin", "processor"), ("fail", "broken"), ("devour", "memory"), ("stall", "hung")],
)
def test_work_that_ends_its_child_is_named_and_the_next_goes_on(do: str, cause: str) -> None:
    with pytest.raises(WorkDiedError) as caught:
        _run(do, wall_seconds=0.5 if do == "stall" else 30)

    assert caught.value.cause == cause
    assert _run("write", pieces=[])["pid"] > 0


def test_child_has_neither_network_nor_files() -> None:
    told = _run("trespass", parent=psutil.Process().pid, memory=9)

    assert told == {"possible": [], "secrets": []}


def test_child_that_never_got_a_processor_blames_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    from services.media.pool import process

    monkeypatch.setattr(process.ChildProcess, "waited", 20.0)

    with pytest.raises(PoolError, match="busy"):
        _run("stall", wall_seconds=0.5)


def test_closing_ends_the_child_at_work_and_blames_nobody() -> None:
    import threading

    aside = Aside(WORK, _LIMITS, 30)
    file = _Bytes()
    closing = threading.Timer(1.0, aside.close)
    closing.start()
    began = time.monotonic()

    with pytest.raises(PoolError):
        aside.run("nap", {"seconds": 25}, file, file)

    closing.join()
    assert time.monotonic() - began < 20
    assert not aside.busy
    with pytest.raises(PoolError, match="stopping"):
        aside.run("write", {"pieces": []}, file, file)
