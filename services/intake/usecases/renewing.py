"""Beginning again: what was taken back goes on as a new entry, with its texts and its files."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

import structlog

from contracts.campaign import Category
from services.intake.domain import materials, texts
from services.intake.domain.campaigns import category_of
from services.intake.domain.entries import Command, Entry, Material, MaterialState, Place, split_private, step
from services.intake.domain.permissions import Caller
from services.intake.domain.revisions import sorted_materials
from services.intake.ports import Ports, Sheet, Transaction
from services.intake.usecases.entries import View, begin_draft, campaign_in, entry_in, view_of

log = structlog.get_logger(__name__)


def renew(ports: Ports, caller: Caller, entry_id: UUID) -> View:
    """A new draft in one of the unit's places, with the texts of a withdrawn entry and those files that were accepted.

    Raises NotFoundError, WrongStateError, UnitNotInvitedError, NotOpenError, DeadlinePassedError, QuotaUsedError.
    """
    with ports.store.begin() as tx:
        old = entry_in(tx, entry_id, caller.own_unit)
        step(old.state, Command.RENEW)
        campaign = campaign_in(tx, old.campaign_id)
        category = category_of(campaign.definition, old.category)
        post = {key: text for key, text in old.fields.items() if key == category.post_field}
        begun = begin_draft(tx, caller, campaign, category, post)
        now = tx.now()
        _take_texts(tx, caller, old, begun, category, now)
        _take_files(tx, caller, old, begun, ports.objects.bucket, now)
        view = view_of(entry_in(tx, begun.entry_id, caller.own_unit), campaign)
    log.info("entry.renewed", correlation=str(begun.entry_id), withdrawn=str(entry_id))
    return view


def _take_texts(tx: Transaction, caller: Caller, old: Entry, begun: Entry, category: Category, now: datetime) -> None:
    fields, private = split_private(category, old.texts)
    marks = texts.saving(begun, old.texts, caller.account_id, now).marks
    title = old.title(category)
    sheet = Sheet(begun.entry_id, begun.unit.code, caller.account_id, {}, fields, private, title)
    tx.write_texts(begun, sheet, marks)


def _take_files(tx: Transaction, caller: Caller, old: Entry, begun: Entry, bucket: str, now: datetime) -> None:
    """A file that was accepted stands in storage for good, under what it is: both entries may name it."""
    place = Place(begun.entry_id, begun.campaign_id, begun.category, begun.unit.code)
    accepted = [material for material in sorted_materials(old) if material.state is MaterialState.ACCEPTED]
    for position, material in enumerate(accepted):
        material_id = uuid4()
        copied = Material(
            material_id=material_id,
            entry_id=begun.entry_id,
            kind=material.kind,
            name=material.name,
            position=position,
            state=MaterialState.ACCEPTED,
            bucket=bucket,
            key=materials.object_key(place, material_id),
            size=material.size,
            upload_until=now,
            caption=material.caption,
            begun_at=now,
            hint=material.hint,
        )
        tx.add_material(copied, caller.account_id)
        tx.set_material(
            material_id,
            MaterialState.ACCEPTED,
            arrived=True,
            object_ref=material.object,
            facts=material.facts,
            round_=1,
        )
        if material.renditions:
            tx.set_renditions(material_id, material.renditions, material.placeholder)
        if material.warnings or material.playable:
            tx.set_inspection(material_id, material.warnings, material.playable)
