"""The pool: whatever work does to its child, the pool goes on and knows what happened."""

from __future__ import annotations

import hashlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from services.media.pool import LAST, LATER, RENDITION, VERDICT, Limits, Pool, PoolError, WorkDiedError
from services.media.pool import pool as pool_module
from services.media.pool import process as process_module
from services.media.pool import slot as slot_module
from tests.media_corpus.reader import InMemory

WORK = "tests.media_corpus.hostile_work"


class _Broken(InMemory):
    def read(self, offset: int, length: int) -> bytes:  # noqa: ARG002 - the signature of a reader
        raise ConnectionError("storage is away")


@pytest.fixture(scope="module")
def steps() -> dict[str, float]:
    """What each step of the pool took last."""
    return {}


@pytest.fixture(scope="module")
def pool(steps: dict[str, float]) -> Iterator[Pool]:
    pool = Pool(1, work=WORK, timed=steps.__setitem__)
    yield pool
    pool.close()


def _run(pool: Pool, do: str, content: bytes = b"abc", **arguments: Any) -> dict[str, Any]:
    with pool.slot() as slot:
        slot.put(content)
        return slot.run(do, arguments).data


def test_pool_hands_a_whole_file_over_with_its_digest(pool: Pool) -> None:
    content = os.urandom(3_000_000)
    with pool.slot() as slot:
        for start in range(0, len(content), 700_000):
            slot.put(content[start : start + 700_000])
        answer = slot.run("echo", {"x": 1})
        digest = slot.sha256

    assert answer.content == content
    assert digest == hashlib.sha256(content).hexdigest()
    assert answer.data["x"] == 1


def test_pool_forgets_a_file_before_the_next_one_comes(pool: Pool) -> None:
    _run(pool, "echo", b"x" * 1000)
    with pool.slot() as slot:
        slot.put(b"y")
        assert slot.run("echo", {}).content == b"y"


def test_pool_reads_ranges_for_its_child(pool: Pool) -> None:
    with pool.slot() as slot:
        assert slot.run("echo", {}, InMemory(b"ranged")).content == b"ranged"


def test_pool_raises_what_reading_raised_and_keeps_the_child(pool: Pool) -> None:
    before = _run(pool, "echo")["pid"]
    with pool.slot() as slot, pytest.raises(ConnectionError, match="storage is away"):
        slot.run("echo", {}, _Broken(b"ranged"))

    assert _run(pool, "echo")["pid"] == before


@pytest.mark.parametrize(
    ("do", "cause"), [("crash", "died"), ("abort", "died"), ("devour", "memory"), ("fail", "broken")]
)
def test_pool_tries_twice_then_blames_the_work_and_goes_on(pool: Pool, do: str, cause: str) -> None:
    with pytest.raises(WorkDiedError) as caught:
        _run(pool, do)

    assert caught.value.cause == cause
    assert _run(pool, "echo")["pid"] > 0


def test_pool_ends_work_that_uses_too_much_processor_time_without_a_second_try(pool: Pool) -> None:
    before = _run(pool, "echo")["pid"]

    with pytest.raises(WorkDiedError) as caught:
        _run(pool, "spin", processor_seconds=0.4)

    assert caught.value.cause == "processor"
    assert _run(pool, "echo")["pid"] != before


def test_what_a_piece_of_work_may_use_holds_for_it_alone_and_never_exceeds_the_limit(pool: Pool) -> None:
    first = _run(pool, "echo", processor_seconds=0.2)["pid"]

    assert _run(pool, "toil", seconds=0.4)["pid"] == first
    assert _run(pool, "toil", seconds=0.1, processor_seconds=1000)["limit"] < 1.1 * Limits().processor_seconds


def test_pool_tells_what_work_and_digest_took(pool: Pool, steps: dict[str, float]) -> None:
    steps.clear()
    _run(pool, "nap", seconds=0.2)

    assert steps.keys() == {"nap", "hash"}
    assert 0.2 <= steps["nap"] < 5


def test_pool_kills_work_that_stalls(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_module, "WALL_SECONDS", 0.5)

    with pytest.raises(WorkDiedError) as caught:
        _run(pool, "stall")

    assert caught.value.cause == "hung"


