"""The step that every verdict goes through: a child of the pool looks at a file, and what it says is checked."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from contracts.campaign import MaterialRule
from services.media import findings as say
from services.media.domain import JUDGING_SECONDS, Judgement
from services.media.pool import PROCESSOR_SECONDS, Reader, WorkDiedError
from services.media.ports import Desk

MOST_PIECES = 5
"""Of work on one file. Each ends by itself well before the child's limit on processor time."""
_GRACE_SECONDS = 0.5
"""By which the last piece may exceed it, as a page that is being drawn cannot be broken off and gone on with."""


def judgement_at(desk: Desk, rule: MaterialRule, reader: Reader | None = None) -> Judgement:
    """What a child says about the file, in as many pieces as it takes; a file that kills its child is refused for it.

    Raises PoolError, and what the reader raises.
    """
    asked: dict[str, Any] = {"rule": rule.model_dump(mode="json")}
    if rule.kind == "document":
        asked[PROCESSOR_SECONDS] = JUDGING_SECONDS
    for _ in range(MOST_PIECES):
        judgement = _piece(desk, asked, reader)
        if judgement.resume is None:
            return judgement
        asked["resume"] = judgement.resume
        left = JUDGING_SECONDS - _seconds(judgement.resume.get("spent"))
        if left <= 0:
            break
        asked[PROCESSOR_SECONDS] = left + _GRACE_SECONDS
    seen, pages = (asked["resume"].get(key) for key in ("seen", "pages"))
    return Judgement(findings=(say.too_heavy(_count(seen), _count(pages)),))


def _count(told: object) -> int:
    return told if isinstance(told, int) else 0


def _seconds(told: object) -> float:
    return float(told) if isinstance(told, int | float) else 0.0


def _piece(desk: Desk, asked: dict[str, Any], reader: Reader | None) -> Judgement:
    try:
        answer = desk.run("judge", asked, reader)
        judgement = Judgement.model_validate(in_print(answer.data))
    except WorkDiedError as died:
        return Judgement(findings=(say.died(died.cause),))
    except ValidationError:
        return Judgement(findings=(say.died("answer"),))
    if judgement.facts is None and not judgement.findings and judgement.resume is None:
        return Judgement(findings=(say.died("answer"),))
    return judgement


def printable(said: str) -> str:
    """With a mark for every character that is none to print."""
    return said if said.isprintable() else "".join(one if one.isprintable() else "\ufffd" for one in said)


def in_print(said: Any) -> Any:
    """The same with a mark for every character that is none to print.

    Names of codecs are the file's own bytes. A database that refuses a NUL in a text would leave such a file without
    a verdict, and a terminal would obey its escapes.
    """
    if isinstance(said, str):
        return printable(said)
    if isinstance(said, dict):
        return {in_print(key): in_print(value) for key, value in said.items()}
    if isinstance(said, list):
        return [in_print(value) for value in said]
    return said
