"""Dates as an office writes them, and calendar arithmetic in a campaign's zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_WEEKDAYS_ZH = "一二三四五六日"
_WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS_EN = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_BEIJING = "Asia/Shanghai"


def shift(anchor: datetime, offset: timedelta, zone: ZoneInfo) -> datetime:
    """The instant `offset` away from `anchor`, in UTC.

    Whole days of the offset are calendar days on the zone's wall clock (three days before 24:00 is 24:00, also where
    the clocks were changed in between); what remains under a day is exact. A wall time that the change skips is taken
    as much later as it skips; one that comes twice, the first time.
    """
    sign = -1 if offset < timedelta() else 1
    days, rest = divmod(abs(offset), _DAY)
    moved = anchor
    if days:
        wall = anchor.astimezone(zone).replace(tzinfo=None) + sign * days * _DAY
        moved = wall.replace(tzinfo=zone)
    return moved.astimezone(UTC) + sign * rest


def _ends_a_day(local: datetime) -> bool:
    return (local.hour, local.minute, local.second) in {(0, 0, 0), (23, 59, 59)}


def _clock(local: datetime, *, seconds: bool = False) -> str:
    return local.strftime("%H:%M:%S" if seconds or local.second else "%H:%M")


def _day_zh(local: datetime) -> str:
    return f"{local.year}年{local.month}月{local.day}日（周{_WEEKDAYS_ZH[local.weekday()]}）"


def _day_en(local: datetime) -> str:
    return f"{_WEEKDAYS_EN[local.weekday()]}, {local.day} {_MONTHS_EN[local.month - 1]} {local.year}"


def _deadline(instant: datetime, zone: ZoneInfo) -> tuple[datetime, str]:
    """The day a deadline belongs to and its time of day: a day's end is its 24:00, never the next day's 00:00."""
    local = instant.astimezone(zone)
    if not _ends_a_day(local):
        return local, _clock(local)
    return (local - timedelta(seconds=1) if local.hour == 0 else local), "24:00"


def end_zh(instant: datetime, zone: ZoneInfo) -> str:
    """`2026年8月31日（周一）24:00`."""
    day, clock = _deadline(instant, zone)
    return f"{_day_zh(day)}{clock}"


def deadline_zh(instant: datetime, zone: ZoneInfo) -> str:
    """`2026年8月31日（周一）24:00前`."""
    return f"{end_zh(instant, zone)}前"


def deadline_en(instant: datetime, zone: ZoneInfo) -> str:
    """`24:00 on Monday, 31 August 2026 (Beijing time)`: to be read after *before* or *by*."""
    day, clock = _deadline(instant, zone)
    return f"{clock} on {_day_en(day)} ({zone_en(zone)})"


def moment_zh(instant: datetime, zone: ZoneInfo) -> str:
    """`2026年8月31日（周一）23:59:58`, to the second."""
    local = instant.astimezone(zone)
    return f"{_day_zh(local)}{_clock(local, seconds=True)}"


def moment_en(instant: datetime, zone: ZoneInfo) -> str:
    """`23:59:58 on Monday, 31 August 2026 (Beijing time)`."""
    local = instant.astimezone(zone)
    return f"{_clock(local, seconds=True)} on {_day_en(local)} ({zone_en(zone)})"


def zone_en(zone: ZoneInfo) -> str:
    """`Beijing time`, else the zone's name."""
    return "Beijing time" if zone.key == _BEIJING else zone.key
