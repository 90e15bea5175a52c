"""What a press is asked for, and how a child does it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from services.intake.domain.documents.papers import ActivationLetter, Article, Form, Paper, SummaryTable

if TYPE_CHECKING:
    from services.intake.rendering.pdf import PdfMaker


@dataclass(frozen=True, slots=True)
class Print:
    """A paper as a file of this kind: pdf, docx or xlsx."""

    paper: Paper
    title: str
    kind: str


@dataclass(frozen=True, slots=True, repr=False)
class Letters:
    """Activation letters as one PDF."""

    letters: tuple[ActivationLetter, ...]


Job = Print | Letters


class Worker:
    """Does jobs. `folders` hold the fonts; those of the installation if None.

    They are looked for with the first PDF, so that a machine without fonts still makes everything else.
    """

    def __init__(self, folders: tuple[Path, ...] | None = None) -> None:
        self._folders = folders
        self._maker: PdfMaker | None = None

    def do(self, job: Job) -> bytes:
        """Raises FontMissingError."""
        if isinstance(job, Letters):
            return self._pdf().letters(job.letters)
        if job.kind == "docx" and isinstance(job.paper, Form | Article):
            from services.intake.rendering.docx import docx_of

            return docx_of(job.paper, job.title)
        if job.kind == "xlsx" and isinstance(job.paper, SummaryTable):
            from services.intake.rendering.xlsx import xlsx_of

            return xlsx_of(job.paper)
        return self._pdf().pdf(job.paper, job.title)

    def _pdf(self) -> PdfMaker:
        if self._maker is None:
            from services.intake.rendering.fonts import find_faces
            from services.intake.rendering.pdf import PdfMaker

            self._maker = PdfMaker(find_faces(self._folders), slots=1)
        return self._maker
