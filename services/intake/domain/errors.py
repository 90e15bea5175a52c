"""Everything intake refuses. One base; each subclass has a slug and its docstring says what it means.

services/intake/problems.py maps them to HTTP. `zh` and `en` say what was given, what is allowed, how to mend it; where
they are empty the sentence of the problem table stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from contracts.events import Finding


class IntakeError(Exception):
    """Intake refuses."""

    slug: ClassVar[str]

    def __init__(self, zh: str = "", en: str = "", *, findings: Sequence[Finding] = (), **extra: Any) -> None:
        super().__init__(en or self.__doc__)
        self.zh = zh
        self.en = en
        self.findings = tuple(findings)
        self.extra = extra


class NotFoundError(IntakeError):
    """There is nothing here, or it is not this caller's."""

    slug = "not-found"


class ForbiddenError(IntakeError):
    """The caller's role may not do this."""

    slug = "forbidden"


class SignInRefusedError(IntakeError):
    """Unknown login, wrong password, or an account that was never activated: nobody learns which."""

    slug = "sign-in-refused"


class AccountDisabledError(IntakeError):
    """The right password of a disabled account."""

    slug = "account-disabled"


class TooManyAttemptsError(IntakeError):
    """Too many failed attempts of this kind; sentences say of what, how long to wait, and what may be done instead."""

    slug = "too-many-attempts"


class ActivationRefusedError(IntakeError):
    """The activation code is unknown, used, replaced or expired: nobody learns which."""

    slug = "activation-refused"


class SecondFactorNeededError(IntakeError):
    """The password is right; the account also needs its one-time password."""

    slug = "second-factor-needed"


class SignInLapsedError(IntakeError):
    """Too long between password and second factor, or the password was changed in between."""

    slug = "sign-in-lapsed"


class SecondFactorRefusedError(IntakeError):
    """The one-time password or recovery code is wrong or was used before."""

    slug = "second-factor-refused"


class SecondFactorExistsError(IntakeError):
    """The account has a second factor already."""

    slug = "second-factor-exists"


class BadTokenError(IntakeError):
    """The program's token cannot be made as described."""

    slug = "bad-token"


class BadSheetError(IntakeError):
    """The table as a whole cannot be read."""

    slug = "bad-sheet"


class RowsRefusedError(IntakeError):
    """Rows of the table are wrong; each is among the findings, and nothing was taken."""

    slug = "rows-refused"


class OutOfScopeError(IntakeError):
    """The program's token is limited to other things."""

    slug = "out-of-scope"


class WeakPasswordError(IntakeError):
    """The password is too short, too long, too common, or about the account itself."""

    slug = "weak-password"


class WrongPasswordError(IntakeError):
    """What was given as the account's present password is not."""

    slug = "wrong-password"


class LoginTakenError(IntakeError):
    """Another account has this login."""

    slug = "login-taken"


class BadAccountError(IntakeError):
    """The account cannot be made as described."""

    slug = "bad-account"


class CampaignExistsError(IntakeError):
    """A campaign of this id is open already."""

    slug = "campaign-exists"


class BadDefinitionError(IntakeError):
    """The definition, or what an amendment would make of it, does not hold together."""

    slug = "bad-definition"


class UnknownCategoryError(IntakeError):
    """The campaign has no such category."""

    slug = "unknown-category"


class UnitNotInvitedError(IntakeError):
    """The unit is not among those that may recommend in this campaign or category."""

    slug = "unit-not-invited"


class NotOpenError(IntakeError):
    """The campaign does not take entries yet."""

    slug = "not-open"


class DeadlinePassedError(IntakeError):
    """Too late, by the database's clock."""

    slug = "deadline-passed"


class QuotaUsedError(IntakeError):
    """The unit has used its quota in this category."""

    slug = "quota-used"


class WrongStateError(IntakeError):
    """The state of the entry does not allow this."""

    slug = "wrong-state"


class StaleVersionError(IntakeError):
    """Somebody saved in between; both texts are in the answer, nothing was lost."""

    slug = "stale-version"


class UnknownFieldError(IntakeError):
    """The category's form has no such field."""

    slug = "unknown-field"


class NotReadyError(IntakeError):
    """The entry cannot be submitted yet; every reason is among the findings."""

    slug = "not-ready"


class UnknownMaterialKindError(IntakeError):
    """The category takes no material of this kind."""

    slug = "unknown-material-kind"


class TooManyMaterialsError(IntakeError):
    """The entry holds as many materials of this kind as it may."""

    slug = "too-many-materials"


class MaterialTooLargeError(IntakeError):
    """The file is larger than the rule allows."""

    slug = "material-too-large"


class UploadMissingError(IntakeError):
    """Storage does not hold the file yet."""

    slug = "upload-missing"


class UploadExpiredError(IntakeError):
    """The time for finishing this upload has run out."""

    slug = "upload-expired"


class MalformedPartsError(IntakeError):
    """The file is not sent in parts, or has no such part."""

    slug = "no-such-part"


class NothingToShowError(IntakeError):
    """There is no picture or copy of this file that could be shown, or not yet."""

    slug = "nothing-to-show"


class StorageUnavailableError(IntakeError):
    """Object storage does not answer."""

    slug = "storage-unavailable"


class FontMissingError(IntakeError):
    """A font that papers are set in is not installed."""

    slug = "font-missing"


class PaperFailedError(IntakeError):
    """A paper took more time or memory than any may, or the typesetter gave up on it."""

    slug = "paper-failed"


class TooLongToPrintError(IntakeError):
    """A draft's texts are larger than any submission may be."""

    slug = "too-long-to-print"
