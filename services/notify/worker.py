"""Notify's worker: takes note of events, runs the plan of reminders, delivers the queue."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import PurePath

import structlog
from pydantic import ValidationError

from contracts import events as e
from infra.bus import runner
from infra.bus.entrypoint import every, subscribe
from infra.bus.errors import Permanent
from infra.bus.messages import E, Message
from infra.bus.outbox import effect
from infra.observe import logs
from infra.store import Database
from services.notify import metrics
from services.notify.domain.delivery import Outcome
from services.notify.domain.letters import Origin
from services.notify.domain.reminders import ReminderState
from services.notify.sealing import FernetSealer
from services.notify.settings import WorkerSettings
from services.notify.smtp import SmtpMailer
from services.notify.store import NotifyStore, Transactor, bus
from services.notify.usecases import correspondence, delivery, happenings, planning
from services.notify.usecases.delivery import Courier, Delivered
from services.notify.writing.letters import LetterWriter
from services.notify.writing.mails import MailWriter
from services.notify.writing.templates import Templates

log = structlog.get_logger(__name__)

_REMINDER_EVENTS = {state: f"reminder.{state.value}" for state in ReminderState}
_MESSAGE_EVENTS = {outcome: f"message.{outcome.value.replace('-', '_')}" for outcome in Outcome}

LANES = 4
"""Conversations with the mail server at the same time, per worker process."""
TICK_SECONDS = 0.5
SWEEP_SECONDS = 2.0
RUN_SECONDS = 2.0
"""How long one run of a loop works on before it lets the worker ask whether to stop."""


@dataclass
class App:
    """What the handlers work with; `couriers` one for each lane."""

    transactor: Transactor
    couriers: tuple[Courier, ...]
    rests_until: dict[int, float] = field(default_factory=dict)
    """Lanes that found no server, and when (by the monotonic clock) they look for it again."""

    @contextmanager
    def handling(self, message: Message[E]) -> Iterator[NotifyStore]:
        """The transaction of a message's effect. A definition that cannot be read is buried at once."""
        try:
            with effect(self.transactor.database, bus, message) as connection:
                yield self.transactor.on(connection)
        except ValidationError as error:
            raise Permanent(f"{error.error_count()} flaws in {error.title}") from error

    def deliver(self, lane: int) -> None:
        """Deliver what is due, one message after another, until nothing is or the run's time is over."""
        if time.monotonic() < self.rests_until.get(lane, 0.0):
            return
        courier = self.couriers[lane]
        until = time.monotonic() + RUN_SECONDS
        while time.monotonic() < until:
            done = delivery.deliver_next(courier)
            if done is None:
                courier.mailer.rest()
                return
            _tell_of(done)
            if done.reply.outcome is Outcome.UNAVAILABLE:
                # Nobody is there: the messages behind this one need not all find out for themselves.
                self.rests_until[lane] = time.monotonic() + courier.delays[0]
                return

    def remind(self) -> None:
        """Send or skip the reminders that are due."""
        until = time.monotonic() + RUN_SECONDS
        while time.monotonic() < until:
            row = planning.run_next(self.transactor)
            if row is None:
                return
            metrics.REMINDERS.labels(row.state.value).inc()
            about = {"reminder": str(row.reminder_id), "rule": row.rule, "recipient": str(row.recipient)}
            log.info(_REMINDER_EVENTS[row.state], campaign=row.campaign_id, reason=row.reason, **about)
            if row.state is ReminderState.SENT and row.sent_at is not None:
                metrics.REMINDER_LAG_SECONDS.observe((row.sent_at - row.due_at).total_seconds())

    def sweep(self) -> None:
        """Look again at letters that wait, and close messages whose time is over."""
        correspondence.look_at_waiting(self.transactor)
        expired = delivery.expire_overdue(self.couriers[0])
        if expired:
            metrics.EXPIRED.inc(expired)
            log.warning("messages.expired", count=expired)


def _tell_of(done: Delivered) -> None:
    about = {
        "message": str(done.message_id),
        "kind": done.kind.value,
        "attempt": done.attempt,
        "state": done.state.value,
        "phase": done.reply.phase,
        "reply": f"{done.reply.code} {done.reply.text}".strip(),
        "correlation": done.correlation,
    }
    metrics.MESSAGES.labels(done.kind.value, done.reply.outcome.value).inc()
    if done.fault is not None:
        # Not the error's own words: they may quote a name or a mailbox.
        trace = done.fault.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        at = f"{PurePath(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""
        log.error("message.unwritable", **about, fault=type(done.fault).__name__, at=at)
    elif done.lost:
        log.warning("message.lease_lost", **about)
    elif done.reply.outcome is Outcome.ACCEPTED:
        metrics.DELIVERY_SECONDS.labels(done.kind.value).observe((done.concluded_at - done.queued_at).total_seconds())
        log.info(_MESSAGE_EVENTS[done.reply.outcome], **about)
    else:
        log.warning(_MESSAGE_EVENTS[done.reply.outcome], **about)


