"""The operators' command line against a running stack."""

from __future__ import annotations

import json
import re
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from click.testing import CliRunner, Result

from infra.stack.cli import main
from tests.support.servers import RunningStack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(400)]

SHIPPED = Path(__file__).parents[3] / "contracts" / "campaigns" / "cls-2017.yaml"
PASSWORD = "a long enough passphrase"


@pytest.fixture
def laurel(stack: RunningStack, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """Runs commands on the session's stack."""
    monkeypatch.setenv("LAUREL_VAR", str(stack.folder))
    for name in ("LAUREL_TOKEN", "LAUREL_URL", "LAUREL_PASSWORD", "AMQP_URL"):
        monkeypatch.delenv(name, raising=False)
    return CliRunner()


def _run(runner: CliRunner, *words: str, fails: bool = False) -> Result:
    result = runner.invoke(main, list(words))
    assert (result.exit_code != 0) is fails, result.output
    return result


@pytest.fixture
def signed_in(laurel: CliRunner, stack: RunningStack) -> CliRunner:
    """A secretariat's account, made, activated and signed in."""
    login = f"office-{uuid4().hex[:8]}"
    made = _run(laurel, "account", "create", "--login", login, "--name", "秘书处", "--role", "secretariat")
    code = re.findall(r"activation code: (\S+)", made.output)[0]
    api = f"{stack.state['url']}/api/intake/v1"
    activated = httpx.post(f"{api}/activations", json={"code": code, "password": PASSWORD}, trust_env=False)
    assert activated.status_code == 200, activated.text
    said = _run(laurel, "login", "--login", login, "--password", PASSWORD)
    assert "秘书处" in said.output
    assert (stack.folder / "session.json").stat().st_mode & 0o077 == 0
    return laurel


@pytest.fixture
def definition(tmp_path: Path) -> tuple[str, Path]:
    """The shipped national campaign under a name of its own, open now."""
    campaign = f"cls-{uuid4().hex[:8]}"
    text = SHIPPED.read_text().replace("id: cls-2017", f"id: {campaign}", 1)
    file = tmp_path / "campaign.yaml"
    file.write_text(re.sub(r"2017-08-31T24", "2097-08-31T24", text))
    return campaign, file


def test_campaign_is_checked_opened_shown_listed_and_amended(
    signed_in: CliRunner, definition: tuple[str, Path]
) -> None:
    campaign, file = definition
    assert f"✓ {campaign}" in _run(signed_in, "campaign", "check", str(file)).output
    assert campaign in _run(signed_in, "campaign", "open", str(file)).output
    assert campaign in _run(signed_in, "campaign", "list").output
    unit_cutoff = "bjwhj=2097-09-05T18:00"
    reason = ("--reason", "馆舍搬迁")
    _run(signed_in, "campaign", "amend", campaign, "--online-deadline", "2097-09-01T18:00", *reason)
    amended = _run(signed_in, "campaign", "amend", campaign, "--extend", unit_cutoff, *reason)
    assert "(v3)" in amended.output
    shown = json.loads(_run(signed_in, "campaign", "show", campaign).output)
    deadline = httpx.QueryParams({"t": shown["definition"]["calendar"]["online_deadline"]})["t"]
    assert deadline in {"2097-09-01T18:00:00+08:00", "2097-09-01T10:00:00Z"}, "without a zone: the campaign's own"


def test_campaign_is_extended_exported_and_closed(
    signed_in: CliRunner, definition: tuple[str, Path], tmp_path: Path
) -> None:
    campaign, file = definition
    _run(signed_in, "campaign", "open", str(file))
    extension = ("--unit", "bjwhj", "--until", "2097-09-05T18:00", "--reason", "馆舍搬迁")
    _run(signed_in, "campaign", "amend", campaign, *extension)
    alone = _run(signed_in, "campaign", "amend", campaign, "--unit", "bjwhj", "--reason", "x", fails=True)
    assert "--until" in alone.output

    exported = _run(signed_in, "campaign", "export", campaign).output
    assert exported.startswith("# version 2\n# extension bjwhj until 2097-09-05T18:00:00+08:00: 馆舍搬迁\n")
    (tmp_path / "exported.yaml").write_text(exported)
    assert f"✓ {campaign}" in _run(signed_in, "campaign", "check", str(tmp_path / "exported.yaml")).output

    assert "(v3)" in _run(signed_in, "campaign", "close", campaign, "--reason", "提前结束").output
    again = _run(signed_in, "campaign", "close", campaign, "--reason", "提前结束", fails=True)
    assert "无需关闭" in again.output
    assert "v3" in _run(signed_in, "campaign", "list").output


def test_refusal_of_the_api_is_told_in_its_own_words(signed_in: CliRunner, definition: tuple[str, Path]) -> None:
    _run(signed_in, "campaign", "open", str(definition[1]))
    again = _run(signed_in, "campaign", "open", str(definition[1]), fails=True)
    assert "Traceback" not in again.output
    assert re.search(r"[\u4e00-\u9fff]", again.output)


def test_unknown_campaign_is_answered_with_a_sentence(signed_in: CliRunner) -> None:
    answer = _run(signed_in, "campaign", "show", "no-such-campaign", fails=True)
    assert re.search(r"[\u4e00-\u9fff]", answer.output)
    assert "Traceback" not in answer.output


def test_every_flaw_of_a_definition_is_told_with_its_place(laurel: CliRunner, tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(SHIPPED.read_text().replace("time_zone: Asia/Shanghai", "time_zone: Asia/Nowhere"))
    answer = _run(laurel, "campaign", "check", str(file), fails=True)
    assert re.search(r"bad\.yaml:\d+:\d+", answer.output)


def test_commands_that_need_a_token_say_how_to_get_one(laurel: CliRunner, stack: RunningStack) -> None:
    (stack.folder / "session.json").unlink(missing_ok=True)
    answer = _run(laurel, "campaign", "open", str(SHIPPED), fails=True)
    assert "laurel login" in answer.output


def test_wrong_password_is_answered_with_a_sentence(laurel: CliRunner) -> None:
    answer = _run(laurel, "login", "--login", "nobody", "--password", "guess guess", fails=True)
    assert "Traceback" not in answer.output
    assert re.search(r"[\u4e00-\u9fff]", answer.output)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--login", "x", "--name", "n", "--role", "king"), "king"),
        (("--login", "a\tb", "--name", "n", "--role", "unit"), None),
        (("--login", "unit-without-code", "--name", "n", "--role", "unit"), None),
    ],
    ids=["unknown-role", "bad-login", "unit-without-code"],
)
def test_account_that_cannot_be_made_is_answered_with_a_sentence(
    laurel: CliRunner, words: tuple[str, ...], said: str | None
) -> None:
    answer = _run(laurel, "account", "create", *words, fails=True)
    assert "Traceback" not in answer.output
    assert said is None or said in answer.output


def test_migrate_says_what_it_did(laurel: CliRunner) -> None:
    output = _run(laurel, "migrate").output
    assert output.count("up to date") == 4


def test_status_is_there_for_people_and_for_programs(laurel: CliRunner, stack: RunningStack) -> None:
    assert "intake.entry.eligible.v1" in _run(laurel, "status").output
    told = json.loads(_run(laurel, "status", "--json").output)
    assert told["url"] == stack.state["url"]
    assert all(process["ready"] is not False for process in told["processes"])


def test_commands_on_a_stack_that_is_down_say_so(
    laurel: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAUREL_VAR", str(tmp_path))
    create = ("account", "create", "--login", "x", "--name", "x", "--role", "secretariat")
    for words in (("status",), ("trace", str(uuid4())), ("migrate",), ("campaign", "list"), create):
        answer = _run(laurel, *words, fails=True)
        assert "make up" in answer.output, words
    assert "Nothing was running" in _run(laurel, "down").output
