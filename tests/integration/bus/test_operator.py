"""`laurel events`, as an operator types it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import amqp
import psycopg
import pytest
from click.testing import CliRunner, Result

from contracts.catalog import exchange_of
from contracts.events import EntryWithdrawnV1
from infra.bus.operator import events, fits
from infra.bus.topology import DELIVERY_LIMIT
from tests.integration.bus.bench import DEAD, QUEUE, ROOT, Outside, WorkerProcess, eventually, withdrawal
from tests.integration.bus.test_relay import OTHER, ids, relaying, waiting, write

Start = Callable[..., WorkerProcess]


@pytest.fixture
def laurel(outside: Outside) -> Callable[..., Result]:
    """Runs `laurel events …` on the test's broker."""

    def run(*arguments: str) -> Result:
        environment = {"AMQP_URL": outside.amqp_url, "LAUREL_DATABASE_DSN": outside.dsn}
        return CliRunner().invoke(events, arguments, env=environment)

    return run


@pytest.fixture
def letters(outside: Outside) -> list[str]:
    """Three dead letters of review: a permanent failure, a spent one, and one that is no event; their keys."""
    permanent, spent = withdrawal("permanent"), withdrawal("boom")
    outside.bury(permanent.model_dump_json().encode(), str(permanent.id), "permanent", "Permanent: never will")
    outside.bury(spent.model_dump_json().encode(), str(spent.id), "exhausted", "RuntimeError: boom", attempt=5)
    outside.bury(b"{garbage", "a-stranger", "invalid", "UndecodableError: not a valid entry.withdrawn.v1")
    return [str(permanent.id), str(spent.id), "a-stranger"]


def test_dead_lists_letters_and_leaves_them(
    letters: list[str], outside: Outside, laurel: Callable[..., Result]
) -> None:
    for _ in range(3):
        result = laurel("dead", "review", "--json")
        assert result.exit_code == 0, result.output
        found = {line["key"]: line for line in map(json.loads, result.stdout.splitlines())}
        assert set(found) == set(letters)

    permanent, spent, stranger = (found[key] for key in letters)
    assert (permanent["reason"], permanent["attempts"], permanent["error"]) == ("permanent", 1, "Permanent: never will")
    assert (spent["reason"], spent["attempts"], spent["queue"]) == ("exhausted", 5, QUEUE)
    assert (stranger["reason"], stranger["type"], stranger["queue"]) == ("invalid", "?", QUEUE)
    assert spent["died_at"].startswith("20")
    eventually(lambda: outside.depth(DEAD) == 3)
    assert "Dead letters: 3" in laurel("dead").output


def test_dead_shows_one_letter_whole(letters: list[str], laurel: Callable[..., Result]) -> None:
    shown = laurel("dead", "review", "--show", letters[1]).output
    assert "x-laurel-attempts" in shown
    assert '"reason": "boom"' in shown

    refused = laurel("dead", "--show", "nobody")
    assert refused.exit_code == 1
    assert "There is no dead letter nobody" in refused.output


def test_replay_sends_one_letter_back_and_says_so(
    letters: list[str], outside: Outside, laurel: Callable[..., Result]
) -> None:
    result = laurel("replay", "review", "--id", letters[0])

    assert result.exit_code == 0, result.output
    assert f"→ {QUEUE}  {letters[0]}" in result.output
    (raw,) = outside.take_all(QUEUE)
    assert raw.properties["message_id"] == letters[0]
    assert set(raw.headers or {}) <= {"x-delivery-count"}
    eventually(lambda: outside.depth(DEAD) == 2)


def test_replay_of_a_mended_event_takes_effect_once(
    outside: Outside, start_worker: Start, laurel: Callable[..., Result], tmp_path: Path
) -> None:
    mended = tmp_path / "mended"
    worker = start_worker().until_ready()
    sent = outside.send(withdrawal(f"until:{mended}"))
    eventually(lambda: outside.depth(DEAD) == 1)
    mended.touch()

    assert laurel("replay", "review", "--all").exit_code == 0
    eventually(lambda: outside.effects(sent.id))

    # A second copy of the letter, as a replay that was cut off before its acknowledgement leaves one.
    outside.bury(sent.model_dump_json().encode(), str(sent.id), "exhausted", "once more")
    assert laurel("replay", "review", "--all").exit_code == 0
    eventually(lambda: worker.lines("event.duplicate", event_id=str(sent.id)))
    assert len(outside.effects(sent.id)) == 1
    assert outside.depth(DEAD) == 0


def test_replay_by_type_leaves_the_others(letters: list[str], outside: Outside, laurel: Callable[..., Result]) -> None:
    result = laurel("replay", "review", "--type", "entry.*")

    assert "Sent back: 2; not sent: 0" in result.output
    assert [raw.properties["message_id"] for raw in outside.take_all(DEAD)] == ["a-stranger"]
    assert letters[2] == "a-stranger"


def test_replay_asks_which_letters_and_names_those_that_are_not_there(laurel: Callable[..., Result]) -> None:
    assert laurel("replay", "review").exit_code == 2
    assert laurel("replay", "review", "--all", "--type", "x").exit_code == 2
    refused = laurel("replay", "review", "--id", "nobody")
    assert refused.exit_code == 1
    assert "No such dead letters: nobody" in refused.output


def test_replay_keeps_a_letter_whose_origin_nothing_tells(outside: Outside, laurel: Callable[..., Result]) -> None:
    outside.send_raw(b"what is this", "a-riddle", queue=DEAD)

    result = laurel("replay", "review", "--all")

    assert result.exit_code == 1
    assert "nothing tells which queue" in result.output
    eventually(lambda: outside.depth(DEAD) == 1)


