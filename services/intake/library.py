"""Files read from object storage as they stream; what arrives is counted and digested, so short or wrong is told."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from minio import Minio
from minio.error import InvalidResponseError, S3Error, ServerError
from urllib3 import PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from infra.store.buckets import storage_client
from services.intake.domain.errors import StorageUnavailableError

PIECE_BYTES = 256 * 1024
_SILENCE = 20.0
"""Seconds without a byte after which storage counts as gone."""


class StoredLibrary:
    """services.intake.ports.Library; safe to share between threads."""

    def __init__(self, *, endpoint: str, access_key: str, secret_key: str, at_once: int = 32) -> None:
        self._client: Minio = storage_client(endpoint, access_key, secret_key)
        # A transfer that broke off is never begun again in the middle: only its beginning is tried twice.
        self._client._http = PoolManager(  # noqa: SLF001 - minio takes a pool only in its constructor
            timeout=Timeout(connect=2, read=_SILENCE),
            retries=Retry(total=2, backoff_factor=0.1, status_forcelist=[500, 502, 503, 504], read=0),
            maxsize=at_once,
        )

    def read(self, bucket: str, key: str, size: int, sha256: str | None) -> Iterator[bytes]:
        seen, digest = 0, hashlib.sha256()
        try:
            answer = self._client.get_object(bucket, key)
        except (S3Error, HTTPError, ServerError, InvalidResponseError, OSError) as error:
            raise _broken(key, "cannot be opened") from error
        try:
            for piece in answer.stream(PIECE_BYTES):
                seen += len(piece)
                if seen > size:
                    raise _broken(key, f"is longer than {size} bytes")
                digest.update(piece)
                yield piece
        except (HTTPError, OSError) as error:
            raise _broken(key, f"broke off after {seen} of {size} bytes") from error
        finally:
            answer.close()
            answer.release_conn()
        if seen != size:
            raise _broken(key, f"ended after {seen} of {size} bytes")
        if sha256 is not None and digest.hexdigest() != sha256:
            raise _broken(key, "is not what was accepted: its digest differs")


def _broken(key: str, what: str) -> StorageUnavailableError:
    return StorageUnavailableError("", f"The stored file {key} {what}.")
