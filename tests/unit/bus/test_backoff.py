"""Waiting before a connection is made again."""

from __future__ import annotations

from infra.bus.broker import Backoff


def test_waits_grow_to_the_longest_with_jitter_and_begin_again() -> None:
    backoff = Backoff(first=1, most=5)
    for longest in (1, 2, 4, 5, 5):
        assert longest / 2 <= backoff() <= longest
    backoff.reset()
    assert backoff() <= 1


def test_waits_of_two_processes_differ() -> None:
    assert len({Backoff()() for _ in range(20)}) > 10
