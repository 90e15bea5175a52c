"""What a program is told when it is started, and the little work by which kills find it in the middle of things."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

RETRY_DELAYS = (0.2, 0.4, 0.6, 0.8)


@dataclass(frozen=True, slots=True)
class Settings:
    """Travels as JSON from the harness to a program."""

    name: str
    """The post that the process fills, e.g. `consumer-2`."""
    amqp_url: str
    dsn: str
    calls: str = ""
    """The file in which consumers record each call of a handler."""
    share: int = 0
    """How many submissions this producer is to bring about, over all its lives."""
    pause: float = 0.0
    """Seconds between two submissions."""
    poison: tuple[int, ...] = ()
    """Numbers of the submissions that the handler cannot digest."""
    withdrawals: bool = False
    """Whether every second submission is a withdrawal: another event, another queue."""
    work: float = 0.0
    """The longest pause, in seconds, at each place where real code has something to do."""
    digests_from: int = 0
    """The attempt from which on the handler can digest them after all; 0: never."""
    mends: bool = True
    """Whether a relay declares again what is missing."""


def work(settings: Settings) -> None:
    """Something to do: 0 to `work` seconds. The places are the same in healthy programs and in mutants."""
    time.sleep(random.uniform(0, settings.work))
