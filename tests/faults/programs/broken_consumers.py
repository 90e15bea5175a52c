"""Consumers from which one guarantee has been taken."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import Connection

from contracts.events import EntrySubmittedV1
from infra.bus.entrypoint import Subscription
from infra.bus.messages import Message
from infra.bus.receiver import Delivery
from tests.faults.programs.consumer import PREFETCH, Review, serve
from tests.faults.programs.settings import Settings


class WithoutInbox(Review):
    """Takes the effect without asking whether it has been taken."""

    name = "review"

    def effect(self, message: Message[Any]) -> AbstractContextManager[Connection]:
        del message
        return self.database.begin()


class AckFirst(Subscription):
    """Acknowledges a message as it comes, as stock consumers with automatic acknowledgement do."""

    def take(self, delivery: Delivery) -> None:
        delivery.ack()
        super().take(_Acknowledged(delivery))


class _Acknowledged(Delivery):
    """A message that is acknowledged already."""

    def __init__(self, delivery: Delivery) -> None:
        self.body, self.properties = delivery.body, delivery.properties
        self.headers, self.redelivered = delivery.headers, delivery.redelivered

    @property
    def held(self) -> bool:
        return True

    def ack(self) -> None:
        """Done already."""

    def requeue(self) -> None:
        """Too late."""


class AcksFirst(Review):
    name = "review"

    @AckFirst.decorator(EntrySubmittedV1, prefetch=PREFETCH)  # type: ignore[untyped-decorator]  # nameko's own
    def entry_submitted(self, message: Message[EntrySubmittedV1]) -> None:
        self.handle(message)


def without_inbox(settings: Settings) -> None:
    serve(WithoutInbox, settings)


def acks_first(settings: Settings) -> None:
    serve(AcksFirst, settings)
