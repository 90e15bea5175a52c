"""What media counts for /metrics."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram, Summary

VERDICTS = Counter("laurel_media_verdicts_total", "Verdicts given.", ["kind", "outcome"])
FINDINGS = Counter("laurel_media_findings_total", "Rules found broken.", ["slug"])
SECONDS = Histogram(
    "laurel_media_verdict_seconds",
    "From the start of handling to the committed verdict.",
    ["kind"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
STEPS = Summary(
    "laurel_media_step_seconds",
    "What steps take: fetch, copy, reread, put by storage; judge, render… by a child; hash beside it; record.",
    ["step"],
)
RENDITIONS = Counter("laurel_media_renditions_total", "Public renditions made.")
REQUESTS = Counter("laurel_media_storage_requests_total", "Requests to object storage.", ["kind"])
READ_BYTES = Counter("laurel_media_storage_read_bytes_total", "Bytes read from object storage.")
POOL_BUSY = Gauge("laurel_media_pool_busy", "Child processes at work.")
POOL_SIZE = Gauge("laurel_media_pool_size", "Child processes kept.")
SCANS = Counter("laurel_media_scans_total", "Files given to the virus scanner.", ["outcome"])
SCAN_SECONDS = Histogram(
    "laurel_media_scan_seconds",
    "Of one file by the virus scanner.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
INSPECTIONS = Counter(
    "laurel_media_inspections_total", "Videos watched through, by what was made of them.", ["outcome"]
)
INSPECTION_SECONDS = Histogram(
    "laurel_media_inspection_seconds",
    "What watching a video through took, its copy for browsers included.",
    ["outcome"],
    buckets=(0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1200),
)
WARNINGS = Counter("laurel_media_warnings_total", "Advice given about videos.", ["slug"])
ASIDE_BUSY = Gauge("laurel_media_aside_busy", "Whether the child for slow work is at work.")
