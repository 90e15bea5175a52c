"""What a failure of media's means for the event that was being handled: wait, try again later, or give up."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import structlog

from infra.bus.errors import Permanent, Transient
from services.media.domain import (
    MediaError,
    NotWhatWasJudgedError,
    RenditionError,
    ScannerAwayError,
    StorageAwayError,
)
from services.media.pool import PoolError

T = TypeVar("T")

_log = structlog.get_logger()
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 5.0
PATIENCE_SECONDS = 20 * 60
"""Less than the broker's limit on unacknowledged messages."""


def patiently(work: Callable[[], T], *, patience_seconds: float = PATIENCE_SECONDS) -> T:
    """Do it, and wait in here while storage or the virus scanner is away.

    No attempt is used up, and no event dies of another's illness.

    Raises Transient for what may pass and Permanent for what will not.
    """
    patience = time.monotonic() + patience_seconds
    wait = _FIRST_WAIT
    while True:
        try:
            return work()
        except (StorageAwayError, ScannerAwayError) as error:
            if time.monotonic() > patience:
                raise Transient(str(error)) from error
            who = "storage" if isinstance(error, StorageAwayError) else "scanner"
            _log.warning(f"{who}.away", problem=str(error), wait=wait)
            time.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT)
        except (NotWhatWasJudgedError, RenditionError) as error:
            raise Permanent(str(error)) from error
        except (MediaError, PoolError) as error:
            raise Transient(str(error)) from error
