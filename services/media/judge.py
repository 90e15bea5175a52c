"""The judge: a file and a rule in, a judgement out. No network, no database: callable from anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from contracts.campaign import MaterialRule
from services.media.documents import judge_document
from services.media.domain import Judgement
from services.media.photo import judge_photo
from services.media.source import FileSource, Source
from services.media.video import judge_video


def judge(source: Source, rule: MaterialRule, resume: dict[str, Any] | None = None) -> Judgement:
    """What `rule` says about the file behind `source`. Raises SourceError when its bytes cannot be had.

    A judgement that is not whole yet says in `resume` with what to call this again. A hostile file may crash or exhaust
    the process that calls this: services.media.pool runs it in one that may.
    """
    if rule.kind == "document":
        return judge_document(source, rule, resume)
    return judge_video(source, rule) if rule.kind == "video" else judge_photo(source, rule)


def judge_file(path: Path, rule: MaterialRule) -> Judgement:
    """The same for a file on disk."""
    source = FileSource(path)
    judgement = judge(source, rule)
    while judgement.resume is not None:
        judgement = judge(source, rule, judgement.resume)
    return judgement
