"""The step that every verdict goes through: a child of the pool looks at a file, and what it says is checked."""

from __future__ import annotations

from pydantic import ValidationError

from contracts.campaign import MaterialRule
from services.media import findings as say
from services.media.domain import Judgement
from services.media.pool import Reader, WorkDiedError
from services.media.ports import Desk


def judgement_at(desk: Desk, rule: MaterialRule, reader: Reader | None = None) -> Judgement:
    """What a child says about the file; a file that kills its child is refused for it.

    Raises PoolError, and what the reader raises.
    """
    try:
        answer = desk.run("judge", {"rule": rule.model_dump(mode="json")}, reader)
        judgement = Judgement.model_validate(answer.data)
    except WorkDiedError as died:
        return Judgement(findings=(say.died(died.cause),))
    except ValidationError:
        return Judgement(findings=(say.died("answer"),))
    if judgement.facts is None and not judgement.findings:
        return Judgement(findings=(say.died("answer"),))
    return judgement
