"""The office's forms over HTTP: what is wrong stands at its field, too, and what was typed stays."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.integration.intake.desk import Intake
from tests.integration.intake.tabs import signed_in


def soon(**by: float) -> str:
    """As a field for date and time sends it, in Beijing."""
    return (datetime.now(UTC) + timedelta(hours=8) + timedelta(**by)).strftime("%Y-%m-%dT%H:%M")


def wrong(answer: httpx.Response) -> dict[str, str]:
    """The sentences that stand at fields, by field."""
    found = re.findall(r'<p class="wrong" id="wrong-(\w+)">.*?<span class="zh">(.*?)</span>', answer.text)
    return dict(found)


@pytest.mark.parametrize(
    ("typed", "place", "says"),
    [
        ({"unit": "nobody", "until": soon(days=5)}, "unit", "没有代码“nobody”"),
        ({"unit": "unit-b", "until": soon(hours=1)}, "until", "延期应晚于全体截止时间"),
        ({"unit": "unit-b", "until": ""}, "until", "须同时填写单位和时间"),
        ({"unit": "", "until": soon(days=5)}, "unit", "须同时填写单位和时间"),
        ({"unit": "", "until": "明天"}, "until", "“明天”不是日期时间"),
        ({"cutoff": soon(hours=-1)}, "cutoff", "截止"),
    ],
)
def test_what_is_wrong_with_an_extension_stands_at_its_field_and_the_input_stays(
    intake: Intake, typed: dict[str, Any], place: str, says: str
) -> None:
    campaign = intake.open()
    with signed_in(intake, "secretariat") as office:
        answer = office.fill(f"/office/campaigns/{campaign}/amend", **{**calendar(office, campaign), **typed})

    assert answer.status_code == 422
    assert says in wrong(answer)[place]
    assert f'href="#at-{place}"' in answer.text
    for name, text in typed.items():
        kept = f'<option value="{text}" selected' if name == "unit" else f'name="{name}"[^>]* value="{text}"'
        assert re.search(kept, answer.text), (name, text)


def calendar(office: Any, campaign: str) -> dict[str, str]:
    """The form as it is shown, with a reason."""
    page = office.get(f"/office/campaigns/{campaign}/amend").text
    shown = re.findall(r'<input type="datetime-local" id="at-(\w+)"[^>]* value="([^"]*)"', page)
    return {**dict(shown), "reason": "馆舍搬迁"}
