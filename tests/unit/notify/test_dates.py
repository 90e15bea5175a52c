"""Dates as an office writes them; calendar arithmetic across clock changes and month ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.domain.dates import deadline_en, deadline_zh, end_zh, moment_en, moment_zh, shift

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("instant", "written"),
    [
        ("2026-09-01T00:00:00+08:00", "2026年8月31日（周一）24:00前"),
        ("2026-08-31T16:00:00+00:00", "2026年8月31日（周一）24:00前"),
        ("2026-08-31T23:59:59+08:00", "2026年8月31日（周一）24:00前"),
        ("2026-08-31T17:00:00+08:00", "2026年8月31日（周一）17:00前"),
        ("2026-08-31T23:59:00+08:00", "2026年8月31日（周一）23:59前"),
        ("2026-08-31T00:00:01+08:00", "2026年8月31日（周一）00:00:01前"),
        ("2027-01-01T00:00:00+08:00", "2026年12月31日（周四）24:00前"),
        ("2028-03-01T00:00:00+08:00", "2028年2月29日（周二）24:00前"),
    ],
)
def test_deadline_names_the_day_it_ends(instant: str, written: str) -> None:
    assert deadline_zh(datetime.fromisoformat(instant), SHANGHAI) == written
    assert end_zh(datetime.fromisoformat(instant), SHANGHAI) + "前" == written


def test_deadline_stands_in_english_beside_it() -> None:
    instant = datetime(2026, 8, 31, 16, tzinfo=UTC)
    assert deadline_en(instant, SHANGHAI) == "24:00 on Monday, 31 August 2026 (Beijing time)"
    assert deadline_en(instant, BERLIN) == "18:00 on Monday, 31 August 2026 (Europe/Berlin)"


def test_moment_is_told_to_the_second_and_midnight_is_the_next_day() -> None:
    instant = datetime(2026, 8, 31, 16, tzinfo=UTC)
    assert moment_zh(instant, SHANGHAI) == "2026年9月1日（周二）00:00:00"
    assert moment_en(instant, SHANGHAI) == "00:00:00 on Tuesday, 1 September 2026 (Beijing time)"


@pytest.mark.parametrize(
    ("zone", "anchor", "offset", "due"),
    [
        # Month ends and leap days.
        (SHANGHAI, "2026-09-01T00:00:00+08:00", timedelta(days=-3), "2026-08-29T00:00:00+08:00"),
        (SHANGHAI, "2028-03-01T00:00:00+08:00", timedelta(days=-1), "2028-02-29T00:00:00+08:00"),
        (SHANGHAI, "2027-03-01T00:00:00+08:00", timedelta(days=-30), "2027-01-30T00:00:00+08:00"),
        (SHANGHAI, "2026-12-31T24:00:00+08:00", timedelta(days=1), "2027-01-02T00:00:00+08:00"),
        # Days are calendar days: the clocks go forward on 29 March 2026, back on 25 October 2026.
        (BERLIN, "2026-03-31T00:00:00+02:00", timedelta(days=-3), "2026-03-28T00:00:00+01:00"),
        (BERLIN, "2026-10-26T00:00:00+01:00", timedelta(days=-3), "2026-10-23T00:00:00+02:00"),
        (NEW_YORK, "2026-03-09T12:00:00-04:00", timedelta(days=-7), "2026-03-02T12:00:00-05:00"),
        # Hours are exact, also across the change.
        (BERLIN, "2026-03-29T04:00:00+02:00", timedelta(hours=-2), "2026-03-29T01:00:00+01:00"),
        (BERLIN, "2026-10-25T03:30:00+01:00", timedelta(hours=-2), "2026-10-25T02:30:00+02:00"),
        # A wall time that is skipped, and one that comes twice (the first).
        (BERLIN, "2026-03-30T02:30:00+02:00", timedelta(days=-1), "2026-03-29T03:30:00+02:00"),
        (BERLIN, "2026-10-26T02:30:00+01:00", timedelta(days=-1), "2026-10-25T02:30:00+02:00"),
        # An anchor in the hour that comes twice keeps its place when nothing but hours is taken away.
        (BERLIN, "2026-10-25T02:30:00+01:00", timedelta(0), "2026-10-25T02:30:00+01:00"),
    ],
)
def test_shift_follows_the_calendar(zone: ZoneInfo, anchor: str, offset: timedelta, due: str) -> None:
    # 24:00 is written in definitions and read there; fromisoformat of Python 3.11 does not know it.
    base = (
        datetime.fromisoformat(anchor.replace("T24:00", "T00:00")) + timedelta(days=1)
        if "T24:00" in anchor
        else datetime.fromisoformat(anchor)
    )
    assert shift(base, offset, zone) == datetime.fromisoformat(due)


@given(
    anchor=st.datetimes(datetime(2000, 1, 1), datetime(2050, 1, 1)),  # noqa: DTZ001 - given its zone below
    days=st.integers(-60, 60),
    zone=st.sampled_from([SHANGHAI, BERLIN, NEW_YORK, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Africa/Cairo")]),
)
def test_shift_by_days_keeps_the_wall_clock_unless_it_does_not_exist(
    anchor: datetime, days: int, zone: ZoneInfo
) -> None:
    start = anchor.replace(tzinfo=zone).astimezone(UTC)
    moved = shift(start, timedelta(days=days), zone).astimezone(zone)
    wanted = start.astimezone(zone).replace(tzinfo=None) + timedelta(days=days)
    skipped = moved.replace(tzinfo=None) - wanted
    assert timedelta(0) <= skipped <= timedelta(hours=1)
    assert moved.utcoffset() is not None


@given(
    anchor=st.datetimes(datetime(2000, 1, 1), datetime(2050, 1, 1)),  # noqa: DTZ001 - given its zone below
    seconds=st.integers(-86399, 86399),
)
def test_shift_by_less_than_a_day_is_exact(anchor: datetime, seconds: int) -> None:
    start = anchor.replace(tzinfo=UTC)
    assert shift(start, timedelta(seconds=seconds), BERLIN) - start == timedelta(seconds=seconds)
