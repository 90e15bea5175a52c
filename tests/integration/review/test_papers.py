"""Paper copies: scanned or typed, of this revision or an older one, and what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest

from tests.integration.review.desk import Desk, Season, open_season
from tests.integration.review.pages import Browser, browser, visitor
from tests.unit.review import builders


@pytest.fixture
def office(desk: Desk) -> Iterator[Browser]:
    with browser(desk, visitor("secretariat", name="秘书甲")) as found:
        yield found


def number_of(season: Season, entry_id: UUID) -> str:
    return str(season.secretary.get(f"/cases/{entry_id}").ok()["receipt_number"])


def link_of(season: Season, entry_id: UUID, revision: int = 1, digest: str = builders.DIGEST) -> str:
    """What the QR code on the form says."""
    return f"https://laurel.example.org/paper/{number_of(season, entry_id)}/{revision}/{digest}"


def missing(season: Season) -> set[str]:
    found = season.secretary.get(season.path("papers/missing")).response.json()
    return {one["entry_id"] for one in found}


def register(season: Season, code: str) -> str:
    return str(season.secretary.post(season.path("papers"), {"code": code}).ok(201)["standing"])


def test_a_paper_is_matched_to_the_revision_that_stands(season: Season) -> None:
    entry_id, other = season.entry(), season.entry()
    assert missing(season) == {str(entry_id), str(other)}
    code = link_of(season, entry_id)
    assert register(season, code) == "current"
    assert missing(season) == {str(other)}

    season.entry(entry_id=entry_id, revision=2)
    assert missing(season) == {str(entry_id), str(other)}, "the stamped paper is of the revision before"
    assert register(season, code) == "older"
    assert register(season, link_of(season, entry_id, 2)) == "current"
    assert register(season, link_of(season, other, digest="f" * 64)) == "altered"
    assert register(season, link_of(season, other, 7)) == "altered"
    assert missing(season) == {str(other)}
    assert register(season, f" {number_of(season, other)}\n") == "unchecked"
    assert missing(season) == set()
    season.withdraw(other)
    assert register(season, link_of(season, other)) == "withdrawn"

    record = season.secretary.get(f"/cases/{entry_id}").ok()["record"]
    registered = [act["after"]["standing"] for act in record if act["action"] == "paper.registered"]
    assert registered == ["current", "older", "current"]


@pytest.mark.parametrize(
    "code", ["没有这样的编号", "R-00000000", "x" * 300, "/paper//1/", "1' OR '1'='1", "％２０", "http://"]
)
def test_what_is_no_code_registers_nothing_and_is_kept(season: Season, office: Browser, code: str) -> None:
    season.entry()
    season.secretary.post(season.path("papers"), {"code": code}).refused(404, "unknown-paper")
    page = f"/review/campaigns/{season.campaign_id}/papers"
    answer = office.fill(page, page, code=code)
    assert answer.status_code == 404
    assert "未作登记" in answer.text
    assert len(missing(season)) == 1


def test_another_campaigns_paper_is_unknown_here(desk: Desk, season: Season) -> None:
    other = open_season(desk)
    code = link_of(other, other.entry())
    season.secretary.post(season.path("papers"), {"code": code}).refused(404, "unknown-paper")


def test_pages_say_what_came_of_it(season: Season, office: Browser) -> None:
    entry_id = season.entry()
    page = f"/review/campaigns/{season.campaign_id}/papers"
    code = link_of(season, entry_id)
    assert "与当前提交的版本一致" in office.fill(page, page, code=code).text
    season.entry(entry_id=entry_id, revision=2)
    told = office.fill(page, page, code=code).text
    assert "旧版本" in told
    assert "当前第 2 版" in told
    assert "旧版本" in office.page(f"/review/cases/{entry_id}")
