"""CloudEvents 1.0 in structured JSON mode: how every event travels on the bus.

Source: CloudEvents specification 1.0.2, section 3 (attributes) and the JSON event format. `correlationid` and
`causationid` are extension attributes: the first is shared by everything that happens about one entry (or, where
there is no entry, one campaign or account), the second is the id of the event that made this one happen.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

CONTENT_TYPE = "application/cloudevents+json"
MAX_EVENT_BYTES = 64 * 1024
"""An event larger than this is refused when it is written: media and long lists go by reference."""


class Envelope(BaseModel):
    """One event as it stands in the outbox, on the wire, and in the dead-letter queue."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"] = "1.0"
    id: UUID = Field(default_factory=uuid4, description="Unique per source; the inbox's key together with source.")
    source: str = Field(pattern=r"^/laurel/[a-z]+$", description="The producing service, e.g. /laurel/intake.")
    type: str = Field(pattern=r"^[a-z]+\.[a-z]+\.v[1-9][0-9]*$", description="Also the routing key.")
    subject: str = Field(
        min_length=1, max_length=200, description="What it is about; events of one subject keep their order."
    )
    time: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))
    datacontenttype: Literal["application/json"] = "application/json"
    correlationid: str = Field(min_length=1, max_length=200)
    causationid: str | None = Field(default=None, max_length=200)
    data: dict[str, Any]

    @property
    def producer(self) -> str:
        """The producing service's name, e.g. `intake`."""
        return self.source.rsplit("/", 1)[-1]


def source_of(service: str) -> str:
    """The CloudEvents source of a service, e.g. `/laurel/intake`."""
    return f"/laurel/{service}"
