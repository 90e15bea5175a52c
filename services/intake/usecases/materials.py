"""Materials: an upload is begun with a signed form, sent straight to storage, and completed by looking there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

import structlog

from contracts.events import MaterialUploadedV1, ObjectRef
from services.intake.domain import materials as rules
from services.intake.domain.campaigns import category_of, check_opened
from services.intake.domain.entries import (
    Command,
    Entry,
    Material,
    MaterialState,
    Place,
    check_in_time,
    step,
)
from services.intake.domain.errors import (
    NotFoundError,
    StorageUnavailableError,
    UploadExpiredError,
    UploadMissingError,
)
from services.intake.domain.permissions import Caller
from services.intake.ports import Ports, Transaction, UploadForm
from services.intake.usecases.entries import view_of

log = structlog.get_logger(__name__)

_CLEANED_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class BeginUpload:
    """Command: a file of so many bytes is about to be sent."""

    kind: str
    name: str
    size: int


def begin_upload(ports: Ports, caller: Caller, entry_id: UUID, command: BeginUpload) -> tuple[Material, UploadForm]:
    """A place among the entry's materials and the form to send the file with.

    Raises NotFoundError, WrongStateError, UnknownMaterialKindError, MaterialTooLargeError, TooManyMaterialsError,
    NotOpenError, DeadlinePassedError.
    """
    with ports.store.begin() as tx:
        entry, now = _editable(tx, entry_id, caller.own_unit)
        place = Place(entry_id, entry.campaign_id, entry.category, entry.unit.code)
        rule = rules.rule_of(category_of(ports.store.definition(entry.campaign_id), entry.category), command.kind)
        rules.check_size(rule, command.name, command.size)
        rules.check_room(rule, entry.materials)
        material_id = uuid4()
        material = Material(
            material_id=material_id,
            entry_id=entry_id,
            kind=rule.key,
            name=command.name,
            position=1 + max((m.position for m in entry.materials), default=-1),
            state=MaterialState.UPLOADING,
            bucket=ports.objects.bucket,
            key=rules.object_key(place, material_id),
            size=command.size,
            upload_until=now + rules.UPLOAD_GRACE,
        )
        tx.add_material(material, caller.account_id)
    log.info("upload.begun", correlation=str(entry_id), material=str(material_id), kind=rule.key, bytes=command.size)
    kind = rules.content_type(rule, command.name)
    return material, ports.objects.upload_form(material.key, kind, rule.max_bytes, material.upload_until)


def _editable(tx: Transaction, entry_id: UUID, unit_code: str) -> tuple[Entry, datetime]:
    """The entry, locked, and the time, if its materials may be added to now."""
    entry = tx.entry(entry_id, unit_code, lock=True)
    state = tx.campaign(entry.campaign_id) if entry else None
    if entry is None or state is None:
        raise NotFoundError
    step(entry.state, Command.EDIT)
    now = tx.now()
    check_opened(state.campaign, now)
    view = view_of(entry, state.campaign)
    check_in_time(state.campaign, view.submit_until, view.shown_deadline, now)
    return entry, now


def complete_upload(ports: Ports, caller: Caller, material_id: UUID) -> Material:
    """The client says that the file is sent; storage is asked, then media. Again changes nothing.

    Raises NotFoundError, UploadMissingError, UploadExpiredError, MaterialTooLargeError, WrongStateError,
    StorageUnavailableError.
    """
    with ports.store.begin() as tx:
        material = _material(tx, material_id, caller.own_unit)
    if material.state is not MaterialState.UPLOADING:
        return material
    size = ports.objects.size_of(material.key)
    if size is None:
        raise UploadMissingError(
            f"存储中还没有收到 {material.name}。请完成上传后再试；如上传失败，请删除后重新上传。",
            f"{material.name} has not arrived in storage. Finish the upload, or remove it and begin again.",
        )
    with ports.store.begin() as tx:
        material = _material(tx, material_id, caller.own_unit, lock=True)
        if material.state is not MaterialState.UPLOADING:
            return material
        entry = tx.entry(material.entry_id, caller.own_unit)
        campaign = tx.campaign(entry.campaign_id) if entry else None
        if entry is None or campaign is None:
            raise NotFoundError
        step(entry.state, Command.EDIT)
        rule = rules.rule_of(category_of(campaign.campaign.definition, entry.category), material.kind)
        rules.check_size(rule, material.name, size)
        now = tx.now()
        if now >= material.upload_until:
            minutes = rules.UPLOAD_GRACE.seconds // 60
            raise UploadExpiredError(
                f"{material.name} 的上传已超过 {minutes} 分钟，请删除后重新上传。",
                f"The upload of {material.name} took longer than {minutes} minutes; remove it and begin again.",
            )
        tx.set_material(material_id, MaterialState.UPLOADED, size=size)
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
        tx.emit(event, subject=str(material.entry_id))
    log.info("upload.completed", correlation=str(material.entry_id), material=str(material_id), bytes=size)
    return replace(material, state=MaterialState.UPLOADED, size=size)


def read_material(ports: Ports, caller: Caller, material_id: UUID) -> Material:
    """Raises NotFoundError."""
    with ports.store.begin() as tx:
        return _material(tx, material_id, caller.reads_unit)


def remove_material(ports: Ports, caller: Caller, material_id: UUID) -> None:
    """Take a file out of a draft or a returned entry. Raises NotFoundError, WrongStateError."""
    with ports.store.begin() as tx:
        material = _material(tx, material_id, caller.own_unit, lock=True)
        entry = tx.entry(material.entry_id, caller.own_unit)
        if entry is None:
            raise NotFoundError
        step(entry.state, Command.EDIT)
        tx.set_material(material_id, MaterialState.REMOVED)
    log.info("material.removed", correlation=str(material.entry_id), material=str(material_id))


def clean_quarantine(ports: Ports) -> int:
    """Remove from quarantine what was begun over a day ago and never completed, or taken out as long ago; how many."""
    with ports.store.begin() as tx:
        waiting = tx.to_clean(rules.ORPHANED_AFTER, _CLEANED_AT_ONCE)
    cleaned = 0
    for material in waiting:
        try:
            ports.objects.remove(material.key)
        except StorageUnavailableError:
            log.warning("quarantine.kept", material=str(material.material_id))
            break
        with ports.store.begin() as tx:
            cleaned += tx.cleaned(material.material_id)
    return cleaned


def _material(tx: Transaction, material_id: UUID, unit_code: str | None, *, lock: bool = False) -> Material:
    material = tx.material(material_id, unit_code, lock=lock)
    if material is None or material.state is MaterialState.REMOVED:
        raise NotFoundError
    return material
