"""Archives as streams: stored files one after another, nothing held but one piece, the list of digests at the end."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import partial

import anyio
import structlog
from anyio import CapacityLimiter
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from zipstream import ZipStream

from services.intake.domain.documents.packing import Archive, MadeFile, StoredFile
from services.intake.files.answers import disposition
from services.intake.ports import Library

log = structlog.get_logger(__name__)

SUMS = "SHA256SUMS"
_READERS = 16
_SUM_BYTES = 64 + 2 + 1


class Packing:
    """One archive on its way out. Its length is known before its first byte, so a short one can be told by anybody."""

    def __init__(self, archive: Archive, library: Library) -> None:
        self._library = library
        self._sums: list[tuple[str, str]] = []
        self._open: Iterator[bytes] | None = None
        self._zip = ZipStream(sized=True)
        for file in archive.files:
            path = f"{archive.folder}/{file.path}"
            size = len(file.content) if isinstance(file, MadeFile) else file.size
            self._zip.add(self._bytes_of(file), path, size=size)
        listed = sum(_SUM_BYTES + len(file.path.encode()) for file in archive.files)
        self._zip.add(self._list(), f"{archive.folder}/{SUMS}", size=listed)
        self.length = len(self._zip)
        self._pieces = iter(self._zip)

    def next(self) -> bytes | None:
        """The next piece; None at the end. Raises StorageUnavailableError."""
        return next(self._pieces, None)

    def close(self) -> None:
        """Give the connection to storage back, wherever the transfer stands."""
        close = getattr(self._open, "close", None)
        if close is not None:
            close()

    def _bytes_of(self, file: StoredFile | MadeFile) -> Iterator[bytes]:
        digest = hashlib.sha256()
        if isinstance(file, MadeFile):
            pieces: Iterator[bytes] = iter((file.content,) if file.content else ())
        else:
            pieces = self._open = self._library.read(file.bucket, file.key, file.size, file.sha256)
        for piece in pieces:
            digest.update(piece)
            yield piece
        self._sums.append((digest.hexdigest(), file.path))

    def _list(self) -> Iterator[bytes]:
        """As `sha256sum -c` reads it."""
        for digest, path in self._sums:
            yield f"{digest}  {path}\n".encode()


class ArchiveResponse(Response):
    """Sends an archive. A reader who leaves ends the work; storage that breaks off breaks the connection off.

    Never a silently short archive: the length is declared, and the directory of a ZIP file comes last.
    """

    def __init__(self, archive: Archive, library: Library, limiter: CapacityLimiter) -> None:
        self._packing = Packing(archive, library)
        self._limiter = limiter
        headers = {
            "Content-Disposition": disposition(archive.name),
            "Content-Length": str(self._packing.length),
            "X-Accel-Buffering": "no",  # a proxy need not keep what the reader takes at his own speed
        }
        super().__init__(None, media_type="application/zip", headers=headers)
        self.raw_headers = [(name, value) for name, value in self.raw_headers if name != b"content-length"]
        self.raw_headers.append((b"content-length", headers["Content-Length"].encode()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's own signature
        broken: Exception | None = None
        async with anyio.create_task_group() as group:
            group.start_soon(self._watch, receive, group.cancel_scope)
            try:
                await self._send_all(send)
            except Exception as error:  # noqa: BLE001 - whatever it was, the connection must break off
                broken = error
            finally:
                with anyio.CancelScope(shield=True):
                    await anyio.to_thread.run_sync(self._packing.close)
                group.cancel_scope.cancel()
        if broken is not None:
            log.error("archive.broken", error=str(broken))
            raise broken

    async def _watch(self, receive: Receive, scope: anyio.CancelScope) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        scope.cancel()

    async def _send_all(self, send: Send) -> None:
        start: Message = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        await send(start)
        following = partial(anyio.to_thread.run_sync, self._packing.next, limiter=self._limiter)
        while (piece := await following()) is not None:
            if piece:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def readers() -> CapacityLimiter:
    """How many archives may read from storage at one moment; others wait for their next piece, holding no thread."""
    return CapacityLimiter(_READERS)
