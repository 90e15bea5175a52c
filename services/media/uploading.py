"""A file that is written to object storage piece by piece, while it is being made.

Its beginning stays here until the end, as a container's index is written there last; everything behind it leaves in
parts. So the memory that it takes does not depend on the file.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from contextlib import AbstractContextManager

from minio import Minio
from minio.datatypes import Part

from contracts.events import ObjectRef
from services.media import metrics
from services.media.domain import PUBLIC, MediaError
from services.media.pool import WorkDiedError

BEGINNING_BYTES = 16 * 1024 * 1024
"""What can still be written anew, and so at most: the container's index."""
PART_BYTES = 8 * 1024 * 1024
MOST_BYTES = 768 * 1024 * 1024
FOR_EVER = "public, max-age=31536000, immutable"


class S3Upload:
    """services.media.inspecting.Upload. `errors`: storage's errors in the words of the domain."""

    def __init__(
        self, client: Minio, key: str, content_type: str, errors: Callable[[ObjectRef], AbstractContextManager[None]]
    ) -> None:
        self._client = client
        self._ref = ObjectRef(bucket=PUBLIC, key=key, size=0)
        self._headers = {"Content-Type": content_type, "Cache-Control": FOR_EVER}
        self._errors = errors
        self._beginning = bytearray()
        self._part = bytearray()
        self._upload_id = ""
        self._parts: list[Part] = []
        self.size = 0

    def write(self, offset: int, piece: bytes) -> None:
        """Append, or write something of the beginning anew.

        Raises WorkDiedError for what no container does, and StorageError.
        """
        if offset == self.size and self.size + len(piece) <= MOST_BYTES:
            self._append(piece)
        elif offset >= 0 and offset + len(piece) <= len(self._beginning):
            self._beginning[offset : offset + len(piece)] = piece
        else:
            raise WorkDiedError("out-of-place")

    def _append(self, piece: bytes) -> None:
        self.size += len(piece)
        room = BEGINNING_BYTES - len(self._beginning)
        self._beginning += piece[:room]
        self._part += piece[room:] if room < len(piece) else b""
        if len(self._part) >= PART_BYTES:
            self._send_part()

    def _send_part(self) -> None:
        self._send(len(self._parts) + 2, self._part)
        self._part.clear()

    def _send(self, number: int, content: bytearray) -> None:
        with self._errors(self._ref):
            if not self._upload_id:
                metrics.REQUESTS.labels("post").inc()
                self._upload_id = self._client._create_multipart_upload(  # noqa: SLF001 - the client's own upload of a large object is made of these steps; it gives them no public names
                    PUBLIC, self._ref.key, dict(self._headers)
                )
            metrics.REQUESTS.labels("put").inc()
            etag = self._client._upload_part(PUBLIC, self._ref.key, bytes(content), None, self._upload_id, number)  # noqa: SLF001 - see above
        self._parts.append(Part(number, etag))

    def finish(self) -> None:
        """From now on everybody can read it."""
        if not self._parts and not self._part:
            self._put_whole()
            return
        if self._part:
            self._send_part()
        self._send(1, self._beginning)
        with self._errors(self._ref):
            metrics.REQUESTS.labels("post").inc()
            parts = sorted(self._parts, key=lambda part: part.part_number)
            self._client._complete_multipart_upload(PUBLIC, self._ref.key, self._upload_id, parts)  # noqa: SLF001 - see above
        self._forget()

    def _put_whole(self) -> None:
        with self._errors(self._ref):
            metrics.REQUESTS.labels("put").inc()
            self._client.put_object(
                PUBLIC,
                self._ref.key,
                io.BytesIO(self._beginning),
                len(self._beginning),
                content_type=self._headers["Content-Type"],
                metadata={"Cache-Control": FOR_EVER},
            )
        self._forget()

    def abort(self) -> None:
        """Nothing of it is kept; parts that cannot be removed now are no file, and storage's rules remove them."""
        if self._upload_id:
            with contextlib.suppress(MediaError), self._errors(self._ref):
                metrics.REQUESTS.labels("delete").inc()
                self._client._abort_multipart_upload(PUBLIC, self._ref.key, self._upload_id)  # noqa: SLF001 - see above
        self._forget()

    def _forget(self) -> None:
        self._upload_id = ""
        self._parts.clear()
        self._beginning.clear()
        self._part.clear()
