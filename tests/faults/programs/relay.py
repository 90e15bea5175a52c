"""A relay as a process of its own."""

from __future__ import annotations

from infra.bus import relay
from infra.bus.relay import Relay
from infra.observe import logs
from tests.faults.programs.settings import RETRY_DELAYS, Settings


def main(settings: Settings) -> None:
    logs.configure("intake", "relay", level="INFO")
    if settings.mend_seconds is not None:
        relay.MEND_SECONDS = settings.mend_seconds
    Relay("intake", settings.dsn, settings.amqp_url, retry_delays=RETRY_DELAYS).run()
