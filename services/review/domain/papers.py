"""Paper copies: which form came by post, and whether it is of the revision that stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.review.domain.acts import Actor
from services.review.domain.cases import Case, CaseState

_CODE = re.compile(
    r"(?:https?://\S+/paper/|/?paper/)?(?P<number>[A-Za-z0-9][A-Za-z0-9.-]{0,99})"
    r"(?:/(?P<revision>[0-9]{1,6})/(?P<digest>[0-9a-f]{64}))?/?"
)


@dataclass(frozen=True, slots=True)
class PaperCode:
    """What a form's QR code says, or what somebody typed of it: the number alone, perhaps."""

    number: str
    revision: int | None = None
    digest: str = ""


def code_in(text: str) -> PaperCode | None:
    """The code in what a scanner or a person typed; None if it is none. Full-width letters are letters."""
    found = _CODE.fullmatch("".join(text.split()))
    if found is None:
        return None
    revision = found["revision"]
    return PaperCode(found["number"], int(revision) if revision else None, found["digest"] or "")


class PaperStanding(StrEnum):
    """How a paper that came stands to what was submitted."""

    CURRENT = "current"
    OLDER = "older"
    ALTERED = "altered"
    """Its digest is not that of the revision that it names: not a paper that was printed here."""
    UNCHECKED = "unchecked"
    """Its number alone was given: somebody compares the revision that is printed on it."""
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that came, as it was registered."""

    entry_id: UUID
    revision: int | None
    standing: PaperStanding
    by: Actor
    at: datetime


def standing_of(code: PaperCode, case: Case, digest_there: str | None) -> PaperStanding:
    """`digest_there` is that of the revision which the code names; None if there is no such revision."""
    if case.state is CaseState.WITHDRAWN:
        return PaperStanding.WITHDRAWN
    if code.revision is None:
        return PaperStanding.UNCHECKED
    if digest_there is None or digest_there != code.digest:
        return PaperStanding.ALTERED
    return PaperStanding.CURRENT if code.revision == case.revision else PaperStanding.OLDER
