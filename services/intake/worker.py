"""Intake's worker: takes other services' events, cleans up behind its users."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from contracts import events as e
from infra.bus.entrypoint import every, subscribe
from infra.bus.errors import StaleError
from infra.bus.messages import E, Message
from infra.bus.outbox import effect
from services.intake import metrics
from services.intake.domain.accounts import FAILURE_WINDOW
from services.intake.domain.attempts import LONGER
from services.intake.domain.resets import KEPT
from services.intake.domain.sessions import KEPT_AFTER_END
from services.intake.ports import Ports, Transaction
from services.intake.store import BUS, PostgresStore
from services.intake.usecases import consumers, resets
from services.intake.usecases.cleaning import clean_quarantine

log = structlog.get_logger(__name__)

CLEANING_SECONDS = 600
SETTLING_SECONDS = 1.0
MEASURING_SECONDS = 10


@dataclass(frozen=True, slots=True)
class App:
    """What the handlers work with."""

    store: PostgresStore
    ports: Ports

    def take(self, message: Message[E], use: Callable[[Transaction, E], bool]) -> None:
        """One event's effect, in one transaction with its inbox row; one that changes nothing is kept there, too."""
        with effect(self.store.database, BUS, message) as connection:
            changed = use(self.store.on(connection), message.data)
        if not changed:
            raise StaleError(f"{message.envelope.type} about {message.envelope.subject} changes nothing any more")


class IntakeWorker:
    """An entrypoint for every row of the catalogue that intake consumes."""

    name = "intake"
    app: App

    @subscribe(e.MaterialAcceptedV1)
    def material_accepted(self, message: Message[e.MaterialAcceptedV1]) -> None:
        self.app.take(message, consumers.material_judged)

    @subscribe(e.MaterialRejectedV1)
    def material_rejected(self, message: Message[e.MaterialRejectedV1]) -> None:
        self.app.take(message, consumers.material_judged)

    @subscribe(e.MaterialRenderedV1)
    def material_rendered(self, message: Message[e.MaterialRenderedV1]) -> None:
        self.app.take(message, consumers.material_rendered)

    @subscribe(e.MaterialDoubtedV1)
    def material_doubted(self, message: Message[e.MaterialDoubtedV1]) -> None:
        self.app.take(message, consumers.material_doubted)

    @subscribe(e.MaterialInspectedV1)
    def material_inspected(self, message: Message[e.MaterialInspectedV1]) -> None:
        self.app.take(message, consumers.material_inspected)

    @subscribe(e.EntryReturnedV1)
    def entry_returned(self, message: Message[e.EntryReturnedV1]) -> None:
        self.app.take(message, consumers.entry_judged)

    @subscribe(e.EntryEligibleV1)
    def entry_eligible(self, message: Message[e.EntryEligibleV1]) -> None:
        self.app.take(message, consumers.entry_judged)

    @subscribe(e.EntryIneligibleV1)
    def entry_ineligible(self, message: Message[e.EntryIneligibleV1]) -> None:
        self.app.take(message, consumers.entry_judged)

    @subscribe(e.OpinionGivenV1)
    def opinion_given(self, message: Message[e.OpinionGivenV1]) -> None:
        self.app.take(message, consumers.opinion_given)

    @subscribe(e.NoticeOpenedV1)
    def notice_opened(self, message: Message[e.NoticeOpenedV1]) -> None:
        self.app.take(message, consumers.notice_opened)

    @subscribe(e.ObjectionFiledV1)
    def objection_filed(self, message: Message[e.ObjectionFiledV1]) -> None:
        self.app.take(message, consumers.objection_filed)

    @subscribe(e.DecisionPublishedV1)
    def decision_published(self, message: Message[e.DecisionPublishedV1]) -> None:
        self.app.take(message, consumers.decision_published)

    @subscribe(e.ReminderSentV1)
    def reminder_sent(self, message: Message[e.ReminderSentV1]) -> None:
        self.app.take(message, consumers.reminder_sent)

    @subscribe(e.MessageBouncedV1)
    def message_bounced(self, message: Message[e.MessageBouncedV1]) -> None:
        self.app.take(message, consumers.message_bounced)

    @subscribe(e.ContactRegisteredV1)
    def contact_registered(self, message: Message[e.ContactRegisteredV1]) -> None:
        self.app.take(message, consumers.contact_registered)

    @subscribe(e.ResetIssuedV1)
    def reset_issued(self, message: Message[e.ResetIssuedV1]) -> None:
        self.app.take(message, resets.code_issued)

    @every(SETTLING_SECONDS)
    def settle(self) -> None:
        """Requests for a new password."""
        resets.settle_requests(self.app.ports)

    @every(MEASURING_SECONDS)
    def measure(self) -> None:
        """How long units wait for verdicts: counted where uploads are known, whatever became of queue and workers."""
        with self.app.store.begin() as tx:
            waiting, oldest = tx.uploads_unjudged()
        metrics.UPLOADS_WAITING.set(waiting)
        metrics.OLDEST_UPLOAD.set(oldest)

    @every(CLEANING_SECONDS)
    def clean(self) -> None:
        """Uploads that nobody finished, and counts of failed sign-ins that no longer count."""
        cleaned = clean_quarantine(self.app.ports)
        with self.app.store.begin() as tx:
            tx.forget_old_attempts(FAILURE_WINDOW, LONGER)
            tx.forget_old_sessions(KEPT_AFTER_END)
            tx.forget_old_reset_requests(KEPT)
        if cleaned:
            log.info("quarantine.cleaned", objects=cleaned)
