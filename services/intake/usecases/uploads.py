"""Uploads: begun with a signed form or in parts, sent straight to storage, completed by looking there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

import structlog

from contracts.campaign import MaterialRule
from contracts.events import MaterialUploadedV1, ObjectRef
from services.intake.domain import materials as rules
from services.intake.domain import uploads
from services.intake.domain.campaigns import Campaign, category_of, check_opened
from services.intake.domain.entries import (
    Command,
    Material,
    MaterialState,
    Place,
    check_in_time,
    step,
)
from services.intake.domain.errors import (
    IntakeError,
    MalformedPartsError,
    NotFoundError,
    StorageUnavailableError,
    UploadExpiredError,
)
from services.intake.domain.lanes import MANY, lane_of
from services.intake.domain.permissions import Caller
from services.intake.domain.uploads import Part
from services.intake.ports import Ports, Transaction, UploadForm
from services.intake.usecases.entries import view_of

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class BeginUpload:
    """Command: a file of so many bytes is about to be sent.

    `sha256` is what the sender says the file is; `replaces` the file whose place and caption it takes; `back_to` where
    storage sends a browser without scripts afterwards.
    """

    kind: str
    name: str
    size: int
    in_parts: bool = False
    sha256: str | None = None
    replaces: UUID | None = None
    back_to: str | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """A place among the entry's materials, and how to send the file: by this form, or without one in parts."""

    material: Material
    materials: tuple[Material, ...]
    form: UploadForm | None


