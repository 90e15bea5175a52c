"""Activation letters: a page for each account, with its code and a QR code that leads to where it is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from services.intake.domain.documents.papers import ActivationLetter
from services.intake.pages.times import beijing

if TYPE_CHECKING:
    from services.intake.rendering.pdf import PdfMaker

ORGANISER = "秘书处"


@dataclass(frozen=True, slots=True, repr=False)
class Letter:
    """To whom a code goes. It is in this process's memory alone, and in the page of who handed it out."""

    name: str
    login: str
    code: str
    expires_at: datetime

    def plain(self) -> dict[str, str]:
        return {"name": self.name, "login": self.login, "code": self.code, "expires_at": self.expires_at.isoformat()}

    @classmethod
    def of(cls, plain: Mapping[str, str]) -> Letter:
        """Raises KeyError, TypeError, ValueError."""
        at = datetime.fromisoformat(plain["expires_at"])
        if at.tzinfo is None:
            raise ValueError("a time without a zone")
        return cls(str(plain["name"])[:300], str(plain["login"])[:100], str(plain["code"])[:100], at)


def letters_pdf(letters: Sequence[Letter], origin: str) -> bytes:
    """One file to print. Raises FontMissingError."""
    papers = [
        ActivationLetter(
            organiser=ORGANISER,
            addressee=letter.name,
            login=letter.login,
            code=letter.code,
            link=f"{origin}/activate",  # the QR code has the code behind it
            expires=beijing(letter.expires_at),
        )
        for letter in letters
    ]
    return _maker().letters(papers)


@cache
def _maker() -> PdfMaker:
    from services.intake.rendering.pdf import PdfMaker  # with the first letter: typesetting takes memory and time

    return PdfMaker(slots=1)
