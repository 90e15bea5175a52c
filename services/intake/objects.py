"""Object storage: forms for uploads, made here without asking storage; and looking at what has arrived."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from minio import Minio
from minio.datatypes import PostPolicy
from minio.error import InvalidResponseError, S3Error, ServerError
from urllib3 import PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from infra.store.buckets import QUARANTINE
from services.intake.domain.errors import StorageUnavailableError
from services.intake.ports import UploadForm

_REGION = "us-east-1"  # named, so that nothing needs to be asked for
_MISSING = frozenset({"NoSuchKey", "NoSuchObject", "NotFound"})


class QuarantineObjects:
    """services.intake.ports.Objects on the bucket where uploads land.

    `endpoint` is where this process reaches storage, `public_endpoint` where browsers do.
    """

    bucket = QUARANTINE

    def __init__(self, *, endpoint: str, public_endpoint: str, access_key: str, secret_key: str) -> None:
        pool = PoolManager(
            timeout=Timeout(connect=2, read=5),
            retries=Retry(total=2, backoff_factor=0.1, status_forcelist=[500, 502, 503, 504]),
            maxsize=10,
        )
        self._inside = _client(endpoint, access_key, secret_key, pool)
        self._outside = _client(public_endpoint, access_key, secret_key, pool)
        self._url = f"{public_endpoint.rstrip('/')}/{self.bucket}"

    def upload_form(self, key: str, content_type: str, max_bytes: int, expires_at: datetime) -> UploadForm:
        policy = PostPolicy(self.bucket, expires_at)
        policy.add_equals_condition("key", key)
        policy.add_equals_condition("Content-Type", content_type)
        policy.add_content_length_range_condition(1, max_bytes)
        fields = {"key": key, "Content-Type": content_type, **self._outside.presigned_post_policy(policy)}
        return UploadForm(self._url, fields, key, expires_at)

    def size_of(self, key: str) -> int | None:
        try:
            return self._inside.stat_object(self.bucket, key).size
        except S3Error as error:
            if error.code in _MISSING:
                return None
            raise StorageUnavailableError from error
        except (HTTPError, ServerError, InvalidResponseError, OSError) as error:
            raise StorageUnavailableError from error

    def remove(self, key: str) -> None:
        try:
            self._inside.remove_object(self.bucket, key)
        except S3Error as error:
            if error.code not in _MISSING:
                raise StorageUnavailableError from error
        except (HTTPError, ServerError, InvalidResponseError, OSError) as error:
            raise StorageUnavailableError from error


def _client(endpoint: str, access_key: str, secret_key: str, pool: PoolManager) -> Minio:
    parts = urlsplit(endpoint)
    return Minio(
        parts.netloc,
        access_key=access_key,
        secret_key=secret_key,
        secure=parts.scheme == "https",
        region=_REGION,
        http_client=pool,
    )
