"""The counts of a run, each read from the store of the service that is responsible for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from contracts.events import EVENTS
from tests.demo import stores
from tests.demo.run import Run
from tests.demo.stores import Events, Samples

_ENTRIES = "SELECT state, count(*) FROM entries WHERE campaign_id = %s GROUP BY state"
_REVISIONS = "SELECT count(*) FROM revisions JOIN entries USING (entry_id) WHERE campaign_id = %s"
_ACCEPTED = """
SELECT kind, count(*) FROM materials JOIN entries USING (entry_id)
WHERE campaign_id = %s AND materials.state = 'accepted' GROUP BY kind
"""
_DIGESTS = """
SELECT facts ->> 'sha256' FROM materials JOIN entries USING (entry_id)
WHERE campaign_id = %s AND materials.state = 'accepted' AND kind = 'photo'
"""
_ACTIVATED = "SELECT account_id FROM accounts WHERE login LIKE %s AND password_hash IS NOT NULL"
_CONTACTS = "SELECT count(*) FROM contacts WHERE account_id = ANY (%s)"
_REJECTED = """
SELECT count(DISTINCT body::jsonb -> 'data' ->> 'material_id') FROM outbox
WHERE type = 'material.rejected.v1' AND body::jsonb -> 'data' ->> 'campaign_id' = %s
"""
_OF_TWO_CAMPAIGNS = "material.resembled.v1"
"""How many photos are nearly alike does not follow from the plan: they are drawn scenes of five kinds."""
_SAME_FILES = """
SELECT count(*) FROM outbox
WHERE type = 'material.resembled.v1' AND body::jsonb -> 'data' ->> 'likeness' = 'same-file'
    AND body::jsonb -> 'data' -> 'material' ->> 'campaign_id' = %s
    AND body::jsonb -> 'data' -> 'other' ->> 'campaign_id' = %s
"""
_CASES = "SELECT count(*) FROM cases WHERE campaign_id = %s AND revision > 0"
_SCORED = "SELECT count(*) FROM assessments WHERE campaign_id = %s AND state = 'submitted'"
_CONFLICTS = """
SELECT count(*) FROM assessments a
JOIN cases c USING (entry_id)
JOIN experts e ON e.campaign_id = a.campaign_id AND e.account_id = a.expert_id
WHERE a.campaign_id = %s AND (e.region = c.unit_region OR e.organisation = c.unit_name OR EXISTS (
    SELECT FROM conflicts m WHERE m.campaign_id = a.campaign_id AND m.account_id = a.expert_id
    AND (m.entry_id = a.entry_id OR m.unit_code = c.unit_code)))
"""
_FULLY_SCORED = """
SELECT count(*) FROM (
    SELECT entry_id FROM assessments JOIN cases USING (entry_id)
    WHERE assessments.campaign_id = %s AND assessments.state = 'submitted' AND cases.state = 'eligible'
    GROUP BY entry_id HAVING count(*) = %s) AS scored
"""
_LOADS = """
SELECT count(*) FROM assessments WHERE campaign_id = %s AND state IN ('assigned', 'submitted') GROUP BY expert_id
"""
_LISTED = "SELECT listed FROM decisions WHERE campaign_id = %s"
_ACCEPTED_MAILS = """
SELECT kind, count(*) FROM messages JOIN letters USING (letter_id)
WHERE campaign_id = %s AND account_id = ANY (%s) AND messages.state = 'accepted' GROUP BY kind
"""
_MESSAGE_IDS = """
SELECT header_id FROM messages JOIN letters USING (letter_id)
WHERE campaign_id = %s AND account_id = ANY (%s) AND header_id IS NOT NULL
"""
_MAIL_STATES = """
SELECT messages.state, count(*) FROM messages JOIN letters USING (letter_id)
WHERE campaign_id = %s AND account_id = ANY (%s) GROUP BY 1
"""
EXPERTS_PER_ENTRY = 3


@dataclass(frozen=True, slots=True)
class Before:
    """What stood before the run, where a stack that runs on keeps more than this run's."""

    dead: dict[str, int]
    media_bytes: float
    redelivered: float

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Before:
        return cls(
            stores.dead_letters(state["amqp_url"]),
            media_bytes(stores.metrics_of(state["processes"], "api")),
            stores.total(stores.metrics_of(state["processes"], "worker"), "laurel_events_redelivered_total"),
        )


