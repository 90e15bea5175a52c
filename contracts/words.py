"""Times and sizes in words, Chinese office style, English beside it."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

_WEEKDAYS = "一二三四五六日"
_KIB = 1024


def _day_zh(local: datetime) -> str:
    return f"{local.year}年{local.month}月{local.day}日（周{_WEEKDAYS[local.weekday()]}）"


def _clock(local: datetime) -> str:
    return f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"


def _end_of_day(local: datetime) -> datetime | None:
    """The day that a midnight ends, as offices say it: 24:00 of the day before."""
    if (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0):
        return local - timedelta(days=1)
    return None


def deadline_zh(at: datetime, zone: ZoneInfo) -> str:
    """2026年8月31日（周一）24:00前."""
    local = at.astimezone(zone)
    day = _end_of_day(local)
    return f"{_day_zh(day)}24:00前" if day else f"{_day_zh(local)}{_clock(local)}前"


def deadline_en(at: datetime, zone: ZoneInfo) -> str:
    """E.g. before 24:00 on Monday 31 August 2026."""
    local = at.astimezone(zone)
    day = _end_of_day(local)
    return f"before {'24:00' if day else _clock(local)} on {_day_en(day or local)}"


def _day_en(local: datetime) -> str:
    return f"{local:%A} {local.day} {local:%B} {local.year}"


def instant_zh(at: datetime, zone: ZoneInfo) -> str:
    """2026年8月31日（周一）14:03:22."""
    local = at.astimezone(zone)
    return f"{_day_zh(local)}{local:%H:%M:%S}"


def instant_en(at: datetime, zone: ZoneInfo) -> str:
    """14:03:22 on Monday 31 August 2026."""
    local = at.astimezone(zone)
    return f"{local:%H:%M:%S} on {_day_en(local)}"


def remaining(left: timedelta) -> tuple[str, str]:
    """How long is left, in the two largest units that matter: (Chinese, English)."""
    minutes = max(0, int(left.total_seconds() // 60))
    days, hours, minutes = minutes // 1440, minutes % 1440 // 60, minutes % 60
    if days:
        return f"还剩 {days} 天 {hours} 小时", f"{_count(days, 'day')} {_count(hours, 'hour')} left"
    if hours:
        return f"还剩 {hours} 小时 {minutes} 分钟", f"{_count(hours, 'hour')} {_count(minutes, 'minute')} left"
    if minutes:
        return f"还剩 {minutes} 分钟", f"{_count(minutes, 'minute')} left"
    return "不足 1 分钟", "less than a minute left"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def size(given: int) -> str:
    """Bytes as people read them, with the exact figure: `2 MB（2097152 字节）` without the words around it."""
    if given >= _KIB * _KIB:
        return f"{given / _KIB / _KIB:.2f}".rstrip("0").rstrip(".") + " MB"
    return f"{given / _KIB:.1f}".rstrip("0").rstrip(".") + " KB" if given >= _KIB else f"{given} B"
