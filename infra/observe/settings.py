"""Reading settings from the environment: what is missing or malformed fails at start, by name, in both languages."""

from __future__ import annotations

import os
from urllib.parse import urlsplit


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


def broker_url(name: str) -> str:
    """A variable that holds the broker's address. Raises SettingError: what is wrong, and no password in it."""
    given = required(name)
    wrong = _wrong_with(given)
    if wrong:
        zh, en = wrong
        raise SettingError(
            f"环境变量 {name} 无效：{zh}应形如 amqp://登录名:密码@主机:5672/虚拟主机，其中的特殊字符用 %XX 表示。 "
            f"The environment variable {name} is wrong: {en} It must look like amqp://user:password@host:5672/vhost, "
            "special characters in it written as %XX."
        )
    return given


def _wrong_with(url: str) -> tuple[str, str] | None:
    """What is wrong with a broker's address, in Chinese and English; None if nothing is."""
    scheme, mark, _ = url.partition("://")
    if not mark:
        return "缺少“amqp://”。", "it does not begin with amqp://."
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "端口不是 1 到 65535 的整数，或主机名有误。", "its port is no number up to 65535, or its host malformed."
    shown = scheme if scheme.isalnum() else "…"
    faults = (
        (
            scheme not in {"amqp", "amqps"},
            f"以“{shown}://”开头，应为 amqp:// 或 amqps://。",
            f"it begins with {shown}://, not amqp:// or amqps://.",
        ),
        (not host, "没有主机名。", "it names no host."),
        (port == 0, "端口不能为 0。", "its port is 0."),
        (parts.query or parts.fragment, "含有未转义的“?”或“#”。", "it holds a ? or # not written as %3F or %23."),
    )
    return next(((zh, en) for wrong, zh, en in faults if wrong), None)


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
