"""Media's consumers: rules of campaigns, uploads to judge, accepted materials to show, videos to watch through."""

from __future__ import annotations

import time

import structlog

from contracts.events import (
    CampaignAmendedV1,
    CampaignPublishedV1,
    MaterialAcceptedV1,
    MaterialRenderedV1,
    MaterialUploadedV1,
)
from infra.bus.entrypoint import every, subscribe
from infra.bus.messages import Message
from services.media import metrics
from services.media.domain import State, after
from services.media.inspecting import Inspector
from services.media.patience import patiently
from services.media.settings import processes
from services.media.store import SERVICE
from services.media.usecases import Media

_log = structlog.get_logger()

FORGETTING_SECONDS = 3600


class MediaWorker:
    """`app` and `inspector` are set by the runner before the worker starts."""

    name = SERVICE
    app: Media
    inspector: Inspector

    @subscribe(CampaignPublishedV1)
    def campaign_published(self, message: Message[CampaignPublishedV1]) -> None:
        self.app.learn_rules(message)

    @subscribe(CampaignAmendedV1)
    def campaign_amended(self, message: Message[CampaignAmendedV1]) -> None:
        self.app.learn_rules(message)

    # One upload for each child process, one whose copy or commit is on its way, and one that is ready before any of the
    # later lanes: what waits stays in the queue, where another worker can take it. Of a unit's many one lies ready for
    # when a child has nothing better.
    @subscribe(MaterialUploadedV1, prefetch=processes() + 2)
    @subscribe(MaterialUploadedV1, prefetch=processes(), lane="second")
    @subscribe(MaterialUploadedV1, prefetch=processes(), lane="third")
    def material_uploaded(self, message: Message[MaterialUploadedV1]) -> None:
        began = time.perf_counter()
        verdict = patiently(lambda: self.app.judge(message))
        if verdict is None:
            return
        kind, state = message.data.kind, after(None, verdict.judgement.command)
        slugs = [finding.slug for finding in verdict.judgement.findings]
        seconds = time.perf_counter() - began
        metrics.VERDICTS.labels(kind, state).inc()
        metrics.SECONDS.labels(kind).observe(seconds)
        for slug in slugs:
            metrics.FINDINGS.labels(slug).inc()
        level = _log.info if state is State.ACCEPTED else _log.warning
        level(
            f"material.{state}",
            material=str(message.data.material_id),
            kind=kind,
            lane=message.lane or "first",
            slugs=slugs,
            seconds=round(seconds, 4),
            read_bytes=verdict.read_bytes,
            requests=verdict.requests,
        )

    @subscribe(MaterialAcceptedV1, prefetch=1)
    def material_accepted(self, message: Message[MaterialAcceptedV1]) -> None:
        patiently(lambda: self.app.render(message))
        metrics.RENDITIONS.inc()

    # The slower queue: one video at a time, in a child beside the pool. Photos pass through it at once.
    @subscribe(MaterialRenderedV1, prefetch=1)
    def material_rendered(self, message: Message[MaterialRenderedV1]) -> None:
        inspection = patiently(lambda: self.inspector.inspect(message))
        if inspection is None:
            return
        metrics.INSPECTIONS.labels(inspection.outcome).inc()
        metrics.INSPECTION_SECONDS.labels(inspection.outcome).observe(inspection.seconds)
        slugs = [warning.slug for warning in inspection.warnings]
        for slug in slugs:
            metrics.WARNINGS.labels(slug).inc()
        level = _log.warning if inspection.outcome == "failed" else _log.info
        level(
            "material.inspected",
            material=str(message.data.material_id),
            outcome=inspection.outcome,
            slugs=slugs,
            seconds=inspection.seconds,
        )

    @every(FORGETTING_SECONDS)
    def forget(self) -> None:
        """What cameras wrote down, once it was kept long enough."""
        forgotten = self.app.forget_captures()
        if forgotten:
            _log.info("captures.forgotten", photos=forgotten)
