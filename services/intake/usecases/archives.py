"""Archives of an entry, or of everything that was submitted to a campaign: planned here, streamed by the caller."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from contracts.campaign import CampaignDefinition
from services.intake.domain.campaigns import category_of
from services.intake.domain.documents.packing import Archive, MadeFile, StoredFile, file_name
from services.intake.domain.documents.papers import Past
from services.intake.domain.entries import Entry, Material, MaterialState, State
from services.intake.domain.errors import NotFoundError
from services.intake.domain.permissions import Action, Caller
from services.intake.ports import Ports, Transaction

_AT_ONCE = 100
_PACKED = frozenset({MaterialState.UPLOADED, MaterialState.ACCEPTED})
_MAKING = frozenset({State.DRAFT, State.RETURNED})
"""The states in which an entry's owner is still writing."""


def archive_entry(ports: Ports, caller: Caller, entry_id: UUID) -> Archive:
    """An entry whole: as it was submitted, or as its draft stands. Raises NotFoundError."""
    private = caller.may(Action.READ_PRIVATE_FIELDS)
    with ports.store.begin() as tx:
        entry = tx.entry(entry_id, caller.reads_unit)
        state = tx.campaign(entry.campaign_id) if entry else None
        if entry is None or state is None:
            raise NotFoundError
        past = tx.past(entry_id, entry.revision) if entry.revision and entry.state not in _MAKING else None
        folder, files = _pack(tx, state.campaign.definition, entry, past, private=private)
    return Archive(f"{folder}.zip", folder, tuple(files))


def archive_campaign(ports: Ports, caller: Caller, campaign_id: str) -> Archive:
    """Every entry as it was last submitted, but for those that were taken back. Raises NotFoundError."""
    private = caller.may(Action.READ_PRIVATE_FIELDS)
    files: list[StoredFile | MadeFile] = []
    after: int | None = None
    while True:
        # A transaction for each hundred: nobody waits for an archive, and what is submitted meanwhile comes along.
        with ports.store.begin() as tx:
            state = tx.campaign(campaign_id)
            if state is None:
                raise NotFoundError
            rows = tx.entries(campaign_id, None, after, _AT_ONCE, state=None)
            for row in rows:
                entry = tx.entry(row.entry_id, None) if row.revision else None
                past = tx.past(row.entry_id, entry.revision) if entry else None
                if entry is None or past is None or entry.state is State.WITHDRAWN:
                    continue
                folder, packed = _pack(tx, state.campaign.definition, entry, past, private=private)
                files += [_below(folder, file) for file in packed]
        if len(rows) < _AT_ONCE:
            break
        after = rows[-1].seq
    return Archive(f"{campaign_id}.zip", campaign_id, tuple(files))


def _below(folder: str, file: StoredFile | MadeFile) -> StoredFile | MadeFile:
    path = f"{folder}/{file.path}"
    if isinstance(file, MadeFile):
        return MadeFile(path, file.content)
    return StoredFile(path, file.bucket, file.key, file.size, file.sha256)


def _pack(
    tx: Transaction, definition: CampaignDefinition, entry: Entry, past: Past | None, *, private: bool
) -> tuple[str, list[StoredFile | MadeFile]]:
    category = category_of(definition, entry.category)
    if past is not None:
        held = tx.materials_by_id([material.material_id for material in past.materials])
        order = sorted(past.materials, key=lambda m: (m.position, m.material_id))
        materials = [held[listed.material_id] for listed in order if listed.material_id in held]
        fields: Mapping[str, str] = past.fields
        contact: Mapping[str, str] = past.private
    else:
        materials = [m for m in entry.materials if m.state is not MaterialState.REMOVED]
        fields, contact = entry.fields, entry.private
    number = past.receipt.receipt_number if past else f"draft-{entry.entry_id}"
    folder = file_name(f"{number} {entry.unit.name} {fields.get(category.title_field, '')[:40]}".strip())
    about: dict[str, Any] = {
        "entry_id": str(entry.entry_id),
        "campaign_id": entry.campaign_id,
        "category": entry.category,
        "unit": entry.unit.name,
        "state": entry.state.value,
        "receipt_number": past.receipt.receipt_number if past else None,
        "revision": past.receipt.revision if past else None,
        "digest": past.receipt.digest if past else None,
        "submitted_at": past.receipt.submitted_at.isoformat() if past else None,
        "fields": {**fields, **(contact if private else {})},
        "materials": [],
    }
    files: list[StoredFile | MadeFile] = []
    for at, material in enumerate(materials, 1):
        stored = _stored(material, f"{at:02d} {file_name(material.name, material.kind)}")
        about["materials"].append(
            {
                "name": material.name,
                "kind": material.kind,
                "state": material.state.value,
                "file": stored.path if stored else None,
                "sha256": stored.sha256 if stored else None,
            }
        )
        if stored is not None:
            files.append(stored)
    told = json.dumps(about, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    return folder, [MadeFile("entry.json", told.encode()), *files]


def _stored(material: Material, name: str) -> StoredFile | None:
    """Where its bytes are; None of what was rejected, taken out before it was judged, or never arrived."""
    path = f"{material.kind}/{name}"
    if material.object is not None:
        ref = material.object
        return StoredFile(path, ref.bucket, ref.key, ref.size, ref.sha256)
    if material.state in _PACKED:
        return StoredFile(path, material.bucket, material.key, material.size, None)
    return None
