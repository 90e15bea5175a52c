"""Beginning again: what was taken back goes on as a new entry, with its texts and its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import structlog

from contracts.campaign import Category
from services.intake.domain import materials, texts
from services.intake.domain.campaigns import category_of
from services.intake.domain.entries import Command, Entry, Material, MaterialState, Place, split_private, step
from services.intake.domain.errors import IntakeError
from services.intake.domain.permissions import Caller
from services.intake.domain.revisions import sorted_materials
from services.intake.ports import Ports, Sheet, Transaction
from services.intake.usecases.entries import View, begin_draft, campaign_in, entry_in, view_of
from services.intake.usecases.uploads import complete_upload

log = structlog.get_logger(__name__)

_COPYING = timedelta(minutes=10)
"""For so long a file that storage is copying is on its way; what takes longer is given up."""


@dataclass(frozen=True, slots=True)
class _Unjudged:
    """A file that waits for its verdict, and its place in the new entry."""

    old: Material
    new: Material


def renew(ports: Ports, caller: Caller, entry_id: UUID) -> View:
    """A new draft in one of the unit's places, with the texts of a withdrawn entry and its files but for refused ones.

    Raises NotFoundError, WrongStateError, UnitNotInvitedError, NotOpenError, DeadlinePassedError, QuotaUsedError.
    """
    with ports.store.begin() as tx:
        # Locked: what media tells of its files meanwhile comes before their copies are made, or finds them.
        old = entry_in(tx, entry_id, caller.own_unit, lock=True)
        step(old.state, Command.RENEW)
        campaign = campaign_in(tx, old.campaign_id)
        category = category_of(campaign.definition, old.category)
        post = {key: text for key, text in old.fields.items() if key == category.post_field}
        begun = begin_draft(tx, caller, campaign, category, post)
        now = tx.now()
        _take_texts(tx, caller, old, begun, category, now)
        unjudged = _take_files(tx, caller, old, begun, ports.objects.bucket, now)
    for one in unjudged:
        _send_again(ports, caller, one)
    with ports.store.begin() as tx:
        view = view_of(entry_in(tx, begun.entry_id, caller.own_unit), campaign)
    log.info("entry.renewed", correlation=str(begun.entry_id), withdrawn=str(entry_id))
    return view


def _take_texts(tx: Transaction, caller: Caller, old: Entry, begun: Entry, category: Category, now: datetime) -> None:
    fields, private = split_private(category, old.texts)
    marks = texts.saving(begun, old.texts, caller.account_id, now).marks
    title = old.title(category)
    sheet = Sheet(begun.entry_id, begun.unit.code, caller.account_id, {}, fields, private, title)
    tx.write_texts(begun, sheet, marks)


def _take_files(
    tx: Transaction, caller: Caller, old: Entry, begun: Entry, bucket: str, now: datetime
) -> Sequence[_Unjudged]:
    """A file that was accepted stands in storage for good, under what it is: both entries may name it."""
    place = Place(begun.entry_id, begun.campaign_id, begun.category, begun.unit.code)
    taken = [material for material in sorted_materials(old) if material.state in materials.TAKEN_OVER]
    unjudged = []
    for position, material in enumerate(taken):
        material_id, judged = uuid4(), material.state is MaterialState.ACCEPTED
        copied = Material(
            material_id=material_id,
            entry_id=begun.entry_id,
            kind=material.kind,
            name=material.name,
            position=position,
            state=MaterialState.UPLOADING,
            bucket=bucket,
            key=materials.object_key(place, material_id),
            size=material.size,
            upload_until=now if judged else now + _COPYING,
            caption=material.caption,
            begun_at=now,
            hint=material.hint,
            heir_of=(material.heir_of or material.material_id) if judged else None,
        )
        tx.add_material(copied, caller.account_id)
        if judged:
            _take_verdict(tx, material, copied)
        else:
            unjudged.append(_Unjudged(material, copied))
    return unjudged


def _take_verdict(tx: Transaction, material: Material, heir: Material) -> None:
    tx.set_material(
        heir.material_id,
        MaterialState.ACCEPTED,
        arrived=True,
        object_ref=material.object,
        facts=material.facts,
        round_=material.round,
    )
    if material.renditions:
        tx.set_renditions(heir.material_id, material.renditions, material.placeholder)
    if material.warnings or material.playable:
        warnings = materials.findings_at(heir.material_id, material.warnings)
        tx.set_inspection(heir.material_id, warnings, material.playable)


def _send_again(ports: Ports, caller: Caller, one: _Unjudged) -> None:
    """Storage copies a file that waits for its verdict: the copy is judged as every upload is.

    One that is not there any more has been judged meanwhile, and is taken over with that; if it was refused, or storage
    is away, it stays behind like other files that are not good.
    """
    try:
        if ports.objects.copy(one.old.key, one.new.key):
            complete_upload(ports, caller, one.new.material_id)
            return
    except IntakeError as error:
        log.warning("material.left", correlation=str(one.new.entry_id), why=type(error).__name__)
    with ports.store.begin() as tx:
        now = tx.material(one.old.material_id, caller.own_unit, lock=True)
        if now is not None and now.state is MaterialState.ACCEPTED:
            tx.inherit(one.new.material_id, now.heir_of or now.material_id)
            _take_verdict(tx, now, one.new)
        else:
            tx.remove_material(one.new)
