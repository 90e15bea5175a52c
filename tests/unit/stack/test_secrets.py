"""The secrets of the containers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from infra.stack.compose_secrets import write_secrets
from infra.stack.config import StackError
from infra.web.principal import TokenVerifier


def _values(root: Path) -> dict[str, str]:
    lines = (root / ".env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def test_secrets_are_random_and_for_their_owner_alone(tmp_path: Path) -> None:
    write_secrets(tmp_path)
    (other := tmp_path / "other").mkdir()
    write_secrets(other)
    values = _values(tmp_path)
    assert all(len(value) >= 16 for value in values.values())
    assert len(set(values.values())) == len(values)
    assert set(values.values()).isdisjoint(_values(other).values())
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "var" / "secrets").stat().st_mode & 0o777 == 0o700


def test_secrets_hold_everything_that_the_compose_file_asks_for(tmp_path: Path) -> None:
    write_secrets(tmp_path)
    compose = (Path(__file__).parents[3] / "docker-compose.yml").read_text()
    asked = {part.split(":?")[0] for part in compose.split("${")[1:] if ":?run make secrets}" in part.split("\n")[0]}
    assert asked == set(_values(tmp_path))
    for name in ("token_private_key.pem", "token_public_key.pem", "contact_key", "s3_identities.json"):
        assert f"/{name}" in compose
        assert (tmp_path / "var" / "secrets" / name).stat().st_mode & 0o777 == 0o644


def test_keys_are_of_the_kinds_that_the_services_read(tmp_path: Path) -> None:
    write_secrets(tmp_path)
    folder = tmp_path / "var" / "secrets"
    Fernet((folder / "contact_key").read_text())
    assert "BEGIN PUBLIC KEY" in TokenVerifier.from_file(str(folder / "token_public_key.pem")).public_key_pem
    values = _values(tmp_path)
    (user,) = json.loads((folder / "s3_identities.json").read_text())["identities"]
    assert user["credentials"] == [
        {"accessKey": values["LAUREL_S3_ACCESS_KEY"], "secretKey": values["LAUREL_S3_SECRET_KEY"]}
    ]


def test_secrets_are_never_overwritten(tmp_path: Path) -> None:
    write_secrets(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(StackError, match="not overwritten"):
        write_secrets(tmp_path)
    (tmp_path / ".env").unlink()
    write_secrets(tmp_path)
    kept = ("token_private_key.pem", "token_public_key.pem", "contact_key")
    assert all(path.read_bytes() == content for path, content in before.items() if path.name in kept)
