"""nameko and eventlet, brought in at one place.

eventlet warns of its own retirement when it is imported; docs/adr/0002 has weighed that. The warning is silenced here
and nothing else is, so whoever needs either of them takes it from here.
"""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
    import eventlet
    import eventlet.event
    import eventlet.patcher
    import eventlet.semaphore
    from greenlet import GreenletExit

from nameko import config
from nameko.containers import ServiceContainer
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import ENTRYPOINT_EXTENSIONS_ATTR, DependencyProvider, Entrypoint, SharedExtension
from nameko.timer import Timer

__all__ = [
    "ENTRYPOINT_EXTENSIONS_ATTR",
    "ContainerBeingKilled",
    "DependencyProvider",
    "Entrypoint",
    "GreenletExit",
    "ServiceContainer",
    "SharedExtension",
    "Timer",
    "config",
    "eventlet",
]
