"""What notify's worker counts for /metrics."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

MESSAGES = Counter("laurel_messages_total", "Attempts at messages, by how they ended.", ["kind", "outcome"])
DELIVERY_SECONDS = Histogram(
    "laurel_message_delivery_seconds",
    "From the moment a message was queued until a mail server accepted it.",
    ["kind"],
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 86400),
)
REMINDERS = Counter("laurel_reminders_total", "Reminders that were due a look, by what became of them.", ["outcome"])
REMINDER_LAG_SECONDS = Histogram(
    "laurel_reminder_lag_seconds",
    "From a reminder's due time until it was sent.",
    buckets=(0.5, 1, 2, 5, 10, 30, 60, 600, 3600, 43200, 172800),
)
EXPIRED = Counter("laurel_messages_expired_total", "Messages that could not be sent while they were of use.")
