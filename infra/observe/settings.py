"""Reading settings from the environment: what is missing or malformed fails at start, by name, in both languages."""

from __future__ import annotations

import os


class SettingError(Exception):
    """A setting is missing or cannot be understood; the message names the variable and says how to mend it."""


def required(name: str) -> str:
    """The value of a variable that must be set. Raises SettingError if it is absent or empty."""
    value = os.environ.get(name, "").strip()
    if not value:
        raise SettingError(
            f"缺少环境变量 {name}:请先设置后再启动。 "
            f"The environment variable {name} is missing or empty; set it and start again."
        )
    return value


def optional(name: str, default: str) -> str:
    """The value of a variable, or the default if it is absent or empty."""
    return os.environ.get(name, "").strip() or default


def whole_number(name: str, default: int | None = None, *, least: int = 0, most: int = 2**31 - 1) -> int:
    """A variable that holds a whole number between `least` and `most`; required if there is no default.

    Raises SettingError.
    """
    given = required(name) if default is None else optional(name, str(default))
    try:
        value = int(given)
    except ValueError:
        value = None
    if value is None or not least <= value <= most:
        raise SettingError(
            f"环境变量 {name} 的值 {given!r} 无效:应为 {least} 到 {most} 之间的整数。 "
            f"The environment variable {name} is {given!r}; it must be a whole number from {least} to {most}."
        )
    return value


def seconds_list(name: str, default: str) -> tuple[float, ...]:
    """A variable that holds positive seconds separated by commas, e.g. "1,5,30,120". Raises SettingError."""
    given = optional(name, default)
    try:
        values = tuple(float(part) for part in given.split(","))
    except ValueError:
        values = ()
    if not values or not all(0 < value < float("inf") for value in values):
        raise SettingError(
            f"环境变量 {name} 的值 {given!r} 无效:应为以逗号分隔的正数秒,例如 {default}。 "
            f"The environment variable {name} is {given!r}; "
            f"it must be positive seconds separated by commas, e.g. {default}."
        )
    return values
