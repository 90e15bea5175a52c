"""Messages as AMQP 0-9-1 frames, so that a whole batch leaves in one write.

py-amqp builds a message's frames and writes them one message at a time, which costs the relay more than everything else
it does (four times the processor time a message, measured by tests.bench.relay). The frames are those of section 4.2.3
and the properties those of section 4.2.6.1 of the specification.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import amqp

_METHOD, _HEADER, _BODY = 1, 2, 3
_END = b"\xce"
_BASIC, _PUBLISH = 60, 40
_FRAME_OVERHEAD = 8
_PERSISTENT = 2
_CONTENT_TYPE, _DELIVERY_MODE, _MESSAGE_ID = 1 << 15, 1 << 12, 1 << 7

_frame_head = struct.Struct(">BHI").pack
_method_head = struct.Struct(">HHH").pack
_header_head = struct.Struct(">HHQ").pack
_flags = struct.Struct(">H").pack


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message on its way: where to, its serialised properties, its body."""

    exchange: str
    routing_key: str
    properties: bytes
    body: bytes
    message_id: str = ""
    mandatory: bool = True


def short(text: str) -> bytes:
    """A short string: its length in one octet, then at most 255 octets of UTF-8."""
    octets = text.encode()
    return bytes((len(octets),)) + octets


def event_properties(content_type: str, message_id: str) -> bytes:
    """The properties of an event: content type, persistent, message id."""
    flags = _CONTENT_TYPE | _DELIVERY_MODE | _MESSAGE_ID
    return _flags(flags) + short(content_type) + bytes((_PERSISTENT,)) + short(message_id)


def any_properties(properties: Mapping[str, Any], headers: Mapping[str, Any]) -> bytes:
    """Any properties and headers, persistent; py-amqp encodes the table. Slower; for messages that failed."""
    kept = {key: value for key, value in properties.items() if key not in {"application_headers", "delivery_mode"}}
    message = amqp.Message("", **kept, application_headers=dict(headers), delivery_mode=_PERSISTENT)
    encoded: bytes = message._serialize_properties()  # noqa: SLF001 - its only encoder of a property list
    return encoded


def frames(parcels: Sequence[Parcel], *, channel: int, frame_max: int) -> bytes:
    """basic.publish for every parcel, as one run of octets for `channel`; bodies are cut to the agreed frame size."""
    out: list[bytes] = []
    most = frame_max - _FRAME_OVERHEAD
    for parcel in parcels:
        method = (
            _method_head(_BASIC, _PUBLISH, 0)
            + short(parcel.exchange)
            + short(parcel.routing_key)
            + (b"\x01" if parcel.mandatory else b"\x00")
        )
        header = _header_head(_BASIC, 0, len(parcel.body)) + parcel.properties
        out += (_frame_head(_METHOD, channel, len(method)), method, _END)
        out += (_frame_head(_HEADER, channel, len(header)), header, _END)
        for start in range(0, len(parcel.body), most):
            piece = parcel.body[start : start + most]
            out += (_frame_head(_BODY, channel, len(piece)), piece, _END)
    return b"".join(out)
