"""Which RabbitMQ is used, and what is said when there is none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from infra.stack import broker, rabbitmq
from infra.stack.config import StackError

WAYS = ("AMQP_URL=amqp://", "apt-get install rabbitmq-server", "docker run")


@pytest.mark.parametrize(
    "url", ["localhost:5672", "http://localhost:5672/", "amqp://", "amqp:/localhost", "redis://localhost/0"]
)
def test_amqp_url_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(StackError, match=r"(?s)格式不正确.*must look like amqp://") as caught:
        broker.check_outside(url)
    assert all(way in str(caught.value) for way in WAYS)


def test_broker_that_is_not_there_is_named_without_its_password() -> None:
    with pytest.raises(StackError, match=r"amqp://127\.0\.0\.1:1/vhost") as caught:
        broker.check_outside("amqp://somebody:geheim@127.0.0.1:1/vhost")
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    ("version", "numbers"), [("3.10.8", (3, 10)), ("4.1.0-rc.1", (4, 1)), ("3.9.29", (3, 9)), ("", ()), ("x", ())]
)
def test_version_is_compared_by_its_numbers(version: str, numbers: tuple[int, ...]) -> None:
    assert broker._numbers(version) == numbers
    assert (broker._numbers(version) >= broker.LEAST_VERSION) is (version in {"3.10.8", "4.1.0-rc.1"})


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without RabbitMQ: its PATH is the folder that this gives, plus what a shell needs."""
    monkeypatch.delenv("AMQP_URL", raising=False)
    monkeypatch.setattr(rabbitmq, "_SERVER_SCRIPTS", (tmp_path / "lib" / "rabbitmq-server",))
    monkeypatch.setattr(broker, "_POLICY", tmp_path / "policy-rc.d")
    monkeypatch.setattr(broker, "_SYSTEM_PATH", "")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sh", "cat", "install", "rm", "mkdir", "touch", "env"):
        (programs / name).symlink_to(next(p for p in (Path("/bin") / name, Path("/usr/bin") / name) if p.exists()))
    monkeypatch.setenv("PATH", str(programs))
    return tmp_path


def _program(machine: Path, name: str, script: str) -> None:
    path = machine / "bin" / name
    path.write_text(f"#!{machine}/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_wrapper_that_would_switch_users_is_not_taken_for_the_server(bare_machine: Path) -> None:
    _program(bare_machine, "rabbitmq-server", "exit 1")
    with pytest.raises(rabbitmq.RabbitError):
        rabbitmq.server_script()
    (bare_machine / "bin" / "rabbitmq-defaults").touch()
    assert rabbitmq.server_script() == bare_machine / "bin" / "rabbitmq-server"


@pytest.mark.usefixtures("bare_machine")
def test_machine_without_a_package_manager_is_told_the_three_ways() -> None:
    with pytest.raises(StackError) as caught:
        broker.broker_url()
    assert all(way in str(caught.value) for way in WAYS)


def test_package_is_installed_and_nothing_of_it_starts(
    bare_machine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    seen = bare_machine / "seen"
    _program(
        bare_machine,
        "apt-get",
        f'echo "$@ / $DEBIAN_FRONTEND" >> {seen}; cat {bare_machine}/policy-rc.d >> {seen}\n'
        f"mkdir -p {bare_machine}/lib; touch {bare_machine}/lib/rabbitmq-server {bare_machine}/lib/rabbitmq-defaults",
    )
    _program(bare_machine, "systemctl", f'echo "systemctl $@" >> {seen}')
    assert broker.broker_url() is None
    text = seen.read_text()
    assert "install --no-install-recommends rabbitmq-server / noninteractive" in text
    assert "exit 101" in text, "a policy must keep the service from starting"
    assert "systemctl disable --quiet rabbitmq-server.service" in text
    assert not (bare_machine / "policy-rc.d").exists(), "the policy must be taken away again"
    assert "Installing Debian's package rabbitmq-server" in capsys.readouterr().out


def test_policy_of_the_machine_is_put_back_even_when_the_installation_fails(
    bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    (bare_machine / "policy-rc.d").write_text("#!/bin/sh\nexit 104\n")
    _program(bare_machine, "apt-get", "echo 'E: no such package'; exit 100")
    with pytest.raises(StackError, match="E: no such package"):
        broker.broker_url()
    assert (bare_machine / "policy-rc.d").read_text() == "#!/bin/sh\nexit 104\n"


def test_user_without_rights_is_asked_nothing_and_told_the_three_ways(
    bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    touched = bare_machine / "touched"
    _program(bare_machine, "apt-get", f"touch {touched}")
    _program(bare_machine, "sudo", '[ "$1" = -n ] && exit 1; exit 0')
    with pytest.raises(StackError) as caught:
        broker.broker_url()
    assert all(way in str(caught.value) for way in WAYS)
    assert not touched.exists()
