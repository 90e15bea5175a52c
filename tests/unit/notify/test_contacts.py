"""Contacts as people type them."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.domain.contacts import Addressee, Contact, addresses_of, check_contact
from services.notify.domain.errors import ContactInvalidError

ACCOUNT = UUID("0b1e6a52-3d1c-4b0e-8c3c-7f6b1c0f6f11")
GOOD = {"name": "张晓", "mobile": "13800000000", "email": "zhang@example.org"}


@pytest.mark.parametrize(
    ("given_mobile", "kept"),
    [
        ("13800000000", "+8613800000000"),
        (" 138 0000 0000 ", "+8613800000000"),
        ("+86 138-0000-0000", "+8613800000000"),
        ("0086 13800000000", "+8613800000000"),
        ("１３８００００００００", "+8613800000000"),
        ("+852 5123 4567", "+85251234567"),
    ],
)
def test_mobile_is_put_into_one_form(given_mobile: str, kept: str) -> None:
    assert check_contact("张晓", given_mobile, GOOD["email"]).mobile == kept


@pytest.mark.parametrize(
    ("given_email", "kept"),
    [
        ("Zhang.Xiao@Example.ORG", "Zhang.Xiao@example.org"),
        ("ｚｈａｎｇ＠ｅｘａｍｐｌｅ．ｏｒｇ", "zhang@example.org"),
        (" zhang@example。org ", "zhang@example.org"),
        ("li@图书馆.cn", "li@xn--sxq5dm1oosv.cn"),
        ("a+b_c-d@mail.example.org", "a+b_c-d@mail.example.org"),
    ],
)
def test_email_is_put_into_one_form(given_email: str, kept: str) -> None:
    found = check_contact("张晓", GOOD["mobile"], given_email).email
    assert found == (kept if "图书馆" not in given_email else "li@" + "图书馆".encode("idna").decode() + ".cn")
    assert found.isascii()


@pytest.mark.parametrize(
    ("field", "value", "slug"),
    [
        ("name", "", "name-missing"),
        ("name", "   ", "name-missing"),
        ("name", "张\r\nBcc: all@example.org", "name-unprintable"),
        ("name", "张\x00", "name-unprintable"),
        ("name", "exe.\u202egpj", "name-unprintable"),
        ("name", "张\u2028晓", "name-unprintable"),
        ("name", "张" * 61, "name-too-long"),
        ("mobile", "", "mobile-invalid"),
        ("mobile", "12800000000", "mobile-invalid"),
        ("mobile", "1380000000", "mobile-invalid"),
        ("mobile", "+86 12800000000", "mobile-invalid"),
        ("mobile", "13800000000\r\n1", "mobile-invalid"),
        ("mobile", "+" + "1" * 16, "mobile-invalid"),
        ("email", "", "email-invalid"),
        ("email", "zhang", "email-invalid"),
        ("email", "zhang@localhost", "email-invalid"),
        ("email", "zhang@127.0.0.1", "email-invalid"),
        ("email", "zhang@example.org\r\nRCPT TO:<x@example.org>", "email-invalid"),
        ("email", "a@b@example.org", "email-invalid"),
        ("email", "<zhang@example.org>", "email-invalid"),
        ("email", "zhang xiao@example.org", "email-invalid"),
        ("email", ".zhang@example.org", "email-invalid"),
        ("email", "张晓@example.org", "email-invalid"),
        ("email", "zhang@-example.org", "email-invalid"),
        ("email", "zhang@exa_mple.org", "email-invalid"),
        ("email", "zhang@.org", "email-invalid"),
        ("email", "z" * 65 + "@example.org", "email-invalid"),
        ("email", "z@" + "a" * 64 + ".org", "email-invalid"),
        ("email", "z@" + ".".join(["a" * 60] * 5) + ".org", "email-invalid"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_reason(field: str, value: str, slug: str) -> None:
    with pytest.raises(ContactInvalidError) as caught:
        check_contact(**{**GOOD, field: value})
    (finding,) = caught.value.findings
    assert (finding.place, finding.slug) == (field, slug)
    assert finding.zh
    assert finding.en


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(ContactInvalidError) as caught:
        check_contact("", "1", "x")
    assert [finding.place for finding in caught.value.findings] == ["name", "mobile", "email"]


def test_refusal_does_not_quote_what_was_given() -> None:
    with pytest.raises(ContactInvalidError) as caught:
        check_contact("张晓", "13900001111222", "zhang@secret@example.org")
    assert "13900001111222" not in str(caught.value)
    assert "secret" not in str(caught.value)


@given(name=st.text(max_size=80), mobile=st.text(max_size=40), email=st.text(max_size=120))
def test_whatever_is_typed_is_refused_or_safe_in_a_header(name: str, mobile: str, email: str) -> None:
    try:
        contact = check_contact(name, mobile, email)
    except ContactInvalidError:
        return  # every refusal is tested above
    assert contact.email.isascii()
    assert not any(c.isspace() for c in contact.email + contact.mobile)
    assert "\r" not in contact.name
    assert "\n" not in contact.name


def test_addresses_are_account_roles_and_the_unit_one_acts_for() -> None:
    assert addresses_of(ACCOUNT, ["unit"], "js") == (f"account:{ACCOUNT}", "role:unit", "unit:js")
    assert addresses_of(ACCOUNT, ["committee"], "yulin")[-1] == "unit:yulin"


def test_expert_does_not_hear_what_concerns_his_own_organisation() -> None:
    assert "unit:js" not in addresses_of(ACCOUNT, ["expert"], "js")


@pytest.mark.parametrize("text", ["unit:js", f"account:{ACCOUNT}", "role:secretariat", "entry:1", "campaign:cls-2017"])
def test_addressee_is_read_as_it_was_written(text: str) -> None:
    assert str(Addressee.parse(text)) == text


@pytest.mark.parametrize("text", ["", "unit:", "js", "mailbox:a@example.org"])
def test_what_is_no_addressee_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no addressee"):
        Addressee.parse(text)


def test_contact_does_not_show_itself_in_logs() -> None:
    contact = check_contact(**GOOD)
    assert contact == Contact("张晓", "+8613800000000", "zhang@example.org")
    assert not any(part in f"{contact!r} {[contact]}" for part in ("张晓", "13800000000", "zhang"))
