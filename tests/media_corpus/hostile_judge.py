"""A judge for the pool's children that obeys the file: what it says is done to the process."""

from __future__ import annotations

import time
from typing import Any

from services.media.pool.child import ParentSource, Work
from services.media.pool.wire import Answer
from tests.media_corpus import hostile_work


def _judge(arguments: dict[str, Any], source: ParentSource) -> Answer:
    whole = source.whole()
    word = bytes(whole.data).decode() if whole else source.read(0, source.size).decode()
    if word == "hang":
        time.sleep(60)
    if word in hostile_work.WORK:
        return hostile_work.WORK[word](arguments, source)
    return Answer({"facts": {"format": "JPEG", "bytes": source.size}, "findings": []})


WORK: dict[str, Work] = {"judge": _judge}


def warm_up() -> None:
    pass
