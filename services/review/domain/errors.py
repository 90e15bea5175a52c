"""What review refuses. Each error's docstring says when; problems.py has the sentences that people read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from contracts.events import Finding


class ReviewError(Exception):
    """Something was refused. `figures` fill the sentence; `findings` name each single reason."""

    slug: ClassVar[str] = "refused"

    def __init__(self, *, findings: Sequence[Finding] = (), **figures: Any) -> None:
        super().__init__(self.slug)
        self.findings = tuple(findings)
        self.figures: Mapping[str, Any] = figures

    def __str__(self) -> str:
        shown = ", ".join(f"{key}={value}" for key, value in self.figures.items())
        return f"{self.slug}({shown})"


class UnknownCampaignError(ReviewError):
    """No definition of this campaign has arrived (yet)."""

    slug = "unknown-campaign"


class UnknownCaseError(ReviewError):
    """No revision of this entry has been submitted to review."""

    slug = "unknown-case"


class UnknownAssessmentError(ReviewError):
    """No such assessment, or it is not the caller's, or it is his no longer: all answered alike."""

    slug = "unknown-assessment"


class UnknownExpertError(ReviewError):
    """The account is not on this campaign's panel."""

    slug = "unknown-expert"


class UnknownUnitError(ReviewError):
    """Neither the definition nor any entry of the campaign knows this unit."""

    slug = "unknown-unit"


class ExpertInSecretariatError(ReviewError):
    """An expert of the campaign asked for what only its secretariat or supervisors may see or do."""

    slug = "expert-of-this-campaign"


class StaleRevisionError(ReviewError):
    """The decision is about another revision than the one that stands."""

    slug = "stale-revision"


class AlreadyDecidedError(ReviewError):
    """Somebody else (or the same person) has decided on this revision."""

    slug = "already-decided"


class CaseWithdrawnError(ReviewError):
    """The unit took the entry back."""

    slug = "entry-withdrawn"


class CaseClaimedError(ReviewError):
    """Somebody else is at work on this case."""

    slug = "case-claimed"


class UnknownPaperError(ReviewError):
    """What was scanned or typed is the code of no form of this campaign."""

    slug = "unknown-paper"


class NothingOpenError(ReviewError):
    """Among what was asked for, nothing waits that nobody works on."""

    slug = "nothing-open"


class NoDraftError(ReviewError):
    """There is nothing to release: no ruling is drafted for the revision that stands."""

    slug = "no-draft"


class ConditionsNotMetError(ReviewError):
    """Too few of the category's conditions are ticked; each unmet rule is a finding."""

    slug = "conditions-not-met"


class UnknownConditionError(ReviewError):
    """A ticked condition is not one of the category's."""

    slug = "unknown-condition"


class MaterialsNotAcceptedError(ReviewError):
    """A material of the revision is rejected or not judged yet; each is a finding."""

    slug = "materials-not-accepted"


class FindingsMissingError(ReviewError):
    """Ineligible and return need at least one finding."""

    slug = "findings-missing"


class MendByPassedError(ReviewError):
    """The day until which a returned entry can be mended must lie ahead."""

    slug = "mend-by-passed"


class TooMuchTextError(ReviewError):
    """What was written does not fit into one event."""

    slug = "too-much-text"


class NoPanelError(ReviewError):
    """The definition has no panel: nobody scores in this campaign."""

    slug = "no-panel"


class UnknownCategoryError(ReviewError):
    """The campaign has no such category."""

    slug = "unknown-category"


class RegionMissingError(ReviewError):
    """Without a region, experts' own province cannot be kept from them."""

    slug = "region-missing"


class DueMissingError(ReviewError):
    """No date until which scores are due, neither in the calendar nor in the request."""

    slug = "due-missing"


class CannotCoverError(ReviewError):
    """Some entries have fewer experts without a conflict than they need; each is a finding; nothing was assigned."""

    slug = "entries-cannot-be-covered"


class ScoresInvalidError(ReviewError):
    """Scores do not fit the rubric; each criterion is a finding."""

    slug = "scores-invalid"


class AlreadySubmittedError(ReviewError):
    """Scores are in, and other ones than those now given."""

    slug = "already-submitted"


class ListClosedError(ReviewError):
    """Notice has been given or the decision published: scores and panel stand."""

    slug = "list-closed"


class PlacesMissingError(ReviewError):
    """A category with eligible entries has neither a number of places nor a cap."""

    slug = "places-missing"


class OverCapError(ReviewError):
    """More places than the definition's cap."""

    slug = "over-cap"


class ScoresMissingError(ReviewError):
    """Entries of a category that is to be listed lack scores; each is a finding."""

    slug = "scores-missing"


class TieAtTheCutError(ReviewError):
    """Equal entries stand on both sides of the last place; people must choose."""

    slug = "tie-at-the-cut"


class ChoiceInvalidError(ReviewError):
    """The entries chosen at the cut are not exactly as many of the tied ones as there are places left."""

    slug = "choice-invalid"


class DiffersFromNoticeError(ReviewError):
    """The decision would list more than stood in the public notice."""

    slug = "differs-from-notice"


class NothingToListError(ReviewError):
    """No entry would stand on the list."""

    slug = "nothing-to-list"


class NoticeTimesError(ReviewError):
    """A notice must close after it opens, and in the future."""

    slug = "notice-times"


class NoticeAlreadyOpenError(ReviewError):
    """Public notice of this campaign has been given."""

    slug = "notice-already-given"


class NoticeStillOpenError(ReviewError):
    """The notice still stands open for objections."""

    slug = "notice-still-open"


class AlreadyPublishedError(ReviewError):
    """The decision of this campaign has been published; it stands as it is."""

    slug = "already-published"


class NotPublishedError(ReviewError):
    """There is no public list of this campaign (yet)."""

    slug = "not-published"
