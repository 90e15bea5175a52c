"""`laurel status` says by its exit code whether all is well."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from infra.stack import status
from infra.stack.cli import main
from infra.stack.status import ProcessStatus, Status

FINE = ProcessStatus("intake-api", 7, "running", 60, 0, ready=True)
WITHOUT_ADDRESS = ProcessStatus("smtp", 8, "running", 60, 0, ready=None)
NOT_READY = ProcessStatus("review-worker", 9, "running", 60, 0, ready=False)
GONE = ProcessStatus("rabbitmq", 0, "stopped", 0, 0, ready=None)


@pytest.mark.parametrize(
    ("processes", "problems", "code"),
    [
        ((FINE, WITHOUT_ADDRESS), (), 0),
        ((FINE, NOT_READY), (), 1),
        ((FINE, GONE), (), 1),
        ((FINE,), ("RabbitMQ: 无法连接 cannot be reached: refused",), 1),
    ],
    ids=["fine", "not-ready", "gone", "not-asked"],
)
@pytest.mark.parametrize("words", [("status",), ("status", "--json")])
def test_exit_code_and_words_of_status(
    monkeypatch: pytest.MonkeyPatch,
    processes: tuple[ProcessStatus, ...],
    problems: tuple[str, ...],
    code: int,
    words: tuple[str, ...],
) -> None:
    def told(_folder: Path) -> Status:
        return Status("http://127.0.0.1:8017", processes, (), (), problems)

    monkeypatch.setattr(status, "status_of", told)
    done = CliRunner().invoke(main, words)
    assert done.exit_code == code
    if words == ("status",):
        assert ("not well" in done.output) is bool(code)
        assert all(problem in done.output for problem in problems)
        assert all(one.name in done.output for one in processes)
