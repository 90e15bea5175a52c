"""Notify's worker: takes note of events, runs the plan of reminders, delivers the queue."""

from __future__ import annotations

from nameko.extensions import Entrypoint

from contracts import events as e
from infra.bus import runner
from infra.bus.entrypoint import every, subscribe
from infra.bus.messages import E, Message
from infra.observe import logs
from infra.store import Database
from services.notify.app import App, build
from services.notify.domain.letters import Origin
from services.notify.settings import WorkerSettings
from services.notify.store import bus
from services.notify.usecases import happenings

TICK_SECONDS = 0.5
SWEEP_SECONDS = 2.0


class AtStop(Entrypoint):  # type: ignore[misc]  # nameko ships no types
    """Tells the app that the worker has begun to stop, before the container waits for what is under way."""

    def stop(self) -> None:
        self.container.service_cls.app.stop()


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

    @subscribe(e.SessionEndedV1)
    def on_session_ended(self, message: Message[e.SessionEndedV1]) -> None:
        with self.app.handling(message) as store:
            happenings.session_ended(store, message.data)

    @subscribe(e.ResetRequestedV1)
    def on_reset_requested(self, message: Message[e.ResetRequestedV1]) -> None:
        with self.app.handling(message) as store:
            happenings.reset_requested(store, self.app.sealer, message.data, _origin(message))

    @subscribe(e.PasswordChangedV1)
    def on_password_changed(self, message: Message[e.PasswordChangedV1]) -> None:
        with self.app.handling(message) as store:
            happenings.password_changed(store, message.data, _origin(message))

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

    @subscribe(e.AssessmentRevokedV1)
    def on_assessment_revoked(self, message: Message[e.AssessmentRevokedV1]) -> None:
        with self.app.handling(message) as store:
            happenings.assessment_revoked(store, message.data)

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

    @AtStop.decorator  # type: ignore[untyped-decorator]  # nameko ships no types
    def stopped(self) -> None:
        """Never called: what counts is the entrypoint's own stop."""

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