def test_message_that_the_broker_gave_up_is_listed_and_replayed(
    outside: Outside, laurel: Callable[..., Result]
) -> None:
    sent = outside.send(withdrawal("ok"))
    for _ in range(DELIVERY_LIMIT + 1):
        raw = eventually(lambda: outside.channel.basic_get(QUEUE))
        outside.channel.basic_reject(raw.delivery_tag, requeue=True)
    eventually(lambda: outside.depth(DEAD) == 1)

    (line,) = laurel("dead", "review", "--json").stdout.splitlines()
    assert json.loads(line)["reason"] == "delivery_limit"
    assert laurel("replay", "review", "--id", str(sent.id)).exit_code == 0
    eventually(lambda: outside.depth(QUEUE) == 1)


def test_republish_sends_a_story_again(outside: Outside, laurel: Callable[..., Result]) -> None:
    entry, other = uuid4(), uuid4()
    written = write(outside, [entry, other, entry])
    with relaying(outside):
        eventually(lambda: waiting(outside) == 0)
        assert ids(outside) == written

        result = laurel("republish", "intake", "--correlation", str(entry))

        assert "published again: 2" in result.output
        eventually(lambda: outside.depth(QUEUE) == 2)
    assert ids(outside) == [written[0], written[2]]


def test_republish_since_a_time_and_of_a_type(outside: Outside, laurel: Callable[..., Result]) -> None:
    write(outside, [uuid4() for _ in range(3)])
    with psycopg.connect(outside.dsn, autocommit=True) as connection:
        connection.execute("UPDATE outbox SET published_at = now()")
        connection.execute("UPDATE outbox SET written_at = '2026-01-01T00:00Z' WHERE seq = 1")

    assert "again: 0" in laurel("republish", "intake", "--since", "2026-01-02", "--type", "account.disabled.v1").output
    assert "again: 2" in laurel("republish", "intake", "--since", "2026-01-02").output
    assert "again: 1" in laurel("republish", "intake", "--since", "2025-01-01T08:00:00+0800").output
    assert laurel("republish", "intake", "--type", "entry.withdrawn.v1").exit_code == 2


def test_tail_prints_what_is_published_and_takes_nothing(outside: Outside, tmp_path: Path) -> None:
    mine, other = uuid4(), uuid4()
    output = tmp_path / "tail"
    command = ["tail", "--type", "entry.withdrawn.*", "--correlation", str(mine), "--count", "2"]
    with output.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", "from infra.bus.operator import events; events()", *command],
            cwd=ROOT,
            env={**os.environ, "AMQP_URL": outside.amqp_url},
            stdout=out,
            stderr=out,
        )
        eventually(lambda: "Listening" in output.read_text())
        with relaying(outside):
            outside.channel.basic_publish(amqp.Message("{garbage"), exchange_of("intake"), "entry.withdrawn.v1")
            written = write(outside, [other, mine, other, mine])
            assert process.wait(timeout=20) == 0
            eventually(lambda: waiting(outside) == 0)
    lines = output.read_text().splitlines()[1:]
    assert [line.split()[1:4] for line in lines] == [
        [EntryWithdrawnV1.TYPE, str(mine), event_id] for event_id in (written[1], written[3])
    ]
    assert ids(outside) == ids(outside, OTHER) == written


def test_tail_says_that_a_type_is_misspelt_and_ends_quietly_with_ctrl_c(outside: Outside, tmp_path: Path) -> None:
    output = tmp_path / "tail"
    with output.open("wb") as out:
        process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "from infra.bus.operator import events; events()",
                "tail",
                "--type",
                "entry.sent.v1",
            ],
            cwd=ROOT,
            env={**os.environ, "AMQP_URL": outside.amqp_url},
            stdout=out,
            stderr=out,
        )
        eventually(lambda: "Listening" in output.read_text())
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
    said = output.read_text()
    assert "No event type of the catalogue fits entry.sent.v1" in said
    assert "Traceback" not in said
    assert "Aborted" not in said


@pytest.mark.parametrize(
    ("pattern", "event_type", "does"),
    [
        ("#", "entry.submitted.v1", True),
        ("entry.*.v1", "entry.submitted.v1", True),
        ("entry.#", "entry.submitted.v1", True),
        ("#.v1", "entry.submitted.v1", True),
        ("entry.submitted.v1", "entry.submitted.v1", True),
        ("entry.*", "entry.submitted.v1", False),
        ("entry.sumbitted.v1", "entry.submitted.v1", False),
        ("entry", "entry.submitted.v1", False),
        ("*", "entry.submitted.v1", False),
    ],
)
def test_pattern_fits_as_a_topic_exchange_takes_it(pattern: str, event_type: str, *, does: bool) -> None:
    assert fits(pattern, event_type) is does


def test_republish_of_a_type_that_the_service_does_not_publish_is_refused(laurel: Callable[..., Result]) -> None:
    refused = laurel("republish", "intake", "--since", "2026-01-02", "--type", "entry.eligible.v1")
    assert refused.exit_code == 2
    assert "entry.submitted.v1" in refused.output


def test_missing_broker_is_said_in_a_sentence(tmp_path: Path) -> None:
    away = CliRunner().invoke(events, ["dead"], env={"AMQP_URL": "amqp://a:b@127.0.0.1:1/x"})
    assert away.exit_code == 1
    assert "The broker cannot be reached" in away.output
    assert "127.0.0.1:1；" in away.output
    assert "a:b" not in away.output
    nothing = CliRunner().invoke(events, ["dead"], env={"AMQP_URL": "", "LAUREL_VAR": str(tmp_path)})
    assert nothing.exit_code == 1
    assert "run `make up` first, or set AMQP_URL" in nothing.output
