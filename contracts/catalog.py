"""The catalogue: which service produces each event and which consume it.

The broker's exchanges, queues and bindings are declared from this table, and the AsyncAPI document is generated from
it. A worker's entrypoints must match it exactly (tests/contract).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from contracts import events as e

Service = Literal["intake", "media", "review", "notify"]
SERVICES: tuple[Service, ...] = ("intake", "media", "review", "notify")


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: an event, its only producer, its consumers."""

    event: type[e.Event]
    producer: Service
    consumers: tuple[Service, ...]
    lanes: tuple[str, ...] = ()
    """Further queues of each consumer beside its first: what is put there does not hold up what is in the first
    (docs/adr/0022)."""

    def queues(self) -> Iterator[tuple[Service, str, str]]:
        """(consumer, lane, queue): for each consumer the first lane, whose name is empty, then the others."""
        for consumer in self.consumers:
            for lane in ("", *self.lanes):
                yield consumer, lane, queue_of(consumer, self.event.TYPE, lane)


CATALOG: tuple[Entry, ...] = (
    Entry(e.CampaignPublishedV1, "intake", ("media", "review", "notify")),
    Entry(e.CampaignAmendedV1, "intake", ("media", "review", "notify")),
    Entry(e.AccountDisabledV1, "intake", ("review", "notify")),
    Entry(e.SessionEndedV1, "intake", ("review", "notify")),
    Entry(e.ContactRegisteredV1, "notify", ("intake",)),
    Entry(e.ResetRequestedV1, "intake", ("notify",)),
    Entry(e.ResetIssuedV1, "notify", ("intake",)),
    Entry(e.PasswordChangedV1, "intake", ("notify",)),
    # A unit's first few uploads in the first lane, its further ones in the others: services/intake/domain/lanes.py.
    Entry(e.MaterialUploadedV1, "intake", ("media",), lanes=("second", "third")),
    # media listens to its own verdict: public renditions are made after the verdict is out.
    Entry(e.MaterialAcceptedV1, "media", ("intake", "review", "media")),
    Entry(e.MaterialRejectedV1, "media", ("intake", "review", "notify")),
    # And to this one: a video is watched through, by a slower queue, once its poster is out.
    Entry(e.MaterialRenderedV1, "media", ("intake", "review", "media")),
    Entry(e.MaterialInspectedV1, "media", ("intake", "review")),
    Entry(e.MaterialResembledV1, "media", ("review",)),
    Entry(e.MaterialDoubtedV1, "media", ("intake", "review")),
    Entry(e.EntrySubmittedV1, "intake", ("review", "notify")),
    Entry(e.EntryWithdrawnV1, "intake", ("review", "notify")),
    Entry(e.EntryReturnedV1, "review", ("intake", "notify")),
    Entry(e.EntryEligibleV1, "review", ("intake", "notify")),
    Entry(e.EntryIneligibleV1, "review", ("intake", "notify")),
    Entry(e.OpinionGivenV1, "review", ("intake", "notify")),
    Entry(e.AssessmentAssignedV1, "review", ("notify",)),
    Entry(e.AssessmentSubmittedV1, "review", ("notify",)),
    Entry(e.AssessmentRevokedV1, "review", ("notify",)),
    Entry(e.NoticeOpenedV1, "review", ("intake", "notify")),
    Entry(e.ObjectionFiledV1, "review", ("intake", "notify")),
    Entry(e.DecisionPublishedV1, "review", ("intake", "notify")),
    Entry(e.ReminderSentV1, "notify", ("review", "intake")),
    Entry(e.MessageBouncedV1, "notify", ("review", "intake")),
)


def exchange_of(service: str) -> str:
    """The durable topic exchange that a service publishes to."""
    return f"laurel.{service}"


def queue_of(consumer: str, event_type: str, lane: str = "") -> str:
    """The quorum queue in which a consumer receives one event type; stable, whatever the handler is called."""
    return f"{consumer}.{event_type}.{lane}" if lane else f"{consumer}.{event_type}"


def dead_queue_of(consumer: str) -> str:
    """Where a consumer's events rest after their last failed attempt."""
    return f"{consumer}.dead"


_PRODUCERS: dict[type[e.Event], Service] = {row.event: row.producer for row in CATALOG}


def producer_of(event: type[e.Event]) -> Service:
    """The only service that publishes this event: nobody else is believed."""
    return _PRODUCERS[event]


def consumed_by(service: str) -> Iterator[Entry]:
    """The rows that a service must have an entrypoint for."""
    return (row for row in CATALOG if service in row.consumers)


def produced_by(service: str) -> Iterator[Entry]:
    """The rows that a service may publish."""
    return (row for row in CATALOG if row.producer == service)
