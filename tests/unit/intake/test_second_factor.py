"""One-time passwords as RFC 6238 counts them, recovery codes, and how a browser is named."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pyotp
import pytest

from services.intake.domain import second_factor as rules
from services.intake.domain.second_factor import SecondFactor
from services.intake.domain.sessions import browser_of

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("at", "password"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_one_time_passwords_are_those_of_the_rfc(at: int, password: str) -> None:
    assert rules.one_time_password(RFC_SECRET, at // rules.STEP_SECONDS) == password


def test_a_password_is_good_a_step_before_and_after_and_once() -> None:
    now = datetime(2026, 11, 25, 8, 0, 10, tzinfo=UTC)
    secret, current = rules.new_secret(), int(now.timestamp()) // 30
    passwords = {step: rules.one_time_password(secret, step) for step in range(current - 2, current + 3)}
    assert len(set(passwords.values())) == 5

    factor = SecondFactor(secret, confirmed=True, last_step=0)
    good = {step for step, password in passwords.items() if rules.step_of(factor, password, now) is not None}
    used = SecondFactor(secret, confirmed=True, last_step=current)

    assert good == {current - 1, current, current + 1}
    assert rules.step_of(used, passwords[current], now) is None
    assert rules.step_of(used, passwords[current + 1], now) == current + 1
    full_width = passwords[current].translate({ord("0") + n: 0xFF10 + n for n in range(10)})
    assert rules.step_of(factor, f" {full_width[:3]} {full_width[3:]} ", now) == current
    for bad in ("", "12345", "1234567", "abcdef", "-12345"):
        assert rules.step_of(factor, bad, now) is None


def test_applications_understand_the_enrolment() -> None:
    secret = rules.new_secret()
    parsed = pyotp.parse_uri(rules.enrolment_uri(secret, "某馆@x"))
    assert (parsed.secret, parsed.issuer) == (secret, "桂冠 Laurel")
    assert isinstance(parsed, pyotp.TOTP)
    assert parsed.at(1_700_000_000) == rules.one_time_password(secret, 1_700_000_000 // 30)


def test_recovery_codes_are_read_however_they_are_typed() -> None:
    codes = rules.new_recovery_codes()
    assert len(set(codes)) == rules.RECOVERY_CODES
    assert rules.recovery_digest(codes[0].lower().replace("-", " ")) == rules.recovery_digest(codes[0])
    assert rules.recovery_digest("OIL0") == rules.recovery_digest("0110")


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", "Chrome · Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge · Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) AppleWebKit/605 MicroMessenger/8.0", "微信 · iPhone"),
        ("python-httpx/0.28", "python-httpx"),
        ("", "程序 program"),
    ],
)
def test_a_browser_is_named_in_few_words(agent: str, words: str) -> None:
    assert browser_of(agent) == words
