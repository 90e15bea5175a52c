"""What every part of a definition is made of."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
LONGEST = timedelta(days=3660)


def bilingual(slug: str, zh: str, en: str) -> PydanticCustomError:
    """An error of validation that carries a sentence in each language; raise it in a validator."""
    return PydanticCustomError("definition_flaw", "{zh} {en}", {"slug": slug, "zh": zh, "en": en})


def _written_out(value: object) -> object:
    """Refuse numbers, which would be taken for seconds since 1970."""
    if isinstance(value, int | float) or (isinstance(value, str) and re.fullmatch(r"\s*[-+]?[\d.]+\s*", value)):
        raise bilingual(
            "bare-number",
            f"日期、时间和时长请按 ISO 8601 书写，如 2017-08-31、2017-08-31T24:00:00+08:00、-P3D；不能只写 {value}。",
            "Write dates, times and durations as ISO 8601 says (2017-08-31, 2017-08-31T24:00:00+08:00, -P3D), "
            f"not as the number {value}.",
        )
    return value


def _end_of_day(value: object) -> object:
    """24:00 is the end of a day, as notices write deadlines; ISO 8601 knows it, datetime does not."""
    if isinstance(value, str) and (match := re.fullmatch(r"(\d{4}-\d\d-\d\d)T24:00(:00)?([+-].*|Z)", value)):
        try:
            return datetime.fromisoformat(f"{match[1]}T00:00:00{match[3]}") + timedelta(days=1)
        except (ValueError, OverflowError):
            return value
    return _written_out(value)


def _within_reach(value: datetime) -> datetime:
    """Reminders are reckoned from these instants: far ends of the calendar would overflow."""
    if not EARLIEST <= value <= LATEST:
        raise bilingual(
            "year-out-of-range",
            f"年份应在 {EARLIEST.year} 至 {LATEST.year} 之间：{value}。",
            f"The year must be between {EARLIEST.year} and {LATEST.year}: {value}.",
        )
    return value


def _not_too_long(value: timedelta) -> timedelta:
    if abs(value) > LONGEST:
        raise bilingual(
            "duration-too-long", f"时长不能超过 {LONGEST.days} 天。", f"A duration is {LONGEST.days} days at most."
        )
    return value


Instant = Annotated[AwareDatetime, BeforeValidator(_end_of_day), AfterValidator(_within_reach)]
"""A moment with its zone, e.g. 2017-08-31T24:00:00+08:00."""
Day = Annotated[date, BeforeValidator(_written_out)]
Duration = Annotated[timedelta, BeforeValidator(_written_out), AfterValidator(_not_too_long)]
"""ISO 8601, e.g. -P3D, -PT2H."""
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
"""What a part is called in data and in code; people read its title or label."""


class Part(BaseModel):
    """A part of a definition: frozen, and a misspelt key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Text(Part):
    """Words on screen: Chinese first, English beside it."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)
