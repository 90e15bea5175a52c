"""Templates of letters: Jinja2 in its sandbox, a missing variable is an error, data are data.

`services/notify/templates/<kind>/` holds subject.txt, body.txt and body.html of each kind. Whatever a template puts
out from data is one line without control characters, and escaped in HTML: no title can forge a line of a letter.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from services.notify.domain import dates
from services.notify.domain.letters import LetterKind

FOLDER = Path(__file__).resolve().parent.parent / "templates"
MAX_SUBJECT = 150


@dataclass(frozen=True, slots=True)
class Written:
    """A letter in words. `subject` is one line."""

    subject: str
    text: str
    html: str


def plain(value: str) -> str:
    """Data as one visible line: no breaks, no control characters, nothing that reorders or hides what follows.

    Spaces that do not break a line (of figures, of Chinese text) stay as they are.
    """
    line = "".join(" " if c.isspace() and unicodedata.category(c) != "Zs" else c for c in value)
    kept = "".join(c for c in line if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
    return " ".join(part for part in kept.split(" ") if part).strip()


def _finalize(value: Any) -> Any:
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return plain(value)
    return value


def _date_filter(write: Callable[[datetime, ZoneInfo], str]) -> Callable[[Context, datetime | str], str]:
    @pass_context
    def apply(context: Context, value: datetime | str) -> str:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else value
        return write(instant, context["zone"])

    return apply


class Templates:
    """The templates of one folder."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._environment = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader(folder),
            undefined=StrictUndefined,
            autoescape=lambda name: name is not None and name.endswith(".html"),
            finalize=_finalize,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
        )
        for name in ("end_zh", "deadline_zh", "deadline_en", "moment_zh", "moment_en"):
            self._environment.filters[name] = _date_filter(getattr(dates, name))

    def write(self, kind: LetterKind, variables: dict[str, Any]) -> Written:
        """The letter of a kind. Raises jinja2.TemplateError for a missing variable or template."""
        subject = plain(self._render(kind, "subject.txt", variables))
        return Written(
            subject=subject if len(subject) <= MAX_SUBJECT else subject[: MAX_SUBJECT - 1] + "…",
            text=self._render(kind, "body.txt", variables),
            html=self._render(kind, "body.html", variables),
        )

    def _render(self, kind: LetterKind, part: str, variables: dict[str, Any]) -> str:
        return self._environment.get_template(f"{kind.value}/{part}").render(variables)
