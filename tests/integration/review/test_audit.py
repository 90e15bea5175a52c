"""The record in the database: chained as it is written, by many at once, and checked by the command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from services.review.auditing import BROKEN, MISUSED, SOUND, run
from tests.integration.review.desk import Desk, Season, open_season
from tests.unit.review import builders


@pytest.fixture
def recorded(season: Season) -> Season:
    """A campaign with a few acts of several kinds."""
    season.expert("专家甲")
    for verdict in ("eligible", "ineligible", "return"):
        season.rule(season.entry(title="雪域\u2028书香 😀 e\u0301"), verdict).ok()
    season.withdraw(season.entry())
    return season


@contextmanager
def behind_its_back(desk: Desk) -> Iterator[None]:
    """What somebody with the database's own keys could do."""
    desk.sql("ALTER TABLE acts DISABLE TRIGGER USER")
    yield
    desk.sql("ALTER TABLE acts ENABLE TRIGGER USER")


def positions(season: Season) -> list[int]:
    rows = season.desk.sql("SELECT position FROM acts WHERE campaign_id = :c ORDER BY 1", c=season.campaign_id)
    return [row.position for row in rows]


def check(season: Season, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, str]:
    capsys.readouterr()
    code = run(season.desk.dsn, ["verify", season.campaign_id, *more])
    return code, capsys.readouterr().out


def test_what_is_written_is_sound(recorded: Season, capsys: pytest.CaptureFixture[str]) -> None:
    assert positions(recorded) == list(range(1, len(positions(recorded)) + 1))
    code, said = check(recorded, capsys)
    assert code == SOUND, said


def test_many_at_once_make_one_chain(season: Season, capsys: pytest.CaptureFixture[str]) -> None:
    entries = [season.entry(unit=builders.unit(f"u-{uuid4().hex[:8]}", "某单位")) for _ in range(24)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda entry_id: season.rule(entry_id).status, entries))
    assert answers == [200] * 24
    assert positions(season) == list(range(1, 49))
    assert check(season, capsys)[0] == SOUND


def test_a_refused_act_leaves_no_gap(recorded: Season, capsys: pytest.CaptureFixture[str]) -> None:
    before = positions(recorded)
    recorded.rule(recorded.entry(judged=False)).refused(409, "materials-not-accepted")
    assert positions(recorded) == [*before, len(before) + 1], "the submission alone"
    assert check(recorded, capsys)[0] == SOUND


@pytest.mark.parametrize(
    ("done", "where"),
    [
        ("UPDATE acts SET reason = '另一个理由' WHERE campaign_id = :c AND position = 3", "第 3 条"),
        ("UPDATE acts SET after = after || '{\"x\": 1}' WHERE campaign_id = :c AND position = 2", "第 2 条"),
        ("UPDATE acts SET actor_name = '别人' WHERE campaign_id = :c AND position = 1", "第 1 条"),
        ("UPDATE acts SET at = at + interval '1 microsecond' WHERE campaign_id = :c AND position = 4", "第 4 条"),
        (
            "UPDATE acts SET sealed = replace(sealed, 'eligible', 'returned') WHERE campaign_id = :c AND position = 3",
            "3",
        ),
        ("DELETE FROM acts WHERE campaign_id = :c AND position = 5", "缺少第 5 条"),
        ("DELETE FROM acts WHERE campaign_id = :c AND position > 6", "第 6 条之后被截断"),
        ("UPDATE acts SET position = 11 - position WHERE campaign_id = :c AND position IN (4, 7)", "次序"),
    ],
    ids=range(8),
)
def test_whatever_is_done_to_it_is_found(
    recorded: Season, capsys: pytest.CaptureFixture[str], done: str, where: str
) -> None:
    with behind_its_back(recorded.desk):
        recorded.desk.sql("DROP INDEX acts_chain")
        recorded.desk.sql(done, c=recorded.campaign_id)
    code, said = check(recorded, capsys)
    with behind_its_back(recorded.desk):  # the database is others', too
        recorded.desk.sql("DELETE FROM acts WHERE campaign_id = :c", c=recorded.campaign_id)
        recorded.desk.sql("DELETE FROM chains WHERE campaign_id = :c", c=recorded.campaign_id)
        recorded.desk.sql("CREATE UNIQUE INDEX acts_chain ON acts (campaign_id, position)")
    assert code == BROKEN
    assert where in said


def test_a_cut_that_was_made_to_look_whole_is_found_by_its_anchor(
    recorded: Season, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    anchors = tmp_path / "anchors.jsonl"
    assert run(recorded.desk.dsn, ["anchor", str(anchors)]) == SOUND
    noted = [json.loads(line) for line in anchors.read_text().splitlines()]
    assert recorded.campaign_id in {one["campaign_id"] for one in noted}
    assert check(recorded, capsys, "--anchors", str(anchors))[0] == SOUND
    recorded.entry()
    assert check(recorded, capsys, "--anchors", str(anchors))[0] == SOUND, "what came since is no flaw"
    campaign = {"c": recorded.campaign_id}
    with behind_its_back(recorded.desk):
        recorded.desk.sql("DELETE FROM acts WHERE campaign_id = :c AND position > 4", **campaign)
        recorded.desk.sql(
            "UPDATE chains SET position = 4, hash = (SELECT hash FROM acts WHERE campaign_id = :c AND position = 4) "
            "WHERE campaign_id = :c",
            **campaign,
        )
    assert check(recorded, capsys)[0] == SOUND
    code, said = check(recorded, capsys, "--anchors", str(anchors))
    assert (code, "截断" in said) == (BROKEN, True)


def test_what_it_is_asked_wrongly_is_said(
    season: Season, capsys: pytest.CaptureFixture[str], tmp_path: Path, desk: Desk
) -> None:
    assert run(desk.dsn, ["verify", "no-such-campaign"]) == MISUSED
    spoilt = tmp_path / "spoilt"
    spoilt.write_text("{}\n")
    assert check(open_season(desk), capsys, "--anchors", str(spoilt))[0] == MISUSED
    assert check(season, capsys, "--anchors", str(tmp_path / "none"))[0] == MISUSED


def test_the_record_can_be_checked_without_our_code(recorded: Season) -> None:
    """As docs/audit.md says how."""
    import hashlib

    rows = recorded.desk.sql(
        "SELECT sealed, hash FROM acts WHERE campaign_id = :c ORDER BY position", c=recorded.campaign_id
    )
    before = "0" * 64
    for row in rows:
        before = hashlib.sha256((before + row.sealed).encode()).hexdigest()
        assert before == row.hash
