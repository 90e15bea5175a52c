"""Object storage: forms and links for browsers, made here without asking storage; and looking at what has arrived."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlsplit

from minio import Minio
from minio.commonconfig import CopySource
from minio.datatypes import Part as HeldPart
from minio.datatypes import PostPolicy
from minio.error import InvalidResponseError, S3Error, ServerError
from urllib3 import PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from infra.store.buckets import QUARANTINE
from services.intake.domain.errors import StorageUnavailableError
from services.intake.domain.uploads import Part
from services.intake.ports import Unfinished, UploadForm
from services.intake.presigning import presigned

_REGION = "us-east-1"  # named, so that nothing needs to be asked for
_MISSING = frozenset({"NoSuchKey", "NoSuchObject", "NotFound", "NoSuchUpload"})
_PARTS_AT_ONCE = 1000


class QuarantineObjects:
    """services.intake.ports.Objects on the bucket where uploads land.

    `endpoint` is where this process reaches storage, `public_endpoint` where browsers do.
    """

    bucket = QUARANTINE

    def __init__(self, *, endpoint: str, public_endpoint: str, access_key: str, secret_key: str) -> None:
        pool = PoolManager(
            timeout=Timeout(connect=2, read=10),
            retries=Retry(total=2, backoff_factor=0.1, status_forcelist=[500, 502, 503, 504]),
            maxsize=10,
        )
        self._inside = _client(endpoint, access_key, secret_key, pool)
        self._outside = _client(public_endpoint, access_key, secret_key, pool)
        self._keys = (access_key, secret_key)
        parts = urlsplit(public_endpoint)
        self.public_origin = f"{parts.scheme}://{parts.netloc}"

    # one piece

    def upload_form(
        self, key: str, content_type: str, max_bytes: int, expires_at: datetime, *, back_to: str | None = None
    ) -> UploadForm:
        policy = PostPolicy(self.bucket, expires_at)
        fields = {"key": key, "Content-Type": content_type}
        for name, value in fields.items():
            policy.add_equals_condition(name, value)
        if back_to is not None:
            fields["success_action_redirect"] = back_to
            policy.add_starts_with_condition("success_action_redirect", back_to)
        policy.add_content_length_range_condition(1, max_bytes)
        fields |= self._outside.presigned_post_policy(policy)
        return UploadForm(f"{self.public_origin}/{self.bucket}", fields, key, expires_at)

    def size_of(self, key: str) -> int | None:
        with _storage_errors():
            return self._inside.stat_object(self.bucket, key).size
        return None

    def copy(self, key: str, to: str) -> bool:
        with _storage_errors():
            self._inside.copy_object(self.bucket, to, CopySource(self.bucket, key))
            return True
        return False

    def remove(self, key: str) -> None:
        with _storage_errors():
            self._inside.remove_object(self.bucket, key)

    # in parts. The client's own upload of a large object is made of these steps; it gives them no public names.

    def begin_parts(self, key: str, content_type: str) -> str:
        with _storage_errors():
            return self._inside._create_multipart_upload(self.bucket, key, {"Content-Type": content_type})  # noqa: SLF001 - see above
        raise StorageUnavailableError  # storage has no such bucket

    def part_links(
        self, key: str, upload_id: str, lengths: Mapping[int, int], expires_at: datetime
    ) -> Mapping[int, str]:
        now = datetime.now(UTC)
        return {
            number: self._signed(
                "PUT",
                self.bucket,
                key,
                now=now,
                lifetime=expires_at - now,
                query={"partNumber": str(number), "uploadId": upload_id},
                headers={"Content-Length": str(length)},
            )
            for number, length in lengths.items()
        }

    def parts(self, key: str, upload_id: str) -> Sequence[Part] | None:
        found: list[Part] = []
        with _storage_errors():
            after = "0"
            while True:
                page = self._inside._list_parts(  # noqa: SLF001 - see above
                    self.bucket, key, upload_id, max_parts=_PARTS_AT_ONCE, part_number_marker=after
                )
                found += [Part(held.part_number, held.size or 0, held.etag) for held in page.parts]
                if not page.is_truncated or not page.next_part_number_marker:
                    return found
                after = str(page.next_part_number_marker)
        return None

    def finish_parts(self, key: str, upload_id: str, parts: Sequence[Part]) -> None:
        held = [HeldPart(part.number, part.etag) for part in parts]
        with _storage_errors():  # one that is gone was finished before: what is there now is looked at next
            self._inside._complete_multipart_upload(self.bucket, key, upload_id, held)  # noqa: SLF001 - see above

    def abort_parts(self, key: str, upload_id: str) -> None:
        with _storage_errors():
            self._inside._abort_multipart_upload(self.bucket, key, upload_id)  # noqa: SLF001 - see above

    def unfinished(self, begun_before: datetime) -> Sequence[Unfinished]:
        found: list[Unfinished] = []
        with _storage_errors():
            after: tuple[str | None, str | None] = (None, None)
            while True:
                page = self._inside._list_multipart_uploads(  # noqa: SLF001 - see above
                    self.bucket, key_marker=after[0], upload_id_marker=after[1]
                )
                for one in page.uploads:
                    begun = one.initiated_time
                    if one.upload_id is not None and begun is not None and begun < begun_before:
                        found.append(Unfinished(one.object_name, one.upload_id))
                after = (page.next_key_marker, page.next_upload_id_marker)
                if not page.is_truncated or after[0] is None:
                    break
        return found

    # looking

    def holds(self, bucket: str, key: str) -> bool:
        with _storage_errors():
            self._inside.stat_object(bucket, key)
            return True
        return False

    def link(
        self, bucket: str, key: str, name: str, content_type: str, lifetime: timedelta, *, opens: bool = True
    ) -> str:
        how = "inline" if opens else "attachment"
        return self._signed(
            "GET",
            bucket,
            key,
            now=datetime.now(UTC),
            lifetime=lifetime,
            query={
                "response-content-disposition": f"{how}; filename*=UTF-8''{quote(name, safe='')}",
                "response-content-type": content_type,
                "response-cache-control": "private, max-age=3600",
            },
        )

    def _signed(
        self,
        method: str,
        bucket: str,
        key: str,
        *,
        now: datetime,
        lifetime: timedelta,
        query: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
    ) -> str:
        return presigned(
            method,
            f"{self.public_origin}/{bucket}/{quote(key)}",
            access_key=self._keys[0],
            secret_key=self._keys[1],
            region=_REGION,
            now=now,
            lifetime=lifetime,
            query=query,
            headers=headers,
        )


@contextmanager
def _storage_errors() -> Iterator[None]:
    """Storage's errors as ours; that there is no such thing ends the block, and is what follows it."""
    try:
        yield
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
