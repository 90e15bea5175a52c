"""The same job as somebody would do it in a day, on the same broker and storage: Celery, Pillow and ffprobe.

It stands here to be measured against and is no part of the platform. Written with some care: it decodes all of a photo,
reads a video by its link instead of fetching it, and leaves the broker's messages unacknowledged until it is done.
It makes no renditions.
"""

TABLE = (
    "CREATE TABLE IF NOT EXISTS rival_verdicts (material text PRIMARY KEY, problems jsonb, sha256 text, "
    "seconds float, judged_at timestamptz DEFAULT clock_timestamp())"
)
