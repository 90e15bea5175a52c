"""What the bus counts for /metrics."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

PUBLISHED = Counter("laurel_relay_published_total", "Events published and confirmed.", ["service"])
HELD = Counter("laurel_relay_held_total", "Publishes that failed; the event was held back.", ["service"])
SESSIONS = Counter("laurel_relay_sessions_total", "Times a relay connected to broker and database.", ["service"])
WAITING = Gauge("laurel_outbox_waiting", "Events in the outbox that are not published yet.", ["service"])
LAG = Gauge("laurel_outbox_lag_seconds", "How long the oldest unpublished event has waited.", ["service"])

HANDLED = Counter("laurel_events_total", "Deliveries by what became of them.", ["queue", "outcome"])
REDELIVERED = Counter("laurel_events_redelivered_total", "Deliveries the broker had made before.", ["queue"])
READY = Gauge(
    "laurel_queue_ready", "Messages in a queue that no worker has; the same from every copy of the service.", ["queue"]
)
SECONDS = Histogram(
    "laurel_event_seconds",
    "Time in a handler.",
    ["queue"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
