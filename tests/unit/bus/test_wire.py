"""Frames, octet for octet as py-amqp writes them."""

from __future__ import annotations

from types import SimpleNamespace

import amqp
import pytest
from amqp.method_framing import frame_writer
from amqp.serialization import dumps
from hypothesis import given
from hypothesis import strategies as st

from infra.bus.wire import Parcel, any_properties, event_properties, frames, short

FRAME_MAX = 4096


def _by_py_amqp(message: amqp.Message, exchange: str, routing_key: str, *, mandatory: bool) -> bytes:
    """What py-amqp itself writes for basic.publish on channel 3."""
    written: list[bytes] = []
    transport = SimpleNamespace(write=lambda octets: written.append(bytes(octets)))
    connection = SimpleNamespace(frame_max=FRAME_MAX, bytes_sent=0)
    arguments = dumps("Bssbb", (0, exchange, routing_key, mandatory, False))
    frame_writer(connection, transport)(1, 3, (60, 40), arguments, message)
    return b"".join(written)


@given(
    body=st.binary(min_size=1, max_size=3 * FRAME_MAX),
    message_id=st.text(max_size=40),
    routing_key=st.text(max_size=60),
    mandatory=st.booleans(),
)
def test_frames_of_an_event_are_those_of_py_amqp(
    body: bytes, message_id: str, routing_key: str, *, mandatory: bool
) -> None:
    parcel = Parcel("x", routing_key, event_properties("a/b", message_id), body, message_id, mandatory=mandatory)
    message = amqp.Message(body, content_type="a/b", delivery_mode=2, message_id=message_id)

    octets = frames([parcel], channel=3, frame_max=FRAME_MAX)

    assert octets == _by_py_amqp(message, "x", routing_key, mandatory=mandatory)


def test_frames_of_a_batch_are_those_of_its_messages() -> None:
    parcels = [Parcel("", f"q{number}", event_properties("a/b", "m"), b"b" * number) for number in range(5)]

    octets = frames(parcels, channel=3, frame_max=FRAME_MAX)

    assert octets == b"".join(frames([parcel], channel=3, frame_max=FRAME_MAX) for parcel in parcels)


def test_headers_are_encoded_as_py_amqp_does() -> None:
    headers = {"x-laurel-attempt": 2, "字": "值", "deep": {"a": [1, 2.5, True]}}
    parcel = Parcel("", "q", any_properties({"message_id": "m", "delivery_mode": 1}, headers), b"b")
    message = amqp.Message(b"b", message_id="m", delivery_mode=2, application_headers=headers)

    assert frames([parcel], channel=3, frame_max=FRAME_MAX) == _by_py_amqp(message, "", "q", mandatory=True)


def test_short_string_holds_255_octets_and_no_more() -> None:
    assert short("字" * 85) == b"\xff" + ("字" * 85).encode()
    with pytest.raises(ValueError, match="bytes must be in range"):
        short("字" * 86)
