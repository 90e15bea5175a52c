"""Times on pages that belong to no campaign: Beijing time."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup

from infra.web.pages import either_language

BEIJING = ZoneInfo("Asia/Shanghai")


def shown(at: datetime) -> Markup:
    """The same for pages, in English for who has chosen that alone."""
    local = at.astimezone(BEIJING)
    return either_language(beijing(at), f"{local.day} {local:%B} {local.year}, {local:%H:%M}")


def beijing(at: datetime) -> str:
    """2026年8月31日 14:03."""
    local = at.astimezone(BEIJING)
    return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}"
