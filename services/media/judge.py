"""The judge: a file and a rule in, a judgement out. No network, no database: callable from anywhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from contracts.campaign import MaterialRule
from services.media import findings as say
from services.media.domain import Judgement
from services.media.formats.sniff import HEAD_BYTES, sniff
from services.media.photo import judge_photo
from services.media.source import FileSource, Source
from services.media.video import judge_video


def judge(source: Source, rule: MaterialRule) -> Judgement:
    """What `rule` says about the file behind `source`. Raises SourceError when its bytes cannot be had.

    A hostile file may crash or exhaust the process that calls this: services.media.pool runs it in one that may.
    """
    return _JUDGES[rule.kind](source, rule)


def judge_file(path: Path, rule: MaterialRule) -> Judgement:
    """The same for a file on disk."""
    return judge(FileSource(path), rule)


def _judge_document(source: Source, rule: MaterialRule) -> Judgement:
    """Documents cannot be proved harmless yet; what cannot be checked is not taken."""
    if source.size == 0:
        return Judgement(findings=(say.empty_file(),))
    found = [say.too_large(rule.kind, source.size, rule.max_bytes)] if source.size > rule.max_bytes else []
    kind = sniff(source.read(0, HEAD_BYTES))
    if kind.name in rule.formats:
        found.append(say.unsupported_document(kind.name))
    else:
        found.append(say.wrong_format((kind.name, kind.zh, kind.en), rule.formats, recording=False))
    return Judgement(findings=tuple(found))


_JUDGES: dict[str, Callable[[Source, MaterialRule], Judgement]] = {
    "photo": judge_photo,
    "video": judge_video,
    "document": _judge_document,
}
