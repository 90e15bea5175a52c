"""What intake's worker measures for /metrics."""

from __future__ import annotations

from prometheus_client import Gauge

UPLOADS_WAITING = Gauge("laurel_intake_uploads_waiting", "Uploads whose verdict has not come yet.")
OLDEST_UPLOAD = Gauge("laurel_intake_oldest_upload_seconds", "Age of the oldest of them; 0 if there is none.")
