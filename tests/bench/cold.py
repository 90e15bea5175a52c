"""The first page of a stack that starts: when somebody who waits for it sees it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from infra.stack.config import StackConfig, StackError

_LOOK_AGAIN_SECONDS = 0.05


@contextmanager
def first_page(var: Path) -> Iterator[Callable[[], float]]:
    """Look for the first page of the stack in a folder; what it yields tells after how many seconds it was there."""
    began, seen, given_up = time.monotonic(), list[float](), threading.Event()

    def look() -> None:
        while not (seen or given_up.wait(_LOOK_AGAIN_SECONDS)):
            if _is_there(var):
                seen.append(time.monotonic() - began)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield lambda: seen[0]
    finally:
        given_up.set()
        looking.join()


def _is_there(var: Path) -> bool:
    """Whether the stack's origin shows its front page, by the address that is chosen when it starts."""
    try:
        with urlopen(StackConfig.load(var).url, timeout=10) as page:  # noqa: S310 - a stack of ours
            return page.status == 200 and b"<html" in page.read()
    except (URLError, OSError, StackError, KeyError):
        return False
