"""What a child says is not believed before it is looked at."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from typing import Any

import pytest

from services.media.domain import JUDGING_SECONDS
from services.media.pool import PROCESSOR_SECONDS, Answer, Reader
from services.media.pool.wire import WireError, receive
from services.media.verdict import MOST_PIECES, judgement_at
from tests.media_corpus import photo_rule
from tests.media_corpus.case import document_rule


class _Says:
    """A desk whose child says what it is told to."""

    sha256 = ""

    def __init__(self, said: dict[str, Any]) -> None:
        self._said = said
        self.asked: list[dict[str, Any]] = []

    def put(self, chunk: bytes) -> None:
        raise NotImplementedError

    def pour(self, put: Callable[[bytes], object]) -> None:
        raise NotImplementedError

    def clear(self) -> None:
        raise NotImplementedError

    def run(self, do: str, arguments: dict[str, Any], reader: Reader | None = None) -> Answer:  # noqa: ARG002 - a desk
        self.asked.append(dict(arguments))
        return Answer(self._said)


def test_characters_that_no_database_and_no_terminal_takes_are_marked() -> None:
    finding = {"slug": "x", "zh": "编码 \x00\x1b[2J。", "en": "a\ud800b.", "figures": {"\x00": ["\x7f", 1, None, 0.5]}}

    judgement = judgement_at(_Says({"facts": None, "findings": [finding]}), photo_rule())

    (said,) = judgement.findings
    assert said.zh == "编码 \ufffd\ufffd[2J。"
    assert said.en == "a\ufffdb."
    assert said.figures == {"\ufffd": ["\ufffd", 1, None, 0.5]}


@pytest.mark.parametrize("said", [{}, {"facts": None, "findings": []}, {"findings": [{"slug": "X y"}]}, {"facts": 7}])
def test_answer_that_says_nothing_refuses_the_file(said: dict[str, Any]) -> None:
    judgement = judgement_at(_Says(said), photo_rule())

    assert [finding.slug for finding in judgement.findings] == ["unreadable"]


def test_work_that_never_ends_is_told_with_what_was_seen() -> None:
    desk = _Says({"resume": {"begin": 7, "seen": 5, "pages": 90}})

    judgement = judgement_at(desk, document_rule())

    (said,) = judgement.findings
    assert said.slug == "too-heavy"
    assert said.figures == {"given": 90, "seen": 5}
    assert [asked.get("resume") for asked in desk.asked] == [None] + [{"begin": 7, "seen": 5, "pages": 90}] * (
        MOST_PIECES - 1
    )


def test_work_that_uses_up_its_processor_time_gets_no_further_piece() -> None:
    desk = _Says({"resume": {"seen": 5, "pages": 90, "spent": JUDGING_SECONDS - 0.5}})
    spent = _Says({"resume": {"seen": 5, "pages": 90, "spent": JUDGING_SECONDS}})

    assert [one.slug for one in judgement_at(spent, document_rule()).findings] == ["too-heavy"]
    judgement_at(desk, document_rule())

    assert len(spent.asked) == 1
    first, second, *_ = desk.asked
    assert first[PROCESSOR_SECONDS] == JUDGING_SECONDS
    assert 0.5 <= second[PROCESSOR_SECONDS] < JUDGING_SECONDS


def test_frame_that_nests_without_end_is_no_frame() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        nested = b"[" * 200_000
        theirs.sendall(struct.pack(">II", len(nested), 0))
        sender = threading.Thread(target=theirs.sendall, args=(nested,))
        sender.start()
        with pytest.raises(WireError):
            receive(ours)
        sender.join()