class NotifyWorker:
    """The nameko service. `app` is provided by the runner."""

    name = "notify"
    app: App

    @subscribe(e.CampaignPublishedV1)
    def on_campaign_published(self, message: Message[e.CampaignPublishedV1]) -> None:
        with self.app.handling(message) as store:
            happenings.campaign_published(store, message.data)

    @subscribe(e.CampaignAmendedV1)
    def on_campaign_amended(self, message: Message[e.CampaignAmendedV1]) -> None:
        with self.app.handling(message) as store:
            happenings.campaign_amended(store, message.data)

    @subscribe(e.AccountDisabledV1)
    def on_account_disabled(self, message: Message[e.AccountDisabledV1]) -> None:
        with self.app.handling(message) as store:
            happenings.account_disabled(store, message.data)

    @subscribe(e.MaterialRejectedV1)
    def on_material_rejected(self, message: Message[e.MaterialRejectedV1]) -> None:
        with self.app.handling(message) as store:
            happenings.material_rejected(store, message.data, _origin(message))

    @subscribe(e.EntrySubmittedV1)
    def on_entry_submitted(self, message: Message[e.EntrySubmittedV1]) -> None:
        with self.app.handling(message) as store:
            happenings.entry_submitted(store, message.data, _origin(message))

    @subscribe(e.EntryWithdrawnV1)
    def on_entry_withdrawn(self, message: Message[e.EntryWithdrawnV1]) -> None:
        with self.app.handling(message) as store:
            happenings.entry_withdrawn(store, message.data, _origin(message))

    @subscribe(e.EntryReturnedV1)
    def on_entry_returned(self, message: Message[e.EntryReturnedV1]) -> None:
        with self.app.handling(message) as store:
            happenings.entry_returned(store, message.data, _origin(message))

    @subscribe(e.EntryEligibleV1)
    def on_entry_eligible(self, message: Message[e.EntryEligibleV1]) -> None:
        with self.app.handling(message) as store:
            happenings.entry_eligible(store, message.data, _origin(message))

    @subscribe(e.EntryIneligibleV1)
    def on_entry_ineligible(self, message: Message[e.EntryIneligibleV1]) -> None:
        with self.app.handling(message) as store:
            happenings.entry_ineligible(store, message.data, _origin(message))

    @subscribe(e.OpinionGivenV1)
    def on_opinion_given(self, message: Message[e.OpinionGivenV1]) -> None:
        with self.app.handling(message) as store:
            happenings.opinion_given(store, message.data, _origin(message))

    @subscribe(e.AssessmentAssignedV1)
    def on_assessment_assigned(self, message: Message[e.AssessmentAssignedV1]) -> None:
        with self.app.handling(message) as store:
            happenings.assessment_assigned(store, message.data, _origin(message))

    @subscribe(e.AssessmentSubmittedV1)
    def on_assessment_submitted(self, message: Message[e.AssessmentSubmittedV1]) -> None:
        with self.app.handling(message) as store:
            happenings.assessment_submitted(store, message.data)

    @subscribe(e.NoticeOpenedV1)
    def on_notice_opened(self, message: Message[e.NoticeOpenedV1]) -> None:
        with self.app.handling(message) as store:
            happenings.notice_opened(store, message.data, _origin(message))

    @subscribe(e.ObjectionFiledV1)
    def on_objection_filed(self, message: Message[e.ObjectionFiledV1]) -> None:
        with self.app.handling(message) as store:
            happenings.objection_filed(store, message.data, _origin(message))

    @subscribe(e.DecisionPublishedV1)
    def on_decision_published(self, message: Message[e.DecisionPublishedV1]) -> None:
        with self.app.handling(message) as store:
            happenings.decision_published(store, message.data, _origin(message))

    @every(TICK_SECONDS)
    def remind(self) -> None:
        self.app.remind()

    @every(SWEEP_SECONDS)
    def sweep(self) -> None:
        self.app.sweep()

    # Each lane is a timer of its own, so that a server which stalls in one holds up none of the others.
    @every(TICK_SECONDS)
    def deliver_in_lane_0(self) -> None:
        self.app.deliver(0)

    @every(TICK_SECONDS)
    def deliver_in_lane_1(self) -> None:
        self.app.deliver(1)

    @every(TICK_SECONDS)
    def deliver_in_lane_2(self) -> None:
        self.app.deliver(2)

    @every(TICK_SECONDS)
    def deliver_in_lane_3(self) -> None:
        self.app.deliver(3)


def _origin(message: Message[E]) -> Origin:
    envelope = message.envelope
    return Origin(f"event:{envelope.producer}:{envelope.id}", envelope.correlationid, str(envelope.id))


def build(settings: WorkerSettings, database: Database) -> App:
    """The worker's parts, from its settings."""
    transactor = Transactor(database)
    writer = MailWriter(LetterWriter(Templates(), settings.public_url), settings.mail_from)
    sealer = FernetSealer.from_file(settings.contact_key_file)

    def courier() -> Courier:
        mailer = SmtpMailer(
            settings.smtp_host,
            settings.smtp_port,
            local_name=settings.mail_from.rpartition("@")[2],
            seconds=settings.smtp_seconds,
        )
        return Courier(
            begin=transactor,
            mailer=mailer,
            writer=writer,
            sealer=sealer,
            # Half as long again as the longest conversation: a lease must not end while its mail is under way.
            lease_for=timedelta(seconds=1.5 * settings.smtp_seconds + 5),
            delays=settings.mail_retry_delays,
        )

    return App(transactor, tuple(courier() for _ in range(LANES)))


def main() -> None:
    """Run the worker until it is told to stop. The process must have been patched (infra.bus.runner.patch)."""
    settings = WorkerSettings.read()
    logs.configure("notify", "worker", level=settings.log_level)
    database = Database(settings.database_dsn, name="notify-worker", pool_size=12)
    runner.run(
        NotifyWorker,
        amqp_url=settings.amqp_url,
        health_port=settings.health_port,
        health_host=settings.health_host,
        database=database,
        tables=bus,
        provide={"app": build(settings, database)},
        retry_delays=settings.retry_delays,
        relay_batch=settings.relay_batch,
    )
