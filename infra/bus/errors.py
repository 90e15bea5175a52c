"""What a consumer's handler may raise, and what becomes of the message."""

from __future__ import annotations


class BusError(Exception):
    """Something about the bus itself is wrong."""


class Transient(BusError):
    """Try again later: the message goes to the next retry tier, at most five attempts in all."""


class Permanent(BusError):
    """Trying again cannot help: the message goes to the dead-letter queue at once."""


class DuplicateError(BusError):
    """This consumer has already taken the effect of this event; the message is acknowledged and nothing happens."""


class StaleError(BusError):
    """A newer revision has already been handled; the message is acknowledged and nothing happens."""


class EventTooLargeError(BusError):
    """An event may hold 64 KiB at most; send media and long lists by reference."""
