"""The three buckets of object storage. `python -m infra.store.buckets` makes the missing ones, from the environment.

Uploads land in quarantine; what passed validation is copied under its digest into materials, never to change again;
renditions rebuilt from pixels stand in public.
"""

from __future__ import annotations

import sys
from urllib.parse import urlsplit

from minio import Minio
from minio.error import S3Error

from infra.observe.settings import required

QUARANTINE = "laurel-quarantine"
MATERIALS = "laurel-materials"
PUBLIC = "laurel-public"
BUCKETS = (QUARANTINE, MATERIALS, PUBLIC)


def storage_client(endpoint: str, access_key: str, secret_key: str) -> Minio:
    """A client for `endpoint` (http://host:port or https://host). The region is named, so none is asked for."""
    parts = urlsplit(endpoint)
    return Minio(
        parts.netloc, access_key=access_key, secret_key=secret_key, secure=parts.scheme == "https", region="us-east-1"
    )


def ensure_buckets(client: Minio) -> tuple[str, ...]:
    """Make the buckets that are missing; returns their names. Several callers at once are fine."""
    made = []
    for bucket in BUCKETS:
        if client.bucket_exists(bucket):
            continue
        try:
            client.make_bucket(bucket)
        except S3Error as error:
            if error.code not in {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}:
                raise
        else:
            made.append(bucket)
    return tuple(made)


def main() -> int:
    made = ensure_buckets(
        storage_client(
            required("LAUREL_S3_ENDPOINT"), required("LAUREL_S3_ACCESS_KEY"), required("LAUREL_S3_SECRET_KEY")
        )
    )
    print("made:", ", ".join(made) or "nothing; all were there")  # noqa: T201 - a command tells what it did
    return 0


if __name__ == "__main__":
    sys.exit(main())
