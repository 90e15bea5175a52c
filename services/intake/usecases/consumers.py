"""What other services' events do to intake: verdicts change states, everything else joins the timeline.

Each function runs in the transaction in which its message enters the inbox. Events may come in any order and late: a
verdict about a revision that is no longer the entry's last one changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar
from uuid import UUID

import structlog

from contracts import events as e
from services.intake.domain import happenings
from services.intake.domain.entries import EDITABLE, TRANSITIONS, Command, Entry, Material, MaterialState
from services.intake.domain.happenings import Happening
from services.intake.domain.materials import findings_at
from services.intake.ports import Transaction

log = structlog.get_logger(__name__)

Verdict = e.EntryReturnedV1 | e.EntryEligibleV1 | e.EntryIneligibleV1
_COMMANDS: dict[type[e.Event], Command] = {
    e.EntryReturnedV1: Command.RETURN,
    e.EntryEligibleV1: Command.FIND_ELIGIBLE,
    e.EntryIneligibleV1: Command.FIND_INELIGIBLE,
}
_JUDGED = frozenset({MaterialState.ACCEPTED, MaterialState.REJECTED})
M = TypeVar(
    "M",
    e.MaterialAcceptedV1 | e.MaterialRejectedV1,
    e.MaterialRenderedV1,
    e.MaterialDoubtedV1,
    e.MaterialInspectedV1,
)


def material_judged(tx: Transaction, event: e.MaterialAcceptedV1 | e.MaterialRejectedV1) -> bool:
    """The verdict on a file, kept with its reasons or facts. False if it changes nothing."""
    return _of_each(tx, event, _judge)


def _of_each(tx: Transaction, event: M, use: Callable[[Transaction, M], bool]) -> bool:
    """What is told of a file holds of those of later entries that share its object, too. False if nothing changes.

    Each is locked before its heirs are asked for: who is just taking it over has done so, or waits.
    """
    changed, seen = use(tx, event), {event.material_id}
    while heirs := [one for one in tx.heirs(event.material_id) if one.material_id not in seen]:
        for heir in heirs:
            seen.add(heir.material_id)
            changed |= use(tx, _told_of(heir, event))
    return changed


def _told_of(heir: Material, event: M) -> M:
    about: dict[str, Any] = {"material_id": heir.material_id, "entry_id": heir.entry_id}
    for name in ("findings", "warnings"):
        if name in type(event).model_fields:
            about[name] = findings_at(heir.material_id, getattr(event, name))
    return event.model_copy(update=about)


def _judge(tx: Transaction, event: e.MaterialAcceptedV1 | e.MaterialRejectedV1) -> bool:
    material = tx.material(event.material_id, None, lock=True)
    told = event.round if isinstance(event, e.MaterialAcceptedV1) else 1
    if material is None or told <= material.round:
        return False
    entry = tx.entry(material.entry_id, None)
    if entry is None:
        return False
    if material.state is MaterialState.REMOVED:
        return _judged_while_removed(tx, material, event)
    if isinstance(event, e.MaterialAcceptedV1):
        tx.set_material(
            event.material_id,
            MaterialState.ACCEPTED,
            size=event.facts.bytes,
            object_ref=event.object,
            facts=event.facts,
            round_=told,
        )
    else:
        tx.set_material(event.material_id, MaterialState.REJECTED, findings=event.findings, round_=told)
    tx.happen(happenings.of_material(event, material.name, entry.unit.code))
    return True


def material_rendered(tx: Transaction, event: e.MaterialRenderedV1) -> bool:
    """Pictures of a file, whatever has become of it: they may be told of before its verdict is."""
    return _of_each(tx, event, _render)


def _render(tx: Transaction, event: e.MaterialRenderedV1) -> bool:
    if tx.material(event.material_id, None, lock=True) is None:
        return False
    tx.set_renditions(event.material_id, event.renditions, event.placeholder)
    return True


def material_doubted(tx: Transaction, event: e.MaterialDoubtedV1) -> bool:
    """An accepted file breaks a rule when it is judged again.

    While its unit can still change the entry, it has to be replaced like any file that was refused. Of an entry that
    was handed in nothing is taken away: the secretariat decides, and the timeline says so.
    """
    return _of_each(tx, event, _doubt)


def _doubt(tx: Transaction, event: e.MaterialDoubtedV1) -> bool:
    material = tx.material(event.material_id, None, lock=True)
    entry = tx.entry(material.entry_id, None) if material else None
    if material is None or entry is None or event.round <= material.round:
        return False
    state = material.removed_from if material.state is MaterialState.REMOVED else material.state
    open_ = entry.state in EDITABLE and state is MaterialState.ACCEPTED
    if open_ and material.state is MaterialState.REMOVED:
        tx.judge_removed(material, MaterialState.REJECTED, None, None, event.findings, round_=event.round)
        return True
    if open_:
        tx.set_material(event.material_id, MaterialState.REJECTED, findings=event.findings, round_=event.round)
    else:
        tx.set_round(event.material_id, event.round)
    if state is MaterialState.ACCEPTED:
        tx.happen(happenings.of_doubt(event, material.name, entry.unit.code, open_=open_))
    return True


def material_inspected(tx: Transaction, event: e.MaterialInspectedV1) -> bool:
    """Advice about a video, and where its copy for browsers stands; it may be told of before the verdict is."""
    return _of_each(tx, event, _inspect)


def _inspect(tx: Transaction, event: e.MaterialInspectedV1) -> bool:
    if tx.material(event.material_id, None, lock=True) is None:
        return False
    tx.set_inspection(event.material_id, event.warnings, event.playable)
    return True


def _judged_while_removed(
    tx: Transaction, material: Material, event: e.MaterialAcceptedV1 | e.MaterialRejectedV1
) -> bool:
    """Kept for the case that its owner puts the file back; nobody is told of it until then."""
    if material.removed_from is not MaterialState.UPLOADED and material.removed_from not in _JUDGED:
        return False
    if isinstance(event, e.MaterialAcceptedV1):
        tx.judge_removed(material, MaterialState.ACCEPTED, event.object, event.facts, (), round_=event.round)
    else:
        tx.judge_removed(material, MaterialState.REJECTED, None, None, event.findings, round_=1)
    return True


def entry_judged(tx: Transaction, event: Verdict) -> bool:
    """The secretariat's verdict on a revision. False if the entry has moved on, which is not an error."""
    entry = tx.entry(event.entry_id, None, lock=True)
    after = TRANSITIONS.get((entry.state, _COMMANDS[type(event)])) if entry else None
    if entry is None or after is None or entry.revision != event.revision:
        log.info("verdict.stale", entry=str(event.entry_id), revision=event.revision, verdict=event.TYPE)
        return False
    if isinstance(event, e.EntryReturnedV1):
        # A new version, so that a late copy of the submit request that led here cannot submit the entry again.
        tx.set_state(entry, after, mend_by=event.mend_by, findings=event.findings, new_version=True)
    else:
        findings = event.findings if isinstance(event, e.EntryIneligibleV1) else ()
        tx.set_state(entry, after, findings=findings)
    tx.happen(happenings.of_verdict(event))
    return True


