"""The worker's verdict on files that lie on this machine: the same code, the same pool and limits, offline."""

from services.media.checking.check import Checked, Outcome, check
from services.media.checking.rules import RuleBook

__all__ = ["Checked", "Outcome", "RuleBook", "check"]
