"""Everything that notify refuses. A class's `slug` is stable and is what services/notify/problems.py answers by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from contracts.events import Finding


class NotifyError(Exception):
    """Notify refuses."""

    slug: ClassVar[str] = "notify-error"


class ContactInvalidError(NotifyError):
    """A contact's name, mobile number or mailbox cannot be used; every fault is named in `findings`."""

    slug = "contact-invalid"

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(", ".join(f"{finding.place}: {finding.slug}" for finding in findings))
        self.findings = tuple(findings)


class PasswordNeededError(NotifyError):
    """A registered mailbox is changed only by who has given the account's password just now."""

    slug = "password-needed"


class ContactMissingError(NotifyError):
    """The account has not registered a contact yet."""

    slug = "no-contact"


class AccountDisabledError(NotifyError):
    """The account has been disabled; it registers nothing any more."""

    slug = "account-disabled"


class CampaignUnknownError(NotifyError):
    """No campaign of this name has been published."""

    slug = "unknown-campaign"


class SealBrokenError(NotifyError):
    """A contact's private part cannot be opened: another key, another account's, or damaged."""

    slug = "contact-unreadable"


class TransitionError(NotifyError):
    """A state machine was asked for a step that its table does not hold."""

    slug = "no-such-step"
