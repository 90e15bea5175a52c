"""Which waiting events may be on their way at the same time."""

from __future__ import annotations

from typing import Any
from unittest.mock import MagicMock

from hypothesis import given
from hypothesis import strategies as st

from infra.bus.ledger import _WAITING, Backlog, Row
from infra.bus.relay import RETENTION, WAVE_OCTETS, Session
from infra.bus.wire import Parcel


def session(rows: list[Row], batch: int, ledger: Any = None) -> Any:
    made = Session("intake", MagicMock(), ledger or MagicMock(), batch=batch, retention=RETENTION, retry_delays=(1,))
    made._pending.extend(rows)
    return made


def row(seq: int, subject: str, octets: int = 1) -> Row:
    return Row(seq, f"id-{seq}", "entry.submitted.v1", subject, "", b"b" * octets)


@given(subjects=st.lists(st.sampled_from("abcde"), max_size=40), batch=st.integers(1, 10))
def test_waves_keep_each_subjects_order_and_lose_nothing(subjects: list[str], batch: int) -> None:
    rows = [row(seq, subject) for seq, subject in enumerate(subjects)]
    made = session(rows, batch)
    sent: list[Row] = []

    while wave := made._next_wave():
        assert len(wave) <= batch
        assert len({each.subject for each in wave}) == len(wave)
        sent += wave

    assert sorted(each.seq for each in sent) == list(range(len(rows)))
    for subject in set(subjects):
        mine = [each.seq for each in sent if each.subject == subject]
        assert mine == sorted(mine)


def test_wave_is_bounded_in_octets_but_never_empty() -> None:
    made = session([row(seq, str(seq), WAVE_OCTETS + 1) for seq in range(3)], 100)

    assert [len(made._next_wave()) for _ in range(4)] == [1, 1, 1, 0]


def test_event_goes_to_each_consumer_by_name_and_once_to_whoever_listens() -> None:
    made = session([], 10)

    copies = made._parcels(row(1, "s"))

    assert [(copy.exchange, copy.routing_key, copy.mandatory) for copy in copies] == [
        ("", "review.entry.submitted.v1", True),
        ("", "notify.entry.submitted.v1", True),
        ("laurel.intake", "entry.submitted.v1", False),
    ]
    assert {copy.message_id for copy in copies} == {"id-1"}


class _Broker:
    """Takes every copy but those for one queue."""

    usable = True

    def __init__(self, gone: str) -> None:
        self.gone = gone
        self.sent: list[str] = []

    def send(self, parcels: list[Parcel]) -> None:
        self.batch = [parcel.routing_key for parcel in parcels]
        self.sent += self.batch

    def settle(self, _seconds: float) -> list[str | None]:
        return ["unroutable" if key == self.gone else None for key in self.batch]


NOTIFY, EVERYBODY = (
    "notify.entry.submitted.v1",
    ["review.entry.submitted.v1", "notify.entry.submitted.v1", "entry.submitted.v1"],
)


def test_only_the_copies_that_were_not_taken_are_sent_again() -> None:
    made, broker = session([], 10), _Broker(gone=NOTIFY)
    made._publisher = broker
    made._mend_at = float("inf")

    for _ in range(3):
        made._publish([row(1, "s")])
    assert broker.sent == [*EVERYBODY, NOTIFY, NOTIFY]
    broker.gone = ""
    made._publish([row(1, "s")])

    assert broker.sent == [*EVERYBODY, NOTIFY, NOTIFY, NOTIFY]
    assert (made._confirmed, made._copies) == ([1], {})
    made._publish([row(1, "s")])  # an operator publishes it once more
    assert broker.sent[6:] == EVERYBODY


def test_copies_are_forgotten_when_another_relay_may_have_sent_them() -> None:
    ledger = MagicMock()
    ledger.share.return_value = True
    ledger.backlog.return_value = Backlog(0, 0.0)
    made, broker = session([], 10, ledger), _Broker(gone=NOTIFY)
    made._publisher = broker
    made._mend_at = float("inf")
    made._publish([row(1, "s")])

    made._keep_house()
    made._publish([row(1, "s")])

    assert broker.sent == EVERYBODY * 2


def test_outbox_is_read_as_of_one_moment() -> None:
    """By a clock that runs on meanwhile, a later event could overtake one whose hold ends while it is read."""
    assert "clock_timestamp" not in _WAITING
    assert _WAITING.count("statement_timestamp()") == 2
