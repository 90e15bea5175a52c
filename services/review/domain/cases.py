"""A case: one entry under review. It opens by itself when a revision is submitted, and follows what the unit does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from contracts.events import EntrySubmittedV1, EntryWithdrawnV1, Finding, MaterialRef, UnitRef
from services.review.domain.acts import Actor


class CaseState(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    RETURNED = "returned"
    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    WITHDRAWN = "withdrawn"


class CaseCommand(StrEnum):
    """What moves a case: the unit submits or withdraws (by event); the secretariat rules on a revision."""

    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    FIND_ELIGIBLE = "eligible"
    FIND_INELIGIBLE = "ineligible"
    RETURN = "return"


class Verdict(StrEnum):
    """What the secretariat may rule on a revision."""

    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    RETURN = "return"


_S, _C = CaseState, CaseCommand

TRANSITIONS: Mapping[tuple[CaseState | None, CaseCommand], CaseState] = {
    # The unit's doings. None: nothing has been heard of the entry yet.
    (None, _C.SUBMIT): _S.OPEN,
    (_S.OPEN, _C.SUBMIT): _S.OPEN,
    (_S.RETURNED, _C.SUBMIT): _S.OPEN,
    (_S.ELIGIBLE, _C.SUBMIT): _S.OPEN,  # a ruling holds for its own revision alone
    (_S.INELIGIBLE, _C.SUBMIT): _S.OPEN,
    (_S.WITHDRAWN, _C.SUBMIT): _S.WITHDRAWN,  # the withdrawal overtook the submission on its way
    (None, _C.WITHDRAW): _S.WITHDRAWN,
    (_S.OPEN, _C.WITHDRAW): _S.WITHDRAWN,
    (_S.RETURNED, _C.WITHDRAW): _S.WITHDRAWN,
    (_S.ELIGIBLE, _C.WITHDRAW): _S.WITHDRAWN,
    (_S.INELIGIBLE, _C.WITHDRAW): _S.WITHDRAWN,
    (_S.WITHDRAWN, _C.WITHDRAW): _S.WITHDRAWN,
    # The secretariat's rulings.
    (_S.OPEN, _C.FIND_ELIGIBLE): _S.ELIGIBLE,
    (_S.OPEN, _C.FIND_INELIGIBLE): _S.INELIGIBLE,
    (_S.OPEN, _C.RETURN): _S.RETURNED,
}
"""(state, command) → state. What is not here is refused."""


def after(state: CaseState | None, command: CaseCommand) -> CaseState | None:
    """The state that follows, or None if the command is refused in this state."""
    return TRANSITIONS.get((state, command))


@dataclass(frozen=True, slots=True)
class Case:
    """An entry as its newest revision describes it, and where its review stands."""

    entry_id: UUID
    campaign_id: str
    category: str
    unit: UnitRef
    state: CaseState
    revision: int = 0
    """0: withdrawn before any revision arrived; such a case is on no list."""
    title: str = ""
    receipt_number: str = ""
    material_ids: tuple[UUID, ...] = ()
    submitted_at: datetime | None = None
    withdrawn_at: datetime | None = None
    withdrawal_reason: str = ""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the secretariat decided on one revision."""

    verdict: Verdict
    by: Actor
    at: datetime
    conditions: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    mend_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class Revision:
    """The whole content of one submission, kept for good, and the ruling on it."""

    entry_id: UUID
    number: int
    campaign_version: int
    title: str
    fields: Mapping[str, str]
    materials: tuple[MaterialRef, ...]
    digest: str
    submitted_by: UUID
    submitted_at: datetime
    ruling: Ruling | None = None


def revision_of(event: EntrySubmittedV1) -> Revision:
    """The content that an event brought."""
    return Revision(
        entry_id=event.entry_id,
        number=event.revision,
        campaign_version=event.campaign_version,
        title=event.title,
        fields=dict(event.fields),
        materials=event.materials,
        digest=event.digest,
        submitted_by=event.submitted_by,
        submitted_at=event.submitted_at,
    )


def follow_submission(case: Case | None, event: EntrySubmittedV1) -> Case | None:
    """The case after a submission; None if it changes nothing, since this or a newer revision is known."""
    if case is not None and event.revision <= case.revision:
        return None
    state = after(case.state if case else None, CaseCommand.SUBMIT)
    if state is None:
        return None
    return Case(
        entry_id=event.entry_id,
        campaign_id=event.campaign_id,
        category=event.category,
        unit=event.unit,
        state=state,
        revision=event.revision,
        title=event.title,
        receipt_number=event.receipt_number,
        material_ids=tuple(material.material_id for material in event.materials),
        submitted_at=event.submitted_at,
        withdrawn_at=case.withdrawn_at if case else None,
        withdrawal_reason=case.withdrawal_reason if case else "",
    )


def follow_withdrawal(case: Case | None, event: EntryWithdrawnV1) -> Case | None:
    """The case after a withdrawal, also if that arrives first; None if it changes nothing."""
    state = after(case.state if case else None, CaseCommand.WITHDRAW)
    if state is None or (case is not None and case.state is state):
        return None
    known = case or Case(
        entry_id=event.entry_id,
        campaign_id=event.campaign_id,
        category=event.category,
        unit=event.unit,
        state=state,
    )
    return replace(known, state=state, withdrawn_at=event.withdrawn_at, withdrawal_reason=event.reason)
