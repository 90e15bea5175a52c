"""What notify's worker works with: the transaction of each event, the loops that remind, deliver and sweep."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import PurePath

import structlog
from pydantic import ValidationError

from infra.bus.errors import Permanent
from infra.bus.messages import E, Message
from infra.bus.outbox import effect
from infra.store import Database
from services.notify import metrics
from services.notify.domain.delivery import Outcome
from services.notify.domain.reminders import ReminderState
from services.notify.ports import Sealer
from services.notify.sealing import FernetSealer
from services.notify.settings import WorkerSettings
from services.notify.smtp import SmtpMailer
from services.notify.store import NotifyStore, Transactor, bus
from services.notify.usecases import correspondence, delivery, planning
from services.notify.usecases.delivery import Courier, Delivered
from services.notify.writing.letters import LetterWriter
from services.notify.writing.mails import MailWriter
from services.notify.writing.templates import Templates

log = structlog.get_logger(__name__)

_REMINDER_EVENTS = {state: f"reminder.{state.value}" for state in ReminderState}
_MESSAGE_EVENTS = {outcome: f"message.{outcome.value.replace('-', '_')}" for outcome in Outcome}

LANES = 4
"""Conversations with the mail server at the same time, per worker process."""
LAST_WORDS_SECONDS = 4.0
"""How long a mail server that stalls may keep a worker that was told to stop."""
RUN_SECONDS = 2.0
"""How long one run of a loop works on before it lets the worker ask whether to stop."""


@dataclass
class App:
    """What the handlers work with; `couriers` one for each lane."""

    transactor: Transactor
    couriers: tuple[Courier, ...]
    sealer: Sealer
    rests_until: dict[int, float] = field(default_factory=dict)
    """Lanes that found no server, and when (by the monotonic clock) they look for it again."""
    stopping: bool = False

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
        while time.monotonic() < until and not self.stopping:
            done = delivery.deliver_next(courier)
            if done is None:
                courier.mailer.rest()
                return
            _tell_of(done)
            if done.reply.outcome is Outcome.UNAVAILABLE:
                # Nobody is there: the messages behind this one need not all find out for themselves.
                self.rests_until[lane] = time.monotonic() + courier.delays[0]
                return

    def stop(self) -> None:
        """Begin no further mail, and give those under way a little time: a cut conversation may mean a second copy."""
        self.stopping = True
        for courier in self.couriers:
            courier.mailer.end_within(LAST_WORDS_SECONDS)

    def remind(self) -> None:
        """Send or skip the reminders that are due."""
        until = time.monotonic() + RUN_SECONDS
        while time.monotonic() < until and not self.stopping:
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

    return App(transactor, tuple(courier() for _ in range(LANES)), sealer)
