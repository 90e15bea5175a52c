"""What a failure means for the event: wait for storage, try again later, or give up."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from infra.bus.errors import DuplicateError, Permanent, Transient
from services.media.domain import (
    ChangedMeanwhileError,
    NotWhatWasJudgedError,
    RenditionError,
    RulesUnknownError,
    StorageAwayError,
    StorageError,
)
from services.media.patience import patiently
from services.media.pool import PoolError


def _raising(error: Exception) -> Callable[[], None]:
    def work() -> None:
        raise error

    return work


@pytest.mark.parametrize("error", [RulesUnknownError, StorageError, ChangedMeanwhileError, PoolError])
def test_what_may_pass_is_tried_again(error: type[Exception]) -> None:
    with pytest.raises(Transient):
        patiently(_raising(error("x")))


@pytest.mark.parametrize("error", [NotWhatWasJudgedError, RenditionError])
def test_what_will_not_pass_goes_to_the_operators(error: type[Exception]) -> None:
    with pytest.raises(Permanent):
        patiently(_raising(error("x")))


def test_what_the_bus_says_itself_is_passed_on() -> None:
    with pytest.raises(DuplicateError):
        patiently(_raising(DuplicateError("x")))


def test_storage_that_is_away_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    answers = iter([StorageAwayError("x")] * 6)

    def work() -> str:
        error = next(answers, None)
        if error is not None:
            raise error
        return "done"

    assert patiently(work) == "done"
    assert waits == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]


def test_storage_that_stays_away_is_tried_again_later() -> None:
    with pytest.raises(Transient):
        patiently(_raising(StorageAwayError("x")), patience_seconds=-1)
