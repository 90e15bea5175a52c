"""What a run must come to, derived from the list of inputs alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from contracts.catalog import CATALOG
from tests.demo.inputs import EntryPlan, InputPlan
from tests.demo.stores import aside
from tests.demo.trials import EVERY_TRIAL, TRIALS

EXPERTS = 6
EXPERTS_PER_ENTRY = 3
WITHDRAWN, RETURNED, INELIGIBLE = 8, 9, 10
"""Numbers of the entries that are withdrawn and made anew, returned and mended, found ineligible."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Counts by name; the names are those of the report."""

    counts: dict[str, int]
    refusals: dict[str, str]
    """Trial → slug."""


def one_at_a_time(plan: InputPlan) -> tuple[EntryPlan, ...]:
    """The last entries, which are submitted one after the other on an idle system."""
    return plan.entries[-min(6, len(plan.entries) // 4) :]


def expected_of(plan: InputPlan) -> Expected:
    """Every count of the report that the inputs imply."""
    units = len(plan.scale.units)
    again = plan.entries[WITHDRAWN]
    photos = len(plan.photos) + len(again.photos)
    videos = len(plan.videos) + (again.video is not None)
    submissions = len(plan.entries) + 2  # one is made anew after its withdrawal, one is mended
    eligible = len(plan.entries) - 1
    rejected = Counter(trial.by for trial in TRIALS)["media"]
    assessments = eligible * EXPERTS_PER_ENTRY
    events = {
        "campaign.published.v1": 1,
        "campaign.amended.v1": 1,
        "account.disabled.v1": 0,
        "session.ended.v1": 0,
        "contact.registered.v1": 1 + units + 1 + EXPERTS,
        "reset.requested.v1": 0,
        "reset.issued.v1": 0,
        "password.changed.v1": 0,
        "material.uploaded.v1": photos + videos + rejected,
        "material.accepted.v1": photos + videos,
        "material.rejected.v1": rejected,
        "material.rendered.v1": photos + videos,
        "material.doubted.v1": 0,
        "entry.submitted.v1": submissions,
        "entry.withdrawn.v1": 1,
        "entry.returned.v1": 1,
        "entry.eligible.v1": eligible,
        "entry.ineligible.v1": 1,
        "opinion.given.v1": 0,
        "assessment.assigned.v1": assessments,
        "assessment.submitted.v1": assessments,
        "assessment.revoked.v1": 0,
        "notice.opened.v1": 1,
        "objection.filed.v1": 0,
        "decision.published.v1": 1,
        "reminder.sent.v1": units + 1,
        "message.bounced.v1": 0,
    }
    consumers = Counter(
        row.event.TYPE for row in CATALOG for consumer in row.consumers if not aside(row.event.TYPE, consumer)
    )
    mails = {
        "receipt": submissions,
        "withdrawal": 1,
        "material-refused": rejected,
        "returned": 1,
        "eligible": eligible,
        "ineligible": 1,
        "assigned": assessments,
        "notice": units + 1,
        "decision": units + 1,
        "reminder-nothing-submitted": units + 1,
    }
    counts = {
        "accounts activated": 1 + units + 1 + EXPERTS,
        "contacts": 1 + units + 1 + EXPERTS,
        "entries": len(plan.entries) + 2,  # the silent unit's draft, and the one made anew
        "entries draft": 1,
        "entries withdrawn": 1,
        "entries eligible": eligible,
        "entries ineligible": 1,
        "revisions submitted": submissions,
        "photos accepted": photos,
        "videos accepted": videos,
        "materials rejected": rejected,
        "public photo renditions": len(plan.photos),  # the same photo again has the same rendition
        "cases": len(plan.entries) + 1,
        "assessments submitted": assessments,
        "assessments in conflict": 0,
        "entries ranked": eligible,
        **{f"event {name}": count for name, count in events.items()},
        "same files told of": len(again.photos) + (again.video is not None),
        "events published": sum(events.values()),
        "events consumed": sum(count * consumers[name] for name, count in events.items()),
        "events waiting in outboxes": 0,
        "events dead-lettered": 0,
        **{f"mail {kind}": count for kind, count in mails.items()},
        "mails delivered": sum(mails.values()),
        "media bytes through api processes": 0,
        "refusals": len(EVERY_TRIAL),
        "let through": 0,
    }
    return Expected(counts, {trial.key: trial.slug for trial in EVERY_TRIAL})
