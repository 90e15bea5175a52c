"""A pool of warm child processes for work that a hostile file may crash, stall or take over.

The parent keeps the network, the database and the secrets; a child has a socket to the parent, one read-only memory
file, and limits on everything else (sandbox.py). A child that dies is replaced, and what it was working on is told
apart from what merely happened to it. Standard library only: under eventlet's patched interpreter every wait here is
cooperative.
"""

from services.media.pool.aside import Aside
from services.media.pool.limits import PROCESSOR_SECONDS, Limits
from services.media.pool.pool import LAST, LATER, RENDITION, VERDICT, Pool
from services.media.pool.process import PoolError
from services.media.pool.slot import Slot, WorkDiedError
from services.media.pool.wire import Answer, Reader, Writer

__all__ = [
    "LAST",
    "LATER",
    "PROCESSOR_SECONDS",
    "RENDITION",
    "VERDICT",
    "Answer",
    "Aside",
    "Limits",
    "Pool",
    "PoolError",
    "Reader",
    "Slot",
    "WorkDiedError",
    "Writer",
]
