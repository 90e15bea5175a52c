"""Archives as streams: one file after another, nothing held but a piece and a few papers, digests at the end."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import islice

import anyio
import structlog
from anyio import CapacityLimiter
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from zipstream import ZipStream

from services.intake.domain.documents.packing import Archive, MadeFile, PaperFile, StoredFile
from services.intake.domain.errors import IntakeError
from services.intake.files.answers import disposition
from services.intake.files.printing import Printer
from services.intake.ports import Library
from services.intake.problems import TABLE
from services.intake.usecases.documents import Titled

log = structlog.get_logger(__name__)

SUMS = "SHA256SUMS"
_READERS = 16
_AHEAD = 16
"""Files that are looked ahead of the one on its way: papers of about three entries."""
_SUM_BYTES = 64 + 2 + 1


class Packing:
    """One archive on its way out: each file in turn, papers made a few files ahead of their turn."""

    def __init__(self, archive: Archive, library: Library, printer: Printer, makers: ThreadPoolExecutor) -> None:
        self._archive, self._library, self._printer, self._makers = archive, library, printer, makers
        self._sums: list[tuple[str, str]] = []
        self._open: Iterator[bytes] | None = None
        self._ahead: deque[StoredFile | MadeFile | Future[MadeFile]] = deque()
        self._pieces = self._all()

    def next(self) -> bytes | None:
        """The next piece; None at the end. Raises StorageUnavailableError."""
        return next(self._pieces, None)

    def close(self) -> None:
        """Give the connection to storage back, wherever the transfer stands; what is not yet made never will be."""
        for file in self._ahead:
            if isinstance(file, Future):
                file.cancel()
        close = getattr(self._open, "close", None)
        if close is not None:
            close()

    def _all(self) -> Iterator[bytes]:
        folder, zipped = self._archive.folder, ZipStream(sized=True)
        for file in self._files():
            zipped.add(self._bytes_of(file), f"{folder}/{file.path}", size=_size(file))
            yield from zipped.all_files()
        zipped.add(_listed(self._sums), f"{folder}/{SUMS}")
        yield from zipped.finalize()

    def _files(self) -> Iterator[StoredFile | MadeFile]:
        coming = iter(self._archive.files)
        while True:
            for file in islice(coming, _AHEAD - len(self._ahead)):
                later = self._makers.submit(made_of, self._printer, file) if isinstance(file, PaperFile) else file
                self._ahead.append(later)
            if not self._ahead:
                return
            first = self._ahead.popleft()
            yield first.result() if isinstance(first, Future) else first

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


def made_of(printer: Printer, file: PaperFile) -> MadeFile:
    """A paper made; one that cannot be is replaced by a note that says why, and the archive goes on."""
    try:
        return MadeFile(file.path, printer.print_now(Titled(file.paper, file.title), file.kind))
    except IntakeError as error:
        about = TABLE[type(error)]
        zh, en = error.zh or about.zh, error.en or about.en
        log.warning("archive.paper-missing", path=file.path, slug=error.slug)
        return MadeFile(f"{file.path}.txt", f"此文件未能生成：{zh}\nThis file could not be made: {en}\n".encode())


def length_of(archive: Archive) -> int | None:
    """Of an archive whose papers are made; None of one that is still being planned."""
    if not isinstance(archive.files, tuple) or any(isinstance(file, PaperFile) for file in archive.files):
        return None
    zipped = ZipStream(sized=True)
    for file in archive.files:
        zipped.add(iter(()), f"{archive.folder}/{file.path}", size=_size(file))
    listed = sum(_SUM_BYTES + len(file.path.encode()) for file in archive.files)
    zipped.add(iter(()), f"{archive.folder}/{SUMS}", size=listed)
    return len(zipped)


def _size(file: StoredFile | MadeFile) -> int:
    return len(file.content) if isinstance(file, MadeFile) else file.size


def _listed(sums: Sequence[tuple[str, str]]) -> bytes:
    """As `sha256sum -c` reads it."""
    return b"".join(f"{digest}  {path}\n".encode() for digest, path in sums)


class ArchiveResponse(Response):
    """Sends an archive. A reader who leaves ends the work; storage that breaks off breaks the connection off.

    Never a silently short archive: the directory of a ZIP file comes last, and the connection breaks off before it.
    The length is declared where it is known.
    """

    def __init__(self, archive: Archive, packing: Packing, limiter: CapacityLimiter) -> None:
        self._packing, self._limiter = packing, limiter
        headers = {
            "Content-Disposition": disposition(archive.name),
            "X-Accel-Buffering": "no",  # a proxy need not keep what the reader takes at his own speed
        }
        super().__init__(None, media_type="application/zip", headers=headers)
        length = length_of(archive)
        self.raw_headers = [(name, value) for name, value in self.raw_headers if name != b"content-length"]
        if length is not None:
            self.raw_headers.append((b"content-length", str(length).encode()))

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