def test_child_that_waits_for_a_processor_has_not_stalled(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_module, "WALL_SECONDS", 0.2)
    monkeypatch.setattr(process_module.ChildProcess, "waited", 30.0)

    assert _run(pool, "nap", seconds=1)["pid"] > 0


def test_pool_survives_a_child_killed_at_work_and_one_killed_idle(pool: Pool) -> None:
    first = _run(pool, "echo")["pid"]
    killer = threading.Timer(0.3, os.kill, (first, signal.SIGKILL))
    killer.start()
    second = _run(pool, "nap", seconds=1)["pid"]
    killer.join()
    os.kill(second, signal.SIGKILL)

    assert len({first, second, _run(pool, "echo")["pid"]}) == 3


def test_pool_refuses_a_child_that_reads_without_end(pool: Pool) -> None:
    with pool.slot() as slot, pytest.raises(WorkDiedError):
        slot.run("read much", {}, InMemory(b"x" * 1000))


def test_child_can_reach_nothing(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAUREL_S3_SECRET_KEY", "s")
    with pool.slot() as slot:
        slot.put(b"x")
        told = slot.run("trespass", {"parent": os.getpid(), "memory": slot._read_only}).data

    assert told == {"possible": [], "secrets": []}


def test_pool_serves_verdicts_before_renditions() -> None:
    pool = Pool(1, work=WORK)
    order: list[str] = []
    threads = []

    def wait_for(name: str, deference: float) -> None:
        with pool.slot(deference):
            order.append(name)

    with pool.slot():
        for name, deference in (("rendition", RENDITION), ("first", VERDICT), ("second", VERDICT)):
            threads.append(threading.Thread(target=wait_for, args=(name, deference)))
            threads[-1].start()
            while len(pool._waiting) < len(threads):
                pass
    for thread in threads:
        thread.join()
    pool.close()

    assert order == ["first", "second", "rendition"]


def test_many_files_of_one_wait_for_the_few_of_others_and_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    pool = Pool(1, work=WORK)
    order: list[str] = []
    threads = []

    def wait_for(name: str, deference: float) -> None:
        with pool.slot(deference):
            order.append(name)

    coming = [("last", LAST, 0), ("later", LATER, 2), ("few", VERDICT, 6), ("few, too", VERDICT, 8)]
    with pool.slot():
        for name, deference, second in (*coming, ("new", VERDICT, 16)):
            now[0] = 1000.0 + second
            threads.append(threading.Thread(target=wait_for, args=(name, deference)))
            threads[-1].start()
            while len(pool._waiting) < len(threads):
                pass
    for thread in threads:
        thread.join()
    pool.close()

    assert order == ["few", "later", "few, too", "last", "new"]


def test_rendition_waits_while_somebody_waits_for_a_verdict() -> None:
    pool = Pool(1, work=WORK)
    order: list[str] = []

    def render() -> None:
        with pool.slot(RENDITION):
            order.append("rendition")

    with pool.urgent():
        thread = threading.Thread(target=render)
        thread.start()
        while not pool._waiting:
            pass
        with pool.slot():
            order.append("verdict")
    thread.join()
    pool.close()

    assert order == ["verdict", "rendition"]


def test_rendition_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "_MOST_DEFERENCE_SECONDS", 0.05)
    pool = Pool(1, work=WORK)
    with pool.urgent(), pool.slot(RENDITION) as slot:
        assert slot.pid
    pool.close()


def test_pool_whose_children_cannot_start_blames_no_file() -> None:
    pool = Pool(1, work="no.such.module")
    with pool.slot() as slot, pytest.raises(PoolError, match=r"No module named"):
        slot.run("echo", {})
    pool.close()


def test_closed_pool_has_no_slots_and_no_children() -> None:
    pool = Pool(2, work=WORK)
    pids = pool.pids
    pool.close()

    with pytest.raises(PoolError, match="closed"), pool.slot():
        pass
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_child_is_replaced_after_enough_pieces(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slot_module, "MOST_PIECES", 1)
    first = _run(pool, "echo")["pid"]

    assert _run(pool, "echo")["pid"] != first
