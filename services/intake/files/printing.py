"""Rendering behind a door: so many at once, made papers kept for whoever asks again, fonts looked for once."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock
from typing import TYPE_CHECKING

import anyio
from anyio import CapacityLimiter

from infra.web.problems import UNAVAILABLE, Problem
from services.intake.domain.documents.papers import ActivationLetter, Article, Form, Paper, SummaryTable
from services.intake.usecases.documents import Titled

if TYPE_CHECKING:
    from services.intake.rendering.pdf import PdfMaker

CONTENT_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_KEPT_BYTES = 32 * 1024 * 1024
_MOST_WAITING = 50


def _pdf_maker() -> PdfMaker:
    from services.intake.rendering.pdf import PdfMaker

    return PdfMaker()


class Printer:
    """Makes papers into files. The same paper is made once: what stands on it is the key, so nothing grows old.

    `pdf_maker` is made at first use, so that a process whose fonts are missing still serves everything else.
    """

    def __init__(
        self, public_url: str, pdf_maker: Callable[[], PdfMaker] = _pdf_maker, slots: int | None = None
    ) -> None:
        self.public_url = public_url
        self.slots = slots or max(1, min(4, os.cpu_count() or 1))
        self._make_pdf_maker = pdf_maker
        self._pdf: PdfMaker | None = None
        self._limiter: CapacityLimiter | None = None
        self._kept: OrderedDict[tuple[Paper, str, str], bytes] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    async def print(self, titled: Titled, kind: str) -> bytes:
        """The paper as a file. Raises FontMissingError; Problem (503) when too many wait already."""
        key = (titled.paper, titled.title, kind)
        with self._lock:
            made = self._kept.get(key)
            if made is not None:
                self._kept.move_to_end(key)
                return made
        made = await self._in_turn(self._render, titled, kind)
        self._keep(key, made)
        return made

    async def print_letters(self, letters: Sequence[ActivationLetter]) -> bytes:
        """Activation letters as one PDF. They hold secrets, so nothing of them is kept."""
        return await self._in_turn(self._render_letters, letters)

    async def _in_turn(self, work: Callable[..., bytes], *about: object) -> bytes:
        if self._limiter is None:
            self._limiter = CapacityLimiter(self.slots)
        if self._limiter.statistics().tasks_waiting >= _MOST_WAITING:
            raise Problem(UNAVAILABLE, extra={"retry_after": 5})
        return await anyio.to_thread.run_sync(work, *about, limiter=self._limiter)

    def _render(self, titled: Titled, kind: str) -> bytes:
        # Loaded when first needed: they would take a third of a second of every start.
        from services.intake.rendering.docx import docx_of
        from services.intake.rendering.xlsx import xlsx_of

        paper, title = titled
        if kind == "docx" and isinstance(paper, Form | Article):
            return docx_of(paper, title)
        if kind == "xlsx" and isinstance(paper, SummaryTable):
            return xlsx_of(paper)
        return self._maker().pdf(paper, title)

    def _render_letters(self, letters: Sequence[ActivationLetter]) -> bytes:
        return self._maker().letters(letters)

    def _maker(self) -> PdfMaker:
        with self._lock:
            if self._pdf is None:
                self._pdf = self._make_pdf_maker()
        return self._pdf

    def _keep(self, key: tuple[Paper, str, str], made: bytes) -> None:
        with self._lock:
            if key in self._kept or len(made) > _KEPT_BYTES:
                return
            self._kept[key] = made
            self._bytes += len(made)
            while self._bytes > _KEPT_BYTES:
                _, gone = self._kept.popitem(last=False)
                self._bytes -= len(gone)
