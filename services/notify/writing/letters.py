"""A letter in words."""

from __future__ import annotations

from dataclasses import dataclass

from services.notify.domain.entries import EntryRecord
from services.notify.domain.letters import Letter
from services.notify.ports import CampaignRecord
from services.notify.writing.templates import Templates, Written
from services.notify.writing.view import view, view_of_account


@dataclass(frozen=True, slots=True)
class LetterWriter:
    """Puts letters into words; links in them lead to `public_url`."""

    templates: Templates
    public_url: str

    def words(
        self,
        letter: Letter,
        campaign: CampaignRecord | None,
        entry: EntryRecord | None,
        *,
        contact_name: str,
        code: str = "",
    ) -> Written:
        """The letter as the mail and the list of one's own messages show it. Raises jinja2.TemplateError."""
        if campaign is None:
            variables = view_of_account(letter, contact_name=contact_name, public_url=self.public_url, code=code)
        else:
            variables = view(letter, campaign, entry, contact_name=contact_name, public_url=self.public_url)
        return self.templates.write(letter.kind, variables)
