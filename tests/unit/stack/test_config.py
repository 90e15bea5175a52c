"""What a stack keeps between runs."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from infra.stack.config import ORIGIN_PORT, StackConfig, StackError, stack_folder


def _chosen(folder: Path) -> StackConfig:
    config = StackConfig(folder)
    config.choose()
    config.save()
    return config


def test_ports_and_passwords_stay_from_run_to_run(tmp_path: Path) -> None:
    first = _chosen(tmp_path)
    again = StackConfig.load(tmp_path)
    again.choose()
    assert (again.id, again.ports, again.passwords) == (first.id, first.ports, first.passwords)
    assert len(set(first.ports.values())) == len(first.ports)
    assert len(set(first.passwords.values())) == len(first.passwords)


def test_config_is_for_its_owner_alone(tmp_path: Path) -> None:
    _chosen(tmp_path)
    assert (tmp_path / "stack.json").stat().st_mode & 0o777 == 0o600


def test_port_that_somebody_else_has_taken_is_given_up(tmp_path: Path) -> None:
    config = _chosen(tmp_path)
    before = dict(config.ports)
    with socket.socket() as other, socket.socket() as another:
        other.bind(("127.0.0.1", before["origin"]))
        other.listen()
        another.bind(("127.0.0.1", before["postgres"]))
        another.listen()
        config.choose()
    assert config.ports["origin"] > before["origin"]
    assert config.ports["postgres"] != before["postgres"]
    changed = {name for name, port in config.ports.items() if port != before[name]}
    assert changed == {"origin", "postgres"}


def test_origin_stands_at_its_own_port_or_the_next_free_one(tmp_path: Path) -> None:
    assert ORIGIN_PORT <= _chosen(tmp_path).ports["origin"] < ORIGIN_PORT + 100


def test_config_that_cannot_be_read_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "stack.json").write_text("{")
    with pytest.raises(StackError, match=r"(?s)laurel reset.*cannot be read"):
        StackConfig.load(tmp_path)


@pytest.mark.parametrize("name", ['quote"d', "50%", "a ;b", "a #b", "line\nend"])
def test_folder_that_the_supervisor_could_not_bear_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("LAUREL_VAR", str(tmp_path / name))
    with pytest.raises(StackError, match="LAUREL_VAR"):
        stack_folder()


def test_folder_may_hold_spaces_and_chinese(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAUREL_VAR", str(tmp_path / "桂冠 数据"))
    assert stack_folder() == tmp_path / "桂冠 数据"