def opinion_given(tx: Transaction, event: e.OpinionGivenV1) -> bool:
    """A level of the opinion chain, on the timeline of its revision."""
    return _about_entry(tx, event.entry_id, happenings.of_opinion(event), revision=event.revision)


def objection_filed(tx: Transaction, event: e.ObjectionFiledV1) -> bool:
    """That somebody objected; not who, nor what was written."""
    return _about_entry(tx, event.entry_id, happenings.of_objection(event))


def notice_opened(tx: Transaction, event: e.NoticeOpenedV1) -> bool:
    """The proposed list stands open: shown on the home page and on the entries that are on it."""
    tx.open_notice(event.campaign_id, event.opens_at, event.closes_at)
    tx.happen(*happenings.of_notice(event))
    return True


def decision_published(tx: Transaction, event: e.DecisionPublishedV1) -> bool:
    """The final list: linked from the home page, told to the entries that are on it."""
    tx.publish_decision(event.campaign_id, event.number, event.published_at)
    tx.happen(*happenings.of_decision(event))
    return True


def reminder_sent(tx: Transaction, event: e.ReminderSentV1) -> bool:
    tx.happen(happenings.of_reminder(event))
    return True


def message_bounced(tx: Transaction, event: e.MessageBouncedV1) -> bool:
    """The unit learns that its contact data need a look."""
    tx.happen(happenings.of_bounce(event))
    return True


def contact_registered(tx: Transaction, event: e.ContactRegisteredV1) -> bool:
    """The account is not asked for its contact any more. False if it was known to have one."""
    return tx.contact_registered(event.account_id, event.registered_at)


def _about_entry(tx: Transaction, entry_id: UUID, happening: Happening, *, revision: int | None = None) -> bool:
    entry: Entry | None = tx.entry(entry_id, None)
    if entry is None or (revision is not None and revision < entry.revision):
        return False
    tx.happen(replace(happening, unit_code=entry.unit.code))
    return True
