"""Handlers end as nameko expects: by returning, or by an Exception.

nameko hands on what a method raised only if it is an Exception. Anything else (eventlet.Timeout is one, sys.exit()
raises another) ends the green thread without a word: the message stays unsettled, the worker's place is never given
back, a timer never runs again. Ten such messages would leave a worker deaf.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

from infra.bus.green import ENTRYPOINT_EXTENSIONS_ATTR, GreenletExit
from infra.bus.outcome import explain


class HandlerBrokeOffError(Exception):
    """A handler ended by something that is no Exception."""


def guarded(service_class: type) -> dict[str, Callable[..., Any]]:
    """Every entrypoint's method of a service class by its name, so wrapped that it raises Exceptions alone."""
    return {
        name: _guard(method)
        for name, method in inspect.getmembers(service_class, inspect.isfunction)
        if getattr(method, ENTRYPOINT_EXTENSIONS_ATTR, None)
    }


def _guard(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)  # carries the entrypoints over, too
    def run(*given: Any, **named: Any) -> Any:
        try:
            return method(*given, **named)
        except (Exception, GreenletExit):  # the second is how a worker's threads are ended with it
            raise
        except BaseException as error:
            raise HandlerBrokeOffError(explain(error)) from error

    return run
