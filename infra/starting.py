"""The start of a process: what it loads is no garbage, and what it is made of never will be.

A process of ours makes some hundred thousand objects while it loads its libraries. Looking through them for garbage
again and again took a fifth of its start.
"""

from __future__ import annotations

import gc


def begin() -> None:
    """Look for no garbage; the first thing that a process does."""
    gc.disable()


def done() -> None:
    """Look for garbage from now on, but never again among what is there by now: it stays until the end."""
    gc.freeze()
    gc.enable()
