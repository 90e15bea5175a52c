"""The files of an entry: looked at, named, put in order, taken out and put back, shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from contracts.events import Finding
from contracts.storage import MATERIALS, PUBLIC
from services.intake.domain import duplicates, pictures
from services.intake.domain import materials as rules
from services.intake.domain.campaigns import category_of
from services.intake.domain.entries import (
    Command,
    Entry,
    Material,
    MaterialState,
    check_in_time,
    stale_caption,
    step,
)
from services.intake.domain.errors import NotFoundError, NothingToShowError
from services.intake.domain.permissions import Caller
from services.intake.domain.pictures import Side
from services.intake.ports import Ports, Transaction
from services.intake.usecases.entries import view_of
from services.intake.usecases.uploads import cancel_parts, find_material

log = structlog.get_logger(__name__)

LINK_LIFE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Shown:
    """A file of an entry, and what its owner should know about it."""

    material: Material
    warning: Finding | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """Where a browser may fetch a file until then."""

    url: str
    expires_at: datetime


def shown(materials: Sequence[Material]) -> list[Shown]:
    """The files that an entry holds, in their order."""
    warnings = duplicates.warnings_of(materials)
    held = sorted(
        (m for m in materials if m.state is not MaterialState.REMOVED), key=lambda m: (m.position, m.material_id)
    )
    return [Shown(material, warnings.get(material.material_id)) for material in held]


def list_materials(ports: Ports, caller: Caller, entry_id: UUID) -> list[Shown]:
    """The files of an entry in their order. Raises NotFoundError."""
    with ports.store.begin() as tx:
        return shown(_entry(tx, entry_id, caller.reads_unit).materials)


def read_material(ports: Ports, caller: Caller, material_id: UUID) -> Shown:
    """Raises NotFoundError."""
    with ports.store.begin() as tx:
        material = find_material(tx, material_id, caller.reads_unit)
        entry = _entry(tx, material.entry_id, caller.reads_unit)
    return Shown(material, duplicates.warnings_of(entry.materials).get(material_id))


def save_caption(ports: Ports, caller: Caller, material_id: UUID, caption: str, over: str | None) -> Material:
    """Save a caption, whatever its length: findings say what is wrong with it.

    `over` is the caption that it was typed over; if somebody has saved another one in between, both are in the refusal.

    Raises NotFoundError, WrongStateError, DeadlinePassedError, StaleVersionError.
    """
    with ports.store.begin() as tx:
        material = find_material(tx, material_id, caller.own_unit, lock=True)
        entry = _changeable(tx, material.entry_id, caller.own_unit)
        if material.caption != caption:
            if over is not None and material.caption != over:
                raise stale_caption(entry, material, caption)
            tx.set_caption(material_id, caption)
    return replace(material, caption=caption)


def reorder_materials(ports: Ports, caller: Caller, entry_id: UUID, wanted: Sequence[UUID]) -> list[Shown]:
    """Put the files of an entry in this order. Raises NotFoundError, WrongStateError, DeadlinePassedError."""
    with ports.store.begin() as tx:
        entry = tx.entry(entry_id, caller.own_unit, lock=True)
        if entry is None:
            raise NotFoundError
        _changeable(tx, entry_id, caller.own_unit)
        tx.place_materials(rules.reordered(entry.materials, wanted))
        return shown(_entry(tx, entry_id, caller.own_unit).materials)


def remove_material(ports: Ports, caller: Caller, material_id: UUID) -> None:
    """Take a file out of a draft or a returned entry; for a day it can be put back.

    Raises NotFoundError, WrongStateError.
    """
    with ports.store.begin() as tx:
        material = find_material(tx, material_id, caller.own_unit, lock=True)
        step(_entry(tx, material.entry_id, caller.own_unit).state, Command.EDIT)
        tx.remove_material(material)
    cancel_parts(ports, material)
    log.info("material.removed", correlation=str(material.entry_id), material=str(material_id))


def restore_material(ports: Ports, caller: Caller, material_id: UUID) -> Shown:
    """Put a removed file back where it was.

    Raises NotFoundError (also if it was still under way, or is cleaned away), WrongStateError, TooManyMaterialsError.
    """
    with ports.store.begin() as tx:
        material = tx.material(material_id, caller.own_unit, lock=True)
        if material is None:
            raise NotFoundError
        entry = _entry(tx, material.entry_id, caller.own_unit)
        before = material.removed_from
        if material.state is MaterialState.REMOVED:
            step(entry.state, Command.EDIT)
            if before is None or before is MaterialState.UPLOADING:
                raise _gone(material)
            category = category_of(ports.store.definition(entry.campaign_id), entry.category)
            rules.check_room(rules.rule_of(category, material.kind), entry.materials)
            if not tx.restore_material(material, material.position):
                raise _gone(material)
            entry = _entry(tx, material.entry_id, caller.own_unit)
    log.info("material.restored", correlation=str(material.entry_id), material=str(material_id))
    return next(one for one in shown(entry.materials) if one.material.material_id == material_id)


def _gone(material: Material) -> NotFoundError:
    return NotFoundError(
        f"{material.name} 已无法恢复，请重新上传。", f"{material.name} cannot be put back any more; upload it again."
    )


def link_to_preview(
    ports: Ports, caller: Caller, material_id: UUID, side: Side = Side.LARGE, *, webp: bool = False
) -> Link:
    """A link to a picture of an accepted file: its rendition once there is one, else a photo itself.

    `side`: pixels of its longer side, as renditions are made; `webp`: whether that is understood.
    Raises NotFoundError, NothingToShowError, StorageUnavailableError.
    """
    material = _accepted(ports, caller, material_id)
    told = pictures.chosen(material, side, webp=webp)
    if told is not None:
        ending = told.key.rpartition(".")[2]
        return _link(ports, PUBLIC, told.key, f"{material.name}.{ending}", pictures.CONTENT_TYPES[told.format])
    page = rules.first_page_key(material)
    if page is not None and ports.objects.holds(MATERIALS, page):
        return _link(ports, MATERIALS, page, f"{material.name}.jpg", "image/jpeg")
    key = rules.rendition_key(material)
    if key is not None and ports.objects.holds(PUBLIC, key):
        return _link(ports, PUBLIC, key, f"{material.name}.jpg", "image/jpeg")
    if material.facts is None or material.facts.format not in rules.PICTURES:
        raise NothingToShowError
    return link_to_file(ports, caller, material_id)


def link_to_file(ports: Ports, caller: Caller, material_id: UUID) -> Link:
    """A link to the accepted file itself. Raises NotFoundError, NothingToShowError."""
    material = _accepted(ports, caller, material_id)
    if material.object is None or material.facts is None:
        raise NothingToShowError
    kind = rules.CONTENT_TYPES.get(material.facts.format, "application/octet-stream")
    opens = material.facts.format in rules.SHOWN
    return _link(ports, material.object.bucket, material.object.key, material.name, kind, opens=opens)


def link_to_playable(ports: Ports, caller: Caller, material_id: UUID) -> Link:
    """A link to a video that browsers play: its copy where one was made, else the file itself.

    Raises NotFoundError, NothingToShowError.
    """
    material = _accepted(ports, caller, material_id)
    if material.playable is None:
        return link_to_file(ports, caller, material_id)
    return _link(ports, PUBLIC, material.playable, f"{material.name}.mp4", "video/mp4")


def _accepted(ports: Ports, caller: Caller, material_id: UUID) -> Material:
    with ports.store.begin() as tx:
        material = find_material(tx, material_id, caller.reads_unit)
    if material.state is not MaterialState.ACCEPTED:
        raise NothingToShowError
    return material


def _link(ports: Ports, bucket: str, key: str, name: str, content_type: str, *, opens: bool = True) -> Link:
    """`opens`: whether the browser shows it, or keeps it as a file."""
    url = ports.objects.link(bucket, key, name, content_type, LINK_LIFE, opens=opens)
    return Link(url, ports.clock.now() + LINK_LIFE)


def _entry(tx: Transaction, entry_id: UUID, unit_code: str | None) -> Entry:
    entry = tx.entry(entry_id, unit_code)
    if entry is None:
        raise NotFoundError
    return entry


def _changeable(tx: Transaction, entry_id: UUID, unit_code: str) -> Entry:
    """The entry, if what is written about its files may still change."""
    entry = _entry(tx, entry_id, unit_code)
    state = tx.campaign(entry.campaign_id)
    if state is None:
        raise NotFoundError
    step(entry.state, Command.EDIT)
    view = view_of(entry, state.campaign)
    check_in_time(state.campaign, view.submit_until, view.shown_deadline, tx.now())
    return entry
