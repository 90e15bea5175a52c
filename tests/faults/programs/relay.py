"""A relay as a process of its own."""

from __future__ import annotations

import math
from typing import Any

from infra.bus import relay
from infra.bus.relay import Relay, Session
from infra.observe import logs
from tests.faults.programs.settings import RETRY_DELAYS, Settings


class LeavesThingsBroken(Session):
    """Does not declare again what was deleted, so that a deletion lasts."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._mend_at = math.inf


def main(settings: Settings) -> None:
    logs.configure("intake", "relay", level="INFO")
    if not settings.mends:
        relay.Session = LeavesThingsBroken  # type: ignore[misc]  # this process alone
    Relay("intake", settings.dsn, settings.amqp_url, retry_delays=RETRY_DELAYS).run()
