"""Mails as bytes: clean headers, the same each time, nothing smuggled in."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import getaddresses
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.domain.contacts import Contact
from services.notify.writing import headers
from services.notify.writing.letters import LetterWriter
from services.notify.writing.mails import MailWriter
from services.notify.writing.templates import Templates, Written, plain

WRITER = MailWriter(LetterWriter(Templates(), "https://laurel.example.org"), "laurel@mail.example.org")
ID = UUID("0b1e6a52-3d1c-4b0e-8c3c-7f6b1c0f6f11")
AT = datetime(2026, 8, 31, 16, 0, 5, tzinfo=UTC)
NAMES = [
    "张晓",
    "Zhang Xiao",
    "",
    '张三, "李四" <x@y.example>',
    "a,b; (c)",
    "=?utf-8?b?Zm9v?=",
    "中" * 60,
    "Bär " * 15 + "x",
    "名 , 字" * 8,
    '\\back"slash"',
    ". .",
    "张三\r\nBcc: all@example.org",
    "𠮷野家👩‍👩‍👧",
]


def _mail(
    name: str = "张晓", subject: str = "【活动】申报回执", text: str = "您好。\n", html: str = "<p>您好。</p>"
) -> bytes:
    written = Written(subject, text, html)
    contact = Contact(name, "+8613800000000", "zhang@example.org")
    return WRITER.mail(ID, written, contact, organiser="中国图书馆学会", written_at=AT).body


def _read(body: bytes) -> EmailMessage:
    message = message_from_bytes(body, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def _recipients(message: EmailMessage) -> list[tuple[str, str]]:
    """Names and mailboxes as RFC 2047 reads them: the new parser of the library keeps the white space between
    encoded words of a name, which section 6.2 says is to be ignored."""
    raw = str(message_from_bytes(message.as_bytes())["To"])
    return [(str(make_header(decode_header(name))), mailbox) for name, mailbox in getaddresses([raw])]


def test_mail_has_the_fields_it_needs_and_no_other() -> None:
    message = _read(_mail())
    assert message.keys() == [
        *("Date", "From", "To", "Subject", "Message-ID", "Auto-Submitted", "Content-Language"),
        *("MIME-Version", "Content-Type"),
    ]
    assert message["Message-ID"] == f"<{ID}@mail.example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == AT
    assert message["From"].addresses[0].addr_spec == "laurel@mail.example.org"
    assert message["From"].addresses[0].display_name == "中国图书馆学会"


def test_mail_has_text_and_html_that_read_back_whole() -> None:
    text = "您好。\n.\n..点\n" + "长" * 3000 + "\n"
    message = _read(_mail(text=text, html="<p>长</p>\n"))
    plain_part, html_part = message.iter_parts()
    assert plain_part.get_content_type() == "text/plain"
    assert html_part.get_content_type() == "text/html"
    assert plain_part.get_content() == text.replace("\n", "\r\n")  # RFC 2045: text is encoded with CRLF
    assert html_part.get_content() == "<p>长</p>\r\n"


@pytest.mark.parametrize("name", NAMES)
def test_name_reaches_the_reader_as_it_is_and_brings_no_recipient(name: str) -> None:
    message = _read(_mail(name=name))
    assert not message.defects
    assert _recipients(message) == [(plain(name), "zhang@example.org")]
    assert "Bcc" not in message


@pytest.mark.parametrize("subject", [name for name in NAMES if name])
def test_subject_reaches_the_reader_as_it_is(subject: str) -> None:
    message = _read(_mail(subject=plain(subject)))
    assert message["Subject"] == plain(subject)
    assert "Bcc" not in message


@given(name=st.text(min_size=1, max_size=70), subject=st.text(min_size=1, max_size=150))
def test_any_name_and_subject_survive(name: str, subject: str) -> None:
    if not plain(name) or not plain(subject):
        return
    body = _mail(name=name, subject=plain(subject))
    message = _read(body)
    assert message["Subject"] == plain(subject)
    assert _recipients(message) == [(plain(name), "zhang@example.org")]
    head, _, _ = body.partition(b"\r\n\r\n")
    assert all(len(line) <= 78 for line in head.split(b"\r\n"))


def test_lines_end_in_crlf_and_stay_short() -> None:
    body = _mail(text="长" * 5000)
    assert b"\n" not in body.replace(b"\r\n", b"")
    assert b"\r" not in body.replace(b"\r\n", b"")
    assert max(len(line) for line in body.split(b"\r\n")) <= 78
    assert body.isascii()


def test_same_message_is_the_same_bytes_each_time() -> None:
    assert _mail() == _mail()


@pytest.mark.parametrize("value", ["a\r\nBcc: x@example.org", "a\nb", "a\rb", "中文", "", "a\r\n\r\nbody", "a\x00"])
def test_value_that_could_break_out_of_its_field_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="Subject"):
        headers.block({"Subject": value})


def test_field_name_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="not allowed"):
        headers.block({"X: y\r\nBcc": "z"})
