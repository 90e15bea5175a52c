"""Judging files one by one, several at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from services.media import findings as say
from services.media.checking.files import NotJudgedError, OpenFile, opened
from services.media.checking.rules import Kind, RuleBook
from services.media.domain import Judgement
from services.media.formats.sniff import HEAD_BYTES
from services.media.pool import Pool, PoolError
from services.media.source import MOST_WHOLE_BYTES, READ_WHOLE
from services.media.verdict import judgement_at


class Outcome(StrEnum):
    """What came of a file."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    NOT_JUDGED = "not-judged"


@dataclass(frozen=True, slots=True)
class Checked:
    """One file: what it was taken for, and its judgement, or why there is none."""

    path: Path
    kind: Kind | None
    judgement: Judgement | None = None
    problem: NotJudgedError | None = None

    @property
    def outcome(self) -> Outcome:
        if self.judgement is None:
            return Outcome.NOT_JUDGED
        return Outcome.ACCEPTED if self.judgement.accepted else Outcome.REJECTED


def check(
    paths: Sequence[Path], book: RuleBook, pool: Pool, *, kind: Kind | None = None, at_once: int = 1
) -> Iterator[Checked]:
    """Every file in the order given. `kind`: of all of them, where it is not to be guessed.

    `at_once`: as many as the pool has processes. Raises RulesError.
    """
    with ThreadPoolExecutor(at_once) as threads:
        yield from threads.map(lambda path: _checked(path, book, pool, kind), paths)


def _checked(path: Path, book: RuleBook, pool: Pool, kind: Kind | None) -> Checked:
    taken_for = kind
    try:
        with opened(path) as file:
            taken_for = kind or book.kind_of(file.read(0, HEAD_BYTES), path)
            return Checked(path, taken_for, _judged(file, book, pool, taken_for))
    except NotJudgedError as problem:
        return Checked(path, taken_for, problem=problem)
    except PoolError as error:
        no_process = NotJudgedError(
            "no-process",
            f"检查用的子进程无法启动（{error}），与文件无关。请检查安装和内存。",
            f"The process that judges files cannot be started ({error}); the file is not to blame. Check the "
            "installation and the memory.",
        )
        return Checked(path, taken_for, problem=no_process)


def _judged(file: OpenFile, book: RuleBook, pool: Pool, kind: Kind) -> Judgement:
    """As the worker does: photos and documents are read whole up to a bound, videos by ranges."""
    rule = book.rule(kind)
    if rule is None:
        return Judgement(findings=(say.unknown_kind(kind, book.names),))
    with pool.slot() as desk:
        if rule.kind not in READ_WHOLE or file.size > MOST_WHOLE_BYTES:
            return judgement_at(desk, rule, file)
        for chunk in file.chunks():
            desk.put(chunk)
        judgement = judgement_at(desk, rule)
        return judgement.of(desk.sha256) if judgement.accepted else judgement
