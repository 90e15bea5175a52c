"""Review's consumers: each takes an event once, in the transaction of its effect."""

from __future__ import annotations

from contracts.events import (
    AccountDisabledV1,
    CampaignAmendedV1,
    CampaignPublishedV1,
    EntrySubmittedV1,
    EntryWithdrawnV1,
    MaterialAcceptedV1,
    MaterialDoubtedV1,
    MaterialInspectedV1,
    MaterialRejectedV1,
    MaterialRenderedV1,
    MaterialResembledV1,
    MessageBouncedV1,
    ReminderSentV1,
    SessionEndedV1,
)
from infra.bus.entrypoint import subscribe
from infra.bus.messages import Message
from services.review.app import SERVICE, Review, data_of
from services.review.usecases import following, resembling


class ReviewWorker:
    """`app` is set by the runner before the worker starts."""

    name = SERVICE
    app: Review

    @subscribe(CampaignPublishedV1)
    def campaign_published(self, message: Message[CampaignPublishedV1]) -> None:
        with self.app.effect(message) as work:
            following.campaign_changed(work, data_of(message))

    @subscribe(CampaignAmendedV1)
    def campaign_amended(self, message: Message[CampaignAmendedV1]) -> None:
        with self.app.effect(message) as work:
            following.campaign_changed(work, data_of(message))

    @subscribe(EntrySubmittedV1)
    def entry_submitted(self, message: Message[EntrySubmittedV1]) -> None:
        with self.app.effect(message) as work:
            following.entry_submitted(work, data_of(message))

    @subscribe(EntryWithdrawnV1)
    def entry_withdrawn(self, message: Message[EntryWithdrawnV1]) -> None:
        with self.app.effect(message) as work:
            following.entry_withdrawn(work, data_of(message))

    @subscribe(MaterialAcceptedV1)
    def material_accepted(self, message: Message[MaterialAcceptedV1]) -> None:
        with self.app.effect(message) as work:
            following.material_judged(work, data_of(message))

    @subscribe(MaterialRejectedV1)
    def material_rejected(self, message: Message[MaterialRejectedV1]) -> None:
        with self.app.effect(message) as work:
            following.material_judged(work, data_of(message))

    @subscribe(MaterialRenderedV1)
    def material_rendered(self, message: Message[MaterialRenderedV1]) -> None:
        with self.app.effect(message) as work:
            following.material_rendered(work, data_of(message))

    @subscribe(MaterialResembledV1)
    def material_resembled(self, message: Message[MaterialResembledV1]) -> None:
        with self.app.effect(message) as work:
            resembling.material_resembled(work, data_of(message))

    @subscribe(MaterialDoubtedV1)
    def material_doubted(self, message: Message[MaterialDoubtedV1]) -> None:
        with self.app.effect(message) as work:
            following.material_doubted(work, data_of(message))

    @subscribe(MaterialInspectedV1)
    def material_inspected(self, message: Message[MaterialInspectedV1]) -> None:
        with self.app.effect(message) as work:
            following.material_inspected(work, data_of(message))

    @subscribe(AccountDisabledV1)
    def account_disabled(self, message: Message[AccountDisabledV1]) -> None:
        with self.app.effect(message) as work:
            following.account_disabled(work, data_of(message))

    @subscribe(SessionEndedV1)
    def session_ended(self, message: Message[SessionEndedV1]) -> None:
        with self.app.effect(message) as work:
            following.session_ended(work, data_of(message))

    @subscribe(ReminderSentV1)
    def reminder_sent(self, message: Message[ReminderSentV1]) -> None:
        with self.app.effect(message) as work:
            following.reminder_sent(work, data_of(message))

    @subscribe(MessageBouncedV1)
    def message_bounced(self, message: Message[MessageBouncedV1]) -> None:
        with self.app.effect(message) as work:
            following.message_bounced(work, data_of(message))
