"""What the decorators leave on a service class. (The patched interpreter is not needed for that.)"""

from __future__ import annotations

from contracts.events import AccountDisabledV1, EntrySubmittedV1, MaterialUploadedV1
from infra.bus.entrypoint import every, subscribe, subscriptions
from infra.bus.messages import Message


class Service:
    name = "review"

    @subscribe(EntrySubmittedV1, prefetch=3)
    def on_submitted(self, message: Message[EntrySubmittedV1]) -> None:
        raise NotImplementedError

    @subscribe(AccountDisabledV1)
    def on_disabled(self, message: Message[AccountDisabledV1]) -> None:
        raise NotImplementedError

    @subscribe(MaterialUploadedV1)
    @subscribe(MaterialUploadedV1, lane="second")
    def on_uploaded(self, message: Message[MaterialUploadedV1]) -> None:
        raise NotImplementedError

    @every(seconds=1)
    def tick(self) -> None:
        raise NotImplementedError


def test_subscriptions_are_listed_by_event_type() -> None:
    assert subscriptions(Service) == {
        "entry.submitted.v1": "on_submitted",
        "account.disabled.v1": "on_disabled",
        "material.uploaded.v1": "on_uploaded",
        "material.uploaded.v1.second": "on_uploaded",
    }


def test_subscriptions_of_a_base_class_count() -> None:
    assert subscriptions(type("Hosted", (Service,), {})) == subscriptions(Service)
