"""eventlet, brought in at one place: it warns of its own retirement on import, which docs/adr/0002 has weighed."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
    import eventlet
    import eventlet.patcher
    import eventlet.semaphore

__all__ = ["eventlet"]
