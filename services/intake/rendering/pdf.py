"""Papers as PDF, set by Typst: texts go in as JSON data, never as source."""

from __future__ import annotations

import json
import os
import queue
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import quote

import typst

from services.intake.domain.documents.papers import ActivationLetter, Article, Form, Paper, ReceiptPaper, SummaryTable
from services.intake.domain.documents.texts import breakable
from services.intake.rendering.codes import svg_of
from services.intake.rendering.fonts import Faces, find_faces
from services.intake.rendering.values import values_of

TEMPLATES = Path(__file__).with_name("templates")
_BY_PAPER: dict[type, str] = {
    Form: "form.typ",
    Article: "article.typ",
    ReceiptPaper: "receipt.typ",
    SummaryTable: "summary.typ",
}


class PdfMaker:
    """Makes PDFs, at most `slots` at once: others wait. Safe to share between threads; fonts are looked for once.

    Raises FontMissingError when it is made.
    """

    def __init__(self, faces: Faces | None = None, slots: int | None = None) -> None:
        self.faces = faces or find_faces()
        self._compilers: queue.LifoQueue[typst.Compiler] = queue.LifoQueue()
        for _ in range(slots or max(1, min(4, os.cpu_count() or 1))):
            # A compiler may be used by one thread at a time.
            self._compilers.put(typst.Compiler(None, root=str(TEMPLATES), font_paths=self.faces.fonts))

    def pdf(self, paper: Paper, title: str = "") -> bytes:
        """A paper as PDF. The same paper is the same bytes."""
        return self._compile(_BY_PAPER[type(paper)], title, values_of(paper), svg_of(paper.stamp.link))

    def letters(self, letters: Sequence[ActivationLetter]) -> bytes:
        """Activation letters, a page each."""
        pages = [{**asdict(letter), "qr": svg_of(f"{letter.link}#code={quote(letter.code)}")} for letter in letters]
        return self._compile("letter.typ", "账号激活函", {"letters": pages}, "")

    def _compile(self, template: str, title: str, paper: dict[str, Any], qr: str) -> bytes:
        fonts = {role: list(families) for role, families in self.faces.families.items()}
        data = {"paper": _softened(paper), "fonts": fonts, "qr": qr, "title": title}
        compiler = self._compilers.get()
        try:
            made = compiler.compile(
                input=str(TEMPLATES / template),
                sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
                timestamp=0,
            )
        finally:
            self._compilers.put(compiler)
        assert isinstance(made, bytes)  # noqa: S101 - without an output path the compiler returns what it made
        return made


_AS_THEY_ARE = frozenset({"digest", "digest_groups", "label_lines", "link", "number", "mark", "qr", "sha256", "code"})


def _softened(value: Any, key: str = "") -> Any:
    """Every text with places to break where it would have none."""
    match value:
        case str():
            return value if key in _AS_THEY_ARE else breakable(value)
        case dict():
            return {name: _softened(part, name) for name, part in value.items()}
        case list() | tuple():
            return [_softened(part, key) for part in value]
    return value
