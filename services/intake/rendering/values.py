"""A paper as plain values for a template: what it says, and where its labels and titles are broken into lines."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from services.intake.domain.documents.lines import in_lines
from services.intake.domain.documents.papers import Article, Form, Paper

_LABEL, _TIGHT_LABEL, _NARROW_LABEL = 6, 7, 4
"""Full-width characters in a line of a label; in one of smaller size; in that of a row of three cells."""
_TITLE, _SUBTITLE = 19, 26
"""The same of an article's title in size 2 and subtitle in size 3, with a little air beside them."""
_FORM_TITLE = 20
_THREE = 3


def values_of(paper: Paper) -> dict[str, Any]:
    """Every field of the paper, with `label_lines`, `title_lines` and the like beside them."""
    values: dict[str, Any] = asdict(paper)
    digest = paper.stamp.digest
    values["stamp"]["digest_groups"] = " ".join(digest[at : at + 8] for at in range(0, len(digest), 8))
    match paper:
        case Form():
            values["title_lines"] = in_lines(paper.title, _FORM_TITLE)
            for row in values["rows"]:
                for cell in row:
                    cell["label_lines"] = _label(cell["label"], len(row))
            for box in values["boxes"]:
                box["label_lines"] = _label(box["label"], 1)
        case Article():
            values["title_lines"] = in_lines(paper.title, _TITLE)
            values["subtitle_lines"] = in_lines(paper.subtitle, _SUBTITLE)
            values["unit_lines"] = in_lines(paper.unit, _SUBTITLE)
        case _:
            pass
    return values


def _label(label: str, beside: int) -> tuple[str, ...]:
    return in_lines(label, _NARROW_LABEL) if beside == _THREE else in_lines(label, _LABEL, _TIGHT_LABEL)
