"""The main job at small scale: from opened campaign to published list, with everything that must be refused."""

from __future__ import annotations

import re

import pytest

from tests.demo.trials import EVERY_TRIAL
from tests.e2e.conftest import Played

pytestmark = pytest.mark.stack


def test_every_count_in_the_stores_is_what_the_inputs_imply(played: Played) -> None:
    assert played.report.differences() == []


def test_every_refusal_tells_its_user_why_in_chinese(played: Played) -> None:
    told = {refusal.trial: refusal for refusal in played.report.record.refusals}
    assert set(told) == {trial.key for trial in EVERY_TRIAL}
    for refusal in told.values():
        assert re.search("[一-鿿]", refusal.zh), refusal
        assert refusal.en, refusal


def test_refused_sentences_name_what_was_given_and_what_is_allowed(played: Played) -> None:
    told = {refusal.trial: refusal.zh for refusal in played.report.record.refusals}
    assert "2097153" in told["photo-2mb-plus-1-declared"]
    assert "2097152" in told["photo-2mb-plus-1-declared"]
    assert "3001" in told["article-3001"]
    assert "3000" in told["article-3001"]
    assert "201" in told["summary-201"]
    assert "10" in told["eleventh-photo"]
    assert "1440" in told["video-1440x1080"]


def test_no_media_byte_passes_through_an_api_process(played: Played) -> None:
    assert played.report.counts["media bytes through api processes"] == 0


def test_public_list_shows_the_best_of_each_category_to_anybody(played: Played) -> None:
    scenario = played.report.scenario
    for category, rows in scenario.standings.items():
        best = {standing.entry_id for standing in rows[: scenario.places[category]]}
        assert {row["entry_id"] for row in scenario.public_list if row["category"] == category} == best


def test_no_address_of_anybody_is_in_an_event_or_a_log(played: Played) -> None:
    """Mailboxes and telephone numbers stay in intake's sealed fields and in notify's sealed contacts."""
    import json
    from pathlib import Path

    from tests.demo import stores

    state, stamp = played.state, played.report.scenario.run.stamp
    mailbox = f"@{stamp}.laurel.example.org"
    bodies = [row[0] for dsn in state["dsn"].values() for row in stores.rows(dsn, "SELECT body FROM outbox")]
    assert bodies
    assert not [body for body in bodies if mailbox in body or "1990000" in body]
    for log in Path(state["logs_dir"]).glob("*.log*"):
        if log.name.split(".")[0] in {"smtp", "postgres", "rabbitmq"}:
            continue
        text = log.read_text(errors="replace")
        assert mailbox not in text, log
        assert json.dumps("1990000")[1:-1] not in text, log