@dataclass(frozen=True, slots=True)
class PartLinks:
    """Links to send parts with, each of exactly so many bytes, until then."""

    links: Mapping[int, str]
    lengths: Mapping[int, int]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an upload in parts has come."""

    material: Material
    lengths: Mapping[int, int]
    held: Mapping[int, Part]


def begin_upload(ports: Ports, caller: Caller, entry_id: UUID, command: BeginUpload) -> Begun:
    """A place among the entry's materials and what to send the file with.

    Raises NotFoundError, WrongStateError, UnknownMaterialKindError, MaterialTooLargeError, TooManyMaterialsError,
    NotOpenError, DeadlinePassedError; StorageUnavailableError for an upload in parts.
    """
    material_id, upload_id, key = uuid4(), None, ""
    if command.in_parts:  # asked before storage is, so that nobody makes it hold what will be refused
        with ports.store.begin() as tx:
            room = _room(tx, caller, entry_id, command)
        key = rules.object_key(room.place, material_id)
        upload_id = ports.objects.begin_parts(key, rules.content_type(room.rule, command.name))
    try:
        with ports.store.begin() as tx:
            room = _room(tx, caller, entry_id, command)
            begun = _material(room, command, material_id, upload_id, ports.objects.bucket)
            if room.replaced is not None:
                tx.remove_material(room.replaced)
            tx.add_material(begun, caller.account_id)
    except IntakeError:
        if upload_id is not None:
            _abort(ports, key, upload_id)
        raise
    log.info("upload.begun", correlation=str(entry_id), material=str(material_id), kind=begun.kind, bytes=begun.size)
    form = None
    if upload_id is None:
        kind = rules.content_type(room.rule, command.name)
        form = ports.objects.upload_form(
            begun.key, kind, room.rule.max_bytes, begun.upload_until, back_to=command.back_to
        )
    return Begun(begun, (*room.held, begun), form)


@dataclass(frozen=True, slots=True)
class _Room:
    """That the entry may have one more file now: by which rule, beside which others, instead of which one."""

    place: Place
    campaign: Campaign
    rule: MaterialRule
    held: tuple[Material, ...]
    replaced: Material | None
    ends: datetime
    now: datetime


def _room(tx: Transaction, caller: Caller, entry_id: UUID, command: BeginUpload) -> _Room:
    entry = tx.entry(entry_id, caller.own_unit, lock=True)
    state = tx.campaign(entry.campaign_id) if entry else None
    if entry is None or state is None:
        raise NotFoundError
    campaign = state.campaign
    step(entry.state, Command.EDIT)
    now = tx.now()
    check_opened(campaign, now)
    view = view_of(entry, campaign)
    check_in_time(campaign, view.submit_until, view.shown_deadline, now)
    rule = rules.rule_of(category_of(campaign.definition, entry.category), command.kind)
    rules.check_size(rule, command.name, command.size)
    old = next((m for m in entry.materials if m.material_id == command.replaces), None)
    if command.replaces is not None:
        rules.check_replaced(rule, old)
    held = tuple(m for m in entry.materials if m is not old)
    rules.check_room(rule, held)
    place = Place(entry_id, entry.campaign_id, entry.category, entry.unit.code)
    return _Room(place, campaign, rule, held, old, view.submit_until, now)


def _material(room: _Room, command: BeginUpload, material_id: UUID, upload_id: str | None, bucket: str) -> Material:
    grace, old = room.campaign.definition.calendar.upload_grace, room.replaced
    return Material(
        material_id=material_id,
        entry_id=room.place.entry_id,
        kind=room.rule.key,
        name=command.name,
        position=old.position if old else 1 + max((m.position for m in room.held), default=-1),
        state=MaterialState.UPLOADING,
        bucket=bucket,
        key=rules.object_key(room.place, material_id),
        size=command.size,
        upload_until=uploads.upload_until(room.now, room.ends, grace, in_parts=command.in_parts),
        caption=old.caption if old else "",
        begun_at=room.now,
        upload_id=upload_id,
        hint=command.sha256,
    )


def read_progress(ports: Ports, caller: Caller, material_id: UUID) -> Progress:
    """Which parts storage has, so that a sender who was cut off goes on where he was.

    Raises NotFoundError, MalformedPartsError, StorageUnavailableError.
    """
    material, upload_id = _in_parts(ports, material_id, caller.own_unit)
    lengths = uploads.lengths(material.size)
    if material.state is not MaterialState.UPLOADING:
        return Progress(material, lengths, {})
    held = ports.objects.parts(material.key, upload_id) or ()
    return Progress(material, lengths, uploads.whole_parts(material.size, held))


def link_parts(ports: Ports, caller: Caller, material_id: UUID, numbers: Sequence[int]) -> PartLinks:
    """Links for these parts. Raises NotFoundError, MalformedPartsError, UploadExpiredError."""
    material, upload_id = _in_parts(ports, material_id, caller.own_unit)
    wanted = uploads.wanted(material.size, numbers)
    with ports.store.begin() as tx:
        now = tx.now()
    if material.state is not MaterialState.UPLOADING or now >= material.upload_until:
        raise _expired(material)
    until = min(now + uploads.LINK_LIFE, material.upload_until)
    return PartLinks(ports.objects.part_links(material.key, upload_id, wanted, until), wanted, until)


def _in_parts(ports: Ports, material_id: UUID, unit_code: str) -> tuple[Material, str]:
    with ports.store.begin() as tx:
        material = find_material(tx, material_id, unit_code)
    if material.upload_id is None:
        raise MalformedPartsError(
            f"{material.name} 不是分段上传的。", f"{material.name} is not sent in parts.", parts=0
        )
    return material, material.upload_id


def complete_upload(ports: Ports, caller: Caller, material_id: UUID) -> Material:
    """The client says that the file is sent; storage is asked, then media. Again changes nothing.

    Raises NotFoundError, UploadMissingError, UploadExpiredError, MaterialTooLargeError, WrongStateError,
    StorageUnavailableError.
    """
    with ports.store.begin() as tx:
        material = find_material(tx, material_id, caller.own_unit)
        now = tx.now()
    if material.state is not MaterialState.UPLOADING:
        return material
    if now >= material.upload_until:
        raise _expired(material)
    size = _assembled(ports, material)
    with ports.store.begin() as tx:
        material = find_material(tx, material_id, caller.own_unit, lock=True)
        if material.state is not MaterialState.UPLOADING:
            return material
        entry = tx.entry(material.entry_id, caller.own_unit)
        campaign = tx.campaign(entry.campaign_id) if entry else None
        if entry is None or campaign is None:
            raise NotFoundError
        step(entry.state, Command.EDIT)
        rule = rules.rule_of(category_of(campaign.campaign.definition, entry.category), material.kind)
        if size is None:
            raise uploads.nothing_there(material.name, material.size, rule.max_bytes)
        rules.check_size(rule, material.name, size)
        now = tx.now()
        if now >= material.upload_until:
            raise _expired(material)
        tx.set_material(material_id, MaterialState.UPLOADED, size=size, arrived=True)
        event = MaterialUploadedV1(
            material_id=material_id,
            entry_id=material.entry_id,
            campaign_id=entry.campaign_id,
            campaign_version=campaign.campaign.version,
            category=entry.category,
            unit_code=entry.unit.code,
            kind=material.kind,
            name=material.name,
            object=ObjectRef(bucket=material.bucket, key=material.key, size=size),
            uploaded_at=now,
        )
        lane = lane_of(tx.uploads_waiting(entry.campaign_id, entry.unit.code, at_most=MANY) - 1)
        tx.emit(event, subject=str(material.entry_id), lane=lane)
    about = {"material": str(material_id), "bytes": size, "lane": lane or "first"}
    log.info("upload.completed", correlation=str(material.entry_id), **about)
    return replace(material, state=MaterialState.UPLOADED, size=size, arrived_at=now)


def _assembled(ports: Ports, material: Material) -> int | None:
    """The bytes of the object that storage holds, made of its parts first; None if there is none.

    Parts are put together only if they are all there and each is as long as was announced: so an object larger than
    the rule allows never comes to be, whatever a storage may let through.
    """
    if material.upload_id is not None:
        held = ports.objects.parts(material.key, material.upload_id)
        if held is not None:  # else they were put together by an earlier try
            parts = uploads.check_complete(material.name, material.size, uploads.whole_parts(material.size, held))
            ports.objects.finish_parts(material.key, material.upload_id, parts)
    return ports.objects.size_of(material.key)


def _expired(material: Material) -> UploadExpiredError:
    return UploadExpiredError(
        f"{material.name} 的上传已过时限或已结束。如仍需要此文件，请删除后重新上传。",
        f"The time for uploading {material.name} has run out, or it has ended. "
        "If you still need the file, remove it and begin again.",
        upload_until=material.upload_until.isoformat(),
    )


def cancel_parts(ports: Ports, material: Material) -> None:
    """Tell storage that nobody will finish this; what it does not hear, the schedule cleans away."""
    if material.upload_id is not None and material.state is MaterialState.UPLOADING:
        _abort(ports, material.key, material.upload_id)


def _abort(ports: Ports, key: str, upload_id: str) -> None:
    try:
        ports.objects.abort_parts(key, upload_id)
    except StorageUnavailableError:
        log.warning("upload.kept", key=key)


def find_material(tx: Transaction, material_id: UUID, unit_code: str | None, *, lock: bool = False) -> Material:
    """Raises NotFoundError, also for another unit's, and for one that was removed."""
    material = tx.material(material_id, unit_code, lock=lock)
    if material is None or material.state is MaterialState.REMOVED:
        raise NotFoundError
    return material
