"""Object storage, as the use cases see it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from services.intake.domain.uploads import Part


@dataclass(frozen=True, slots=True)
class UploadForm:
    """What a browser posts, as multipart/form-data with the file last, to send one file straight to storage."""

    url: str
    fields: Mapping[str, str]
    key: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An upload in parts that storage still waits for."""

    key: str
    upload_id: str


class Objects(Protocol):
    """Object storage. Never called inside a transaction. All but the signing raise StorageUnavailableError."""

    bucket: str
    public_origin: str
    """Where browsers reach storage: scheme, host and port."""

    def upload_form(
        self, key: str, content_type: str, max_bytes: int, expires_at: datetime, *, back_to: str | None = None
    ) -> UploadForm:
        """Signed here, without asking storage: exactly this key and content type, 1 to `max_bytes` bytes.

        `back_to` is where storage sends a browser without scripts when it has the file.
        """
        ...

    def begin_parts(self, key: str, content_type: str) -> str:
        """Storage's name for a new upload in parts."""
        ...

    def part_links(
        self, key: str, upload_id: str, lengths: Mapping[int, int], expires_at: datetime
    ) -> Mapping[int, str]:
        """Signed here: a link to PUT each of these parts with, of exactly its length."""
        ...

    def parts(self, key: str, upload_id: str) -> Sequence[Part] | None:
        """The parts that storage has; None if there is no such upload, or no longer."""
        ...

    def finish_parts(self, key: str, upload_id: str, parts: Sequence[Part]) -> None:
        """Make the object of these parts; an upload that is gone is passed over."""
        ...

    def abort_parts(self, key: str, upload_id: str) -> None:
        """Forget an upload and its parts, if they are there."""
        ...

    def unfinished(self, begun_before: datetime) -> Sequence[Unfinished]: ...

    def holds(self, bucket: str, key: str) -> bool: ...

    def link(
        self, bucket: str, key: str, name: str, content_type: str, lifetime: timedelta, *, opens: bool = True
    ) -> str:
        """Signed here: a link to fetch an object with, under its owner's name for it.

        `opens`: whether the browser shows it, or keeps it as a file.
        """
        ...

    def size_of(self, key: str) -> int | None:
        """Bytes of an object; None if there is none. Raises StorageUnavailableError."""
        ...

    def copy(self, key: str, to: str) -> bool:
        """Storage copies an object by itself; False if there is none, or no longer."""
        ...

    def remove(self, key: str) -> None:
        """Remove an object, if it is there. Raises StorageUnavailableError."""
        ...


class Library(Protocol):
    """Files in object storage, read as they stream."""

    def read(self, bucket: str, key: str, size: int, sha256: str | None) -> Iterator[bytes]:
        """Exactly `size` bytes with this digest, in pieces. Closing the iterator ends the transfer.

        Raises StorageUnavailableError, also in the middle: for a line that breaks, bytes too few, another digest.
        """
        ...
