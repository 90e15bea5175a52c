"""Contacts: who can be written to, and under which addresses letters find them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from contracts.events import Finding
from services.notify.domain.errors import ContactInvalidError

MAX_NAME = 60
MAX_MAILBOX = 254
MAX_LOCAL_PART = 64
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_CHINESE_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_INTERNATIONAL = re.compile(r"\+[1-9][0-9]{6,14}")
_CHINA = "+86"

PASSWORD_GOOD_FOR = timedelta(minutes=20)
"""So long after a password was given a registered mailbox may be changed: time enough to fill in the form."""

UNIT_ROLES = frozenset({"unit", "committee", "working-group", "individual"})
"""Roles that act for the unit in the account's token; an expert's own organisation is not his to hear from."""


@dataclass(frozen=True, slots=True, repr=False)
class Contact:
    """How to reach one account. `mobile` in E.164 (`+8613…`), `email` as an ASCII mailbox. Its repr shows neither."""

    name: str
    mobile: str
    email: str


@dataclass(frozen=True, slots=True)
class Addressee:
    """To whom a letter goes: a unit, an account, every holder of a role, the unit of an entry, or a whole campaign.

    The last two are worked out when the entry or the campaign is known. Written `unit:js`, `account:<uuid>`, ….
    """

    kind: Literal["unit", "account", "role", "entry", "campaign"]
    value: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"

    @classmethod
    def parse(cls, text: str) -> Addressee:
        """The addressee that `str()` wrote. Raises ValueError."""
        kind, _, value = text.partition(":")
        if kind not in {"unit", "account", "role", "entry", "campaign"} or not value:
            raise ValueError(f"{text!r} is no addressee")
        return cls(kind, value)  # type: ignore[arg-type] # checked a line above

    @property
    def direct(self) -> bool:
        """Whether contacts are found under it as it stands."""
        return self.kind in {"unit", "account", "role"}


def unit(code: str) -> Addressee:
    """The addressee for all contacts of a unit."""
    return Addressee("unit", code)


def account(account_id: UUID) -> Addressee:
    """The addressee for one account."""
    return Addressee("account", str(account_id))


SECRETARIAT = Addressee("role", "secretariat")


def is_proven(password_at: datetime | None, now: datetime) -> bool:
    """Whether the password was given just now; `password_at` is when, as the access token says."""
    return password_at is not None and now - password_at <= PASSWORD_GOOD_FOR


def addresses_of(account_id: UUID, roles: Iterable[str], unit_code: str | None) -> tuple[str, ...]:
    """Every addressee under which letters reach this account, sorted."""
    held = frozenset(roles)
    found = {str(account(account_id)), *(str(Addressee("role", role)) for role in held)}
    if unit_code and held & UNIT_ROLES:
        found.add(str(unit(unit_code)))
    return tuple(sorted(found))


def check_contact(name: str, mobile: str, email: str) -> Contact:
    """A contact as typed, put into one form (full-width signs and spaces are mended). Raises ContactInvalidError."""
    findings: list[Finding] = []
    checked = Contact(_name(name, findings), _mobile(mobile, findings), _email(email, findings))
    if findings:
        raise ContactInvalidError(findings)
    return checked


def _name(given: str, findings: list[Finding]) -> str:
    text = " ".join(unicodedata.normalize("NFC", given).split(" ")).strip()
    bad = next((c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}), None)
    if not text:
        findings.append(
            _finding("name", "name-missing", "请填写联系人姓名。", "Give the contact person's name."),
        )
    elif bad is not None:
        findings.append(
            _finding(
                "name",
                "name-unprintable",
                f"姓名中含有无法显示的字符（U+{ord(bad):04X}），请删除后重新填写。",
                f"The name holds a character that cannot be shown (U+{ord(bad):04X}); remove it.",
            )
        )
    elif len(text) > MAX_NAME:
        findings.append(
            _finding(
                "name",
                "name-too-long",
                f"姓名为 {len(text)} 个字符，最多 {MAX_NAME} 个，请缩短。",
                f"The name has {len(text)} characters; at most {MAX_NAME} are allowed.",
                given=len(text),
                allowed=MAX_NAME,
            )
        )
    return text


def _mobile(given: str, findings: list[Finding]) -> str:
    text = re.sub(r"[\s().\-\u2010-\u2015]", "", unicodedata.normalize("NFKC", given))
    text = re.sub(r"^(00|\+)", "+", text)
    domestic = text.removeprefix(_CHINA)
    if _CHINESE_MOBILE.fullmatch(domestic):
        return _CHINA + domestic
    if _INTERNATIONAL.fullmatch(text) and not text.startswith(_CHINA):
        return text
    findings.append(
        _finding(
            "mobile",
            "mobile-invalid",
            "手机号码应为 11 位的中国大陆号码，或以“+国家代码”开头的国际号码，请核对。",
            "Give a mobile number: 11 digits for mainland China, or + and the country code.",
        )
    )
    return ""


def _email(given: str, findings: list[Finding]) -> str:
    text = unicodedata.normalize("NFKC", given).replace("。", ".").strip()  # NFKC leaves the ideographic stop
    local, at, domain = text.rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode().lower() if domain else ""
    except UnicodeError:
        ascii_domain = ""
    labels = ascii_domain.split(".")
    good = (
        bool(at)
        and len(local) <= MAX_LOCAL_PART
        and len(local) + 1 + len(ascii_domain) <= MAX_MAILBOX
        and _LOCAL.fullmatch(local) is not None
        and len(labels) > 1
        and all(_LABEL.fullmatch(label) for label in labels)
        and not labels[-1].isdigit()
    )
    if good:
        return f"{local}@{ascii_domain}"
    findings.append(
        _finding(
            "email",
            "email-invalid",
            "电子邮箱格式有误，应形如 name@example.org（“@”前只用英文字母、数字和常用符号），请核对。",
            "The mailbox is malformed; it must look like name@example.org, with Latin letters before the @.",
        )
    )
    return ""


def _finding(place: str, slug: str, zh: str, en: str, **figures: int) -> Finding:
    return Finding(slug=slug, zh=zh, en=en, place=place, figures=figures)
