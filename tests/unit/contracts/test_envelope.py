"""The envelope refuses what is no event of ours, and gives what an event needs by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from contracts.envelope import Envelope, source_of

EVENT: dict[str, Any] = {
    "id": "5d6f3f0e-5a2b-4a63-9c39-0a4a5b3a7f10",
    "source": "/laurel/intake",
    "type": "entry.submitted.v1",
    "subject": "5",
    "time": "2017-08-30T09:25:46Z",
    "correlationid": "5",
    "data": {},
}


@pytest.mark.parametrize(
    "change",
    [
        {"id": "7"},
        {"source": "intake"},
        {"source": "/laurel/Intake"},
        {"source": "/laurel/intake\n"},
        {"type": "entry.submitted"},
        {"type": "entry.submitted.v0"},
        {"type": "Entry.Submitted.v1"},
        {"subject": ""},
        {"subject": "x" * 201},
        {"time": "2017-08-30T09:25:46"},
        {"time": "yesterday"},
        {"specversion": "0.3"},
        {"datacontenttype": "text/plain"},
        {"correlationid": ""},
        {"data": "entry"},
        {"data": None},
    ],
    ids=repr,
)
def test_envelope_that_is_no_event_of_ours_is_refused(change: dict[str, Any]) -> None:
    assert Envelope.model_validate(EVENT)
    with pytest.raises(ValidationError):
        Envelope.model_validate({**EVENT, **change})


def test_envelope_without_any_required_part_is_refused() -> None:
    for name in ("source", "type", "subject", "correlationid", "data"):
        with pytest.raises(ValidationError):
            Envelope.model_validate({key: value for key, value in EVENT.items() if key != name})


def test_envelope_names_and_times_itself() -> None:
    made = [
        Envelope(source=source_of("review"), type="entry.eligible.v1", subject="5", correlationid="5", data={})
        for _ in range(2)
    ]
    assert made[0].id != made[1].id
    assert abs(datetime.now(UTC) - made[0].time) < timedelta(minutes=1)
    assert made[0].producer == "review"


def test_envelope_of_a_later_version_is_read() -> None:
    assert Envelope.model_validate({**EVENT, "traceparent": "00-…"}) == Envelope.model_validate(EVENT)
