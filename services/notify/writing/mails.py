"""A mail as RFC 5322 wants it, from words: text and HTML, Chinese first and English beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from uuid import UUID

from services.notify.domain.contacts import Contact
from services.notify.ports import Lease, Mail
from services.notify.writing import headers
from services.notify.writing.letters import LetterWriter
from services.notify.writing.templates import Written, plain
from services.notify.writing.view import PLATFORM


@dataclass(frozen=True, slots=True)
class MailWriter:
    """Writes mails from `sender`, a bare mailbox."""

    letters: LetterWriter
    sender: str

    def header_id(self, message_id: UUID) -> str:
        """The Message-ID, always the same for the same message."""
        return f"<{message_id}@{self.sender.rpartition('@')[2]}>"

    def write(self, lease: Lease, contact: Contact, code: str = "") -> Mail:
        """The mail of one message. Raises ValueError or jinja2.TemplateError if it cannot be written."""
        written = self.letters.words(lease.letter, lease.campaign, lease.entry, contact_name=contact.name, code=code)
        return self.mail(
            lease.message_id,
            written,
            contact,
            organiser=lease.campaign.definition.organiser.zh if lease.campaign else PLATFORM["title"]["zh"],
            written_at=lease.queued_at,
        )

    def mail(
        self, message_id: UUID, written: Written, contact: Contact, *, organiser: str, written_at: datetime
    ) -> Mail:
        """The same bytes each time for the same arguments, so that a second copy is known for one."""
        fields = {
            "Date": headers.date(written_at),
            "From": headers.mailbox(plain(organiser), self.sender),
            "To": headers.mailbox(plain(contact.name), contact.email),
            "Subject": headers.words(written.subject),
            "Message-ID": self.header_id(message_id),
            "Auto-Submitted": "auto-generated",
            "Content-Language": "zh-CN, en",
        }
        body = EmailMessage(policy=SMTP)
        body.set_content(written.text, cte="base64")
        body.add_alternative(written.html, subtype="html", cte="base64")
        body.set_boundary(f"=_{message_id.hex}")
        return Mail(self.sender, contact.email, headers.block(fields) + body.as_bytes())
