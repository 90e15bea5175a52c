"""Object storage over S3, by the minio client, counted for /metrics."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.commonconfig import CopySource
from minio.datatypes import parse_copy_object
from minio.error import MinioException, S3Error

from contracts.events import ObjectRef
from services.media import metrics
from services.media.domain import (
    MATERIALS,
    PUBLIC,
    QUARANTINE,
    ChangedMeanwhileError,
    MissingFileError,
    StorageAwayError,
    StorageError,
)
from services.media.ports import Fetched
from services.media.source import SourceError
from services.media.uploading import FOR_EVER, S3Upload

_CHUNK = 256 * 1024
_FIRST_BYTES = 4 * 1024
_MISSING = frozenset({"NoSuchKey", "NoSuchObject", "NoSuchVersion"})
_NOTHING_THERE = "InvalidRange"


def connect(endpoint: str, access_key: str, secret_key: str) -> Minio:
    """A client that gives up soon: waiting is decided above, where a message waits with it."""
    parts = urlsplit(endpoint)
    retries = urllib3.Retry(total=2, backoff_factor=0.2, status_forcelist=(500, 502, 503, 504))
    return Minio(
        parts.netloc,
        access_key=access_key,
        secret_key=secret_key,
        secure=parts.scheme == "https",
        region="us-east-1",
        http_client=urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=3, read=30), maxsize=8, retries=retries, cert_reqs="CERT_REQUIRED"
        ),
    )


class S3Objects:
    """services.media.ports.Objects over a bucket store."""

    def __init__(self, client: Minio) -> None:
        self._client = client

    def fetch(self, ref: ObjectRef, put: Callable[[bytes], object], most: int) -> Fetched | None:
        step = "fetch" if ref.bucket == QUARANTINE else "reread"
        with metrics.STEPS.labels(step).time(), self._open(ref) as answer:
            size = int(answer.headers["Content-Length"])
            if size > most:
                return None
            got = self._pour(answer, put)
            if got != size:
                raise StorageError(f"{ref.bucket}/{ref.key}: {got} bytes came of {size}")
            return Fetched(size, answer.headers["ETag"].strip('"'))

    def reader(self, ref: ObjectRef) -> S3Reader:
        return S3Reader(self, ref)

    def pour(self, ref: ObjectRef, put: Callable[[bytes], object]) -> None:
        with self._open(ref) as answer:
            self._pour(answer, put)

    def digest(self, ref: ObjectRef) -> str:
        digest = hashlib.sha256()
        self.pour(ref, digest.update)
        return digest.hexdigest()

    def range(self, ref: ObjectRef, offset: int, length: int) -> tuple[bytes, int]:
        """(the bytes, the size of the whole object). An empty object has no ranges: then nothing, and 0."""
        try:
            with self._open(ref, offset=offset, length=length) as answer:
                content: bytes = answer.read()
                size = int(answer.headers["Content-Range"].rsplit("/", 1)[-1])
        except _EmptyError:
            return b"", 0
        metrics.READ_BYTES.inc(len(content))
        return content, size

    def copy(self, source: ObjectRef, key: str, *, etag: str | None = None) -> ObjectRef:
        wanted: dict[str, str | list[str] | tuple[str]] = {
            **CopySource(source.bucket, source.key, match_etag=etag).gen_copy_headers()
        }
        with _storage_errors(source), metrics.STEPS.labels("copy").time():
            metrics.REQUESTS.labels("copy").inc()
            # The client's own copy_object asks for the source's size first, lest it have more than 5 GB.
            answer = self._client._execute("PUT", MATERIALS, key, headers=wanted)  # noqa: SLF001 - no public call for one request
            try:
                parse_copy_object(answer)
            except ValueError as error:  # storage may begin its answer with 200 and fail afterwards
                raise StorageError(f"{source.bucket}/{source.key}: the copy failed") from error
        return ObjectRef(bucket=MATERIALS, key=key, size=source.size)

    def publish(self, key: str, content: bytes, content_type: str) -> None:
        self._put(PUBLIC, key, content, content_type, {"Cache-Control": FOR_EVER})

    def keep(self, key: str, content: bytes) -> None:
        self._put(MATERIALS, key, content, "image/jpeg", {})

    def _put(
        self,
        bucket: str,
        key: str,
        content: bytes,
        content_type: str,
        metadata: dict[str, str | list[str] | tuple[str]],
    ) -> None:
        with _storage_errors(ObjectRef(bucket=bucket, key=key, size=len(content))), metrics.STEPS.labels("put").time():
            metrics.REQUESTS.labels("put").inc()
            self._client.put_object(
                bucket, key, io.BytesIO(content), len(content), content_type=content_type, metadata=metadata
            )

    def upload(self, key: str, content_type: str) -> S3Upload:
        """A public file that is written while it is being made."""
        return S3Upload(self._client, key, content_type, _storage_errors)

    def remove(self, ref: ObjectRef) -> None:
        with _storage_errors(ref):
            metrics.REQUESTS.labels("delete").inc()
            self._client.remove_object(ref.bucket, ref.key)

    def keep_only(self, folder: str, ref: ObjectRef) -> None:
        with _storage_errors(ref):
            metrics.REQUESTS.labels("list").inc()
            names = [found.object_name for found in self._client.list_objects(MATERIALS, folder, recursive=True)]
        for name in names:
            if name is not None and name != ref.key:
                self.remove(ObjectRef(bucket=MATERIALS, key=name, size=0))

    @contextmanager
    def _open(self, ref: ObjectRef, offset: int = 0, length: int = 0) -> Iterator[urllib3.BaseHTTPResponse]:
        with _storage_errors(ref):
            metrics.REQUESTS.labels("get").inc()
            answer = self._client.get_object(ref.bucket, ref.key, offset=offset, length=length)
            try:
                yield answer
            finally:
                answer.close()
                answer.release_conn()

    @staticmethod
    def _pour(answer: urllib3.BaseHTTPResponse, put: Callable[[bytes], object]) -> int:
        got = 0
        for chunk in answer.stream(_CHUNK):
            put(chunk)
            got += len(chunk)
        metrics.READ_BYTES.inc(got)
        return got


class S3Reader:
    """Ranges of one object. The first of them is read at once: it tells the object's size, too."""

    def __init__(self, objects: S3Objects, ref: ObjectRef) -> None:
        self._objects = objects
        self._ref = ref
        self._first, self.size = objects.range(ref, 0, _FIRST_BYTES)
        self.requests = 1
        self.bytes = len(self._first)

    def read(self, offset: int, length: int) -> bytes:
        if offset + length <= len(self._first):
            return self._first[offset : offset + length]
        content, _ = self._objects.range(self._ref, offset, length)
        self.requests += 1
        self.bytes += len(content)
        return content


class _EmptyError(Exception):
    """A range of an object without bytes was asked for."""


@contextmanager
def _storage_errors(ref: ObjectRef) -> Iterator[None]:
    """The client's errors in the words of the domain."""
    where = f"{ref.bucket}/{ref.key}"
    try:
        yield
    except S3Error as error:
        if error.code in _MISSING:
            raise MissingFileError(where) from error
        if error.code == "PreconditionFailed":
            raise ChangedMeanwhileError(where) from error
        if error.code == _NOTHING_THERE:
            raise _EmptyError from error
        raise StorageError(f"{where}: {error.code}: {error.message}") from error
    except (urllib3.exceptions.MaxRetryError, urllib3.exceptions.TimeoutError, ConnectionError) as error:
        raise StorageAwayError(f"{where}: {type(error).__name__}") from error
    except (MinioException, urllib3.exceptions.HTTPError, SourceError) as error:
        raise StorageError(f"{where}: {type(error).__name__}: {error}") from error
