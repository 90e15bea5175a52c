"""Who works on which case: claims, so that two people never review the same entry at once."""

from __future__ import annotations

from uuid import UUID

from services.review.domain.acts import Actor
from services.review.domain.cases import Case, CaseState
from services.review.domain.claims import LEASE, Claim
from services.review.domain.errors import CaseClaimedError, NothingOpenError
from services.review.ports import CaseFilter, Work
from services.review.usecases.common import hold_case, the_desk


def ensure_not_claimed(work: Work, caller: Actor, case: Case) -> None:
    """Nobody else is at work on the case. Raises CaseClaimedError."""
    claim = work.clerks.claim(case.entry_id)
    if claim is not None and claim.keeps_out(caller, work.now()):
        raise CaseClaimedError(name=claim.by.name, until=claim.until)


def claim(work: Work, caller: Actor, entry_id: UUID) -> Claim | None:
    """Take a case, or keep it for another while. None if there is nothing to be done on it.

    Raises UnknownCaseError, UnknownCampaignError, ExpertInSecretariatError, CaseClaimedError.
    """
    case, _, _ = hold_case(work, caller, entry_id)
    if case.state is not CaseState.OPEN:
        return None
    ensure_not_claimed(work, caller, case)
    taken = Claim(entry_id, caller, work.now() + LEASE)
    work.clerks.put_claim(taken)
    return taken


def take_over(work: Work, caller: Actor, entry_id: UUID) -> Claim | None:
    """Take a case from whoever has it: he went home, say. He is told when he tries to rule on it.

    Raises UnknownCaseError, UnknownCampaignError, ExpertInSecretariatError.
    """
    hold_case(work, caller, entry_id)
    work.clerks.drop_claim(entry_id)
    return claim(work, caller, entry_id)


def give_back(work: Work, caller: Actor, entry_id: UUID) -> None:
    """Let others have a case; another's claim is left as it is.

    Raises UnknownCaseError, UnknownCampaignError, ExpertInSecretariatError.
    """
    hold_case(work, caller, entry_id)
    held = work.clerks.claim(entry_id)
    if held is not None and held.by.account_id == caller.account_id:
        work.clerks.drop_claim(entry_id)


def claim_next(work: Work, caller: Actor, wanted: CaseFilter, skipped: UUID | None = None) -> Claim:
    """Take the oldest open case among those asked for that nobody works on; `skipped` comes last of all.

    Raises UnknownCampaignError, ExpertInSecretariatError, NothingOpenError.
    """
    the_desk(work, caller, wanted.campaign_id)
    entry_id = work.clerks.next_free(wanted, caller, skipped)
    if entry_id is None:
        raise NothingOpenError
    taken = Claim(entry_id, caller, work.now() + LEASE)
    work.clerks.put_claim(taken)
    return taken