def media_bytes(apis: list[Samples]) -> float:
    """Bytes of images, video and forms with files that api processes have received or sent since they started."""
    return sum(
        stores.total(apis, f"laurel_http_{way}_body_bytes_total", kind="media") for way in ("request", "response")
    )


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything the report is made of."""

    counts: dict[str, int]
    events: Events
    mails: list[EmailMessage]
    loads: list[int]
    listed: list[dict[str, Any]]
    retried: int
    redelivered: int
    mail_states: dict[str, int]


def measure(state: Mapping[str, Any], run: Run, before: Before) -> Measured:
    """Read all stores. The run's stamp is in the logins and mailboxes of those who took part."""
    campaign_id, stamp, scale = run.campaign_id, run.stamp, run.inputs.plan.scale
    dsn: Mapping[str, str] = state["dsn"]
    intake, review, notify = dsn["intake"], dsn["review"], dsn["notify"]
    activated = [row[0] for row in stores.rows(intake, _ACTIVATED, f"%-{stamp}")]
    events = stores.events_of(dsn, campaign_id, (*scale.units, scale.silent_unit), activated)
    entries = Counter(dict(stores.rows(intake, _ENTRIES, campaign_id)))
    accepted = Counter(dict(stores.rows(intake, _ACCEPTED, campaign_id)))
    digests = [row[0] for row in stores.rows(intake, _DIGESTS, campaign_id)]
    kinds = dict(stores.rows(notify, _ACCEPTED_MAILS, campaign_id, activated))
    sent_under = {str(row[0]).strip("<>") for row in stores.rows(notify, _MESSAGE_IDS, campaign_id, activated)}
    mails = mails_of(Path(state["smtp_dir"]), stamp, sent_under)
    workers = stores.metrics_of(state["processes"], "worker")
    dead = stores.dead_letters(state["amqp_url"])
    counts = {
        "accounts activated": len(activated),
        "contacts": _one(notify, _CONTACTS, activated),
        "entries": entries.total(),
        **{f"entries {name}": entries[name] for name in ("draft", "withdrawn", "eligible", "ineligible")},
        "revisions submitted": _one(intake, _REVISIONS, campaign_id),
        "photos accepted": accepted["photo"],
        "videos accepted": accepted["video"],
        "materials rejected": _one(dsn["media"], _REJECTED, campaign_id),
        "public photo renditions": stores.renditions(stores.storage(state), digests),
        "cases": _one(review, _CASES, campaign_id),
        "assessments submitted": _one(review, _SCORED, campaign_id),
        "assessments in conflict": _one(review, _CONFLICTS, campaign_id),
        "entries ranked": _one(review, _FULLY_SCORED, campaign_id, EXPERTS_PER_ENTRY),
        **{
            f"event {name}": events.by_type[name]
            for name in EVENTS
            if name != _OF_TWO_CAMPAIGNS and not stores.aside(name)
        },
        "same files told of": _one(dsn["media"], _SAME_FILES, campaign_id, campaign_id),
        "events published": len(events.published) - events.waiting,
        "events consumed": len(events.handled),
        "events waiting in outboxes": events.waiting,
        "events dead-lettered": sum(dead.values()) - sum(before.dead.values()),
        **{f"mail {kind}": count for kind, count in kinds.items()},
        "mails delivered": len(mails),
        "media bytes through api processes": int(
            media_bytes(stores.metrics_of(state["processes"], "api")) - before.media_bytes
        ),
    }
    listed = stores.rows(review, _LISTED, campaign_id)
    return Measured(
        counts=counts,
        events=events,
        mails=mails,
        loads=sorted(row[0] for row in stores.rows(review, _LOADS, campaign_id)),
        listed=listed[0][0] if listed else [],
        retried=sum(row.attempt > 1 for row in events.handled),
        redelivered=max(0, int(stores.total(workers, "laurel_events_redelivered_total") - before.redelivered)),
        mail_states=dict(stores.rows(notify, _MAIL_STATES, campaign_id, activated)),
    )


def _one(dsn: str, statement: str, *values: Any) -> int:
    return int(stores.rows(dsn, statement, *values)[0][0])


def mails_of(folder: Path, stamp: str, ids: Collection[str]) -> list[EmailMessage]:
    """The mails in the sink's folder that went to mailboxes of this run and under one of these Message-IDs.

    Other campaigns on the same stack may write to the same units; the ids leave their mails out. Each mail comes as
    often as it was delivered.
    """
    found = []
    for path in sorted((folder / "new").glob("*.eml")):
        content = path.read_bytes()
        if f"@{stamp}.".encode() in content:
            mail = message_from_bytes(content, policy=policy.default)
            if str(mail["Message-ID"]).strip("<>") in ids:
                found.append(mail)
    return found
