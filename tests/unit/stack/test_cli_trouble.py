"""What the `laurel` command says when the machine does not let it work."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from infra.stack.cli import main


def test_folder_that_cannot_be_made_is_named_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    monkeypatch.setenv("LAUREL_VAR", str(blocked / "stack"))
    result = CliRunner().invoke(main, ["up"])
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert str(blocked) in result.output
