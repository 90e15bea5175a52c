"""Papers as .docx, which offices open, correct by hand and print: docxtpl fills the committed templates.

Texts are values of the template, escaped for XML; nothing that anybody typed is read as Jinja.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from docx.shared import Mm
from docxtpl import DocxTemplate, InlineImage

from services.intake.domain.documents.papers import Article, Form
from services.intake.rendering.codes import png_of
from services.intake.rendering.fitting import fitted
from services.intake.rendering.values import values_of

TEMPLATES = Path(__file__).with_name("templates")
_CODE_WIDTH = Mm(20)
_ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)
"""When a file was made is no part of what it says: the same paper has the same properties."""


def docx_of(paper: Form | Article, title: str = "") -> bytes:
    """A form or an article as a word processor's file."""
    template = DocxTemplate(TEMPLATES / ("form.docx" if isinstance(paper, Form) else "article.docx"))
    of_paper = _with_lines(values_of(paper))
    if isinstance(paper, Form):
        fit = fitted(paper)
        of_paper |= {"half_points": round(fit.size * 2), "pitch": fit.pitch}
        for box, (height, gap) in zip(of_paper["boxes"], fit.boxes, strict=True):
            box |= {"height": height, "gap": gap}
    values: dict[str, Any] = {"paper": of_paper, "stamp": of_paper["stamp"], "qr": ""}
    if isinstance(paper, Form) and paper.stamp.link:
        values["qr"] = InlineImage(template, io.BytesIO(png_of(paper.stamp.link)), width=_CODE_WIDTH)
    template.render(values, autoescape=True)
    assert template.docx is not None  # noqa: S101 - rendering has opened it; get_docx() would begin anew
    properties = template.docx.core_properties
    properties.title, properties.created, properties.modified = title, _ALWAYS, _ALWAYS
    out = io.BytesIO()
    template.save(out)
    return out.getvalue()


def _with_lines(paper: dict[str, Any]) -> dict[str, Any]:
    """Each cell's and box's text as the lines of which each is a paragraph."""
    for name in ("title", "subtitle", "unit"):
        paper[f"{name}_in_lines"] = "\n".join(paper.get(f"{name}_lines", ()))
    for row in paper.get("rows", ()):
        for cell in row:
            cell["lines"] = _lines(cell["text"], indent=cell["long"])
            cell["label_in_lines"] = "\n".join(cell["label_lines"])
    for box in paper.get("boxes", ()):
        box["lines"] = _lines(box["text"], indent=True)
        box["label_in_lines"] = "\n".join(box["label_lines"])
    return paper


def _lines(text: str, *, indent: bool) -> list[str]:
    lines = [line.strip() for line in text.split("\n") if line.strip()] or [""]
    return [f"\u3000\u3000{line}" if indent and line else line for line in lines]
