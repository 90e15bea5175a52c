"""Models and schemas allow the same, and nothing is lost on the way through JSON."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.envelope import Envelope
from contracts.events import EVENTS
from tests.contract.schemas import schema, validator, values

UNHURRIED = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("name", sorted(EVENTS))
@given(data=st.data())
@UNHURRIED
def test_event_survives_the_wire(name: str, data: st.DataObject) -> None:
    of, model = schema(name), EVENTS[name]
    drawn: dict[str, Any] = data.draw(values(of, of))
    event = model.model_validate(drawn)
    dumped = event.model_dump(mode="json")
    validator(of).validate(dumped)
    assert model.model_validate(dumped) == event
    assert model.model_validate_json(event.model_dump_json()) == event


@pytest.mark.parametrize("name", sorted(EVENTS))
@given(data=st.data())
@UNHURRIED
def test_event_reads_the_same_with_fields_of_a_later_version(name: str, data: st.DataObject) -> None:
    of, model = schema(name), EVENTS[name]
    drawn: dict[str, Any] = data.draw(values(of, of))
    assert model.model_validate({**drawn, "added_later": {"by": "v1.7"}}) == model.model_validate(drawn)


@given(data=st.data())
@UNHURRIED
def test_envelope_survives_the_wire(data: st.DataObject) -> None:
    of = schema("envelope")
    drawn: dict[str, Any] = data.draw(values(of, of))
    envelope = Envelope.model_validate(drawn)
    body = envelope.model_dump_json(exclude_none=True)
    again = Envelope.model_validate_json(body)
    assert again == envelope
    validator(of).validate(again.model_dump(mode="json", exclude_none=True))
