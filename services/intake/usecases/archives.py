"""Archives of an entry, or of everything that was submitted to a campaign: planned here, streamed by the caller."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from services.intake.domain.documents.packing import Archive, MadeFile, PackedFile, PaperFile, StoredFile, file_name
from services.intake.domain.documents.papers import Past
from services.intake.domain.entries import Entry, Material, MaterialState, State
from services.intake.domain.errors import NotFoundError
from services.intake.domain.permissions import Action, Caller
from services.intake.ports import Ports, Transaction
from services.intake.usecases.documents import Printable, Titled, forms_and_articles, receipt_of
from services.intake.usecases.documents.printable import printable_of

_AT_ONCE = 20
"""Entries of a campaign that are read in one transaction, and held until they have been sent."""
_PACKED = frozenset({MaterialState.UPLOADED, MaterialState.ACCEPTED})
_MAKING = frozenset({State.DRAFT, State.RETURNED})
"""The states in which an entry's owner is still writing."""


def archive_entry(ports: Ports, caller: Caller, entry_id: UUID, public_url: str) -> Archive:
    """An entry whole: as it was submitted, or as its draft stands. Raises NotFoundError."""
    with ports.store.begin() as tx:
        entry = tx.entry(entry_id, caller.reads_unit)
        state = tx.campaign(entry.campaign_id) if entry else None
        if entry is None or state is None:
            raise NotFoundError
        past = tx.past(entry_id, entry.revision) if entry.revision and entry.state not in _MAKING else None
        about = printable_of(entry, state.campaign.definition, past)
        folder, files = _pack(tx, about, caller, public_url)
    return Archive(f"{folder}.zip", folder, tuple(files))


def archive_campaign(ports: Ports, caller: Caller, campaign_id: str, public_url: str) -> Archive:
    """Every entry as it was last submitted, but for those that were taken back. Raises NotFoundError."""
    with ports.store.begin() as tx:
        if tx.campaign(campaign_id) is None:
            raise NotFoundError
    return Archive(f"{campaign_id}.zip", campaign_id, _of_campaign(ports, caller, campaign_id, public_url))


def _of_campaign(ports: Ports, caller: Caller, campaign_id: str, public_url: str) -> Iterator[PackedFile]:
    after: int | None = None
    while True:
        files: list[PackedFile] = []
        # A transaction for each few: nobody waits for an archive, and what is submitted meanwhile comes along.
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
                about = printable_of(entry, state.campaign.definition, past)
                folder, packed = _pack(tx, about, caller, public_url)
                files += [_below(folder, file) for file in packed]
        yield from files
        if len(rows) < _AT_ONCE:
            return
        after = rows[-1].seq


def _below(folder: str, file: PackedFile) -> PackedFile:
    path = f"{folder}/{file.path}"
    match file:
        case MadeFile():
            return MadeFile(path, file.content)
        case PaperFile():
            return PaperFile(path, file.paper, file.title, file.kind)
        case StoredFile():
            return StoredFile(path, file.bucket, file.key, file.size, file.sha256)


def _pack(tx: Transaction, about: Printable, caller: Caller, public_url: str) -> tuple[str, list[PackedFile]]:
    entry, past, category = about.entry, about.past, about.category
    if past is not None:
        held = tx.materials_by_id([material.material_id for material in past.materials])
        order = sorted(past.materials, key=lambda m: (m.position, m.material_id))
        materials = [held[listed.material_id] for listed in order if listed.material_id in held]
        fields: Mapping[str, str] = past.fields
    else:
        held = {}
        materials = [m for m in entry.materials if m.state is not MaterialState.REMOVED]
        fields = entry.fields
    number = past.receipt.receipt_number if past else f"draft-{entry.entry_id}"
    folder = file_name(f"{number} {entry.unit.name} {fields.get(category.title_field, '')[:40]}".strip())
    files: list[PackedFile] = [*_papers(tx, about, caller, public_url)]
    if past is not None:
        files.append(_paper("回执", receipt_of(about, past, held, public_url), "pdf"))
    told = _about(entry, past, private=caller.may(Action.READ_PRIVATE_FIELDS))
    for at, material in enumerate(materials, 1):
        stored = _stored(material, f"{at:02d} {file_name(material.name, material.kind)}")
        told["materials"].append(
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
    content = json.dumps(told, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    return folder, [MadeFile("entry.json", content.encode()), *files]


def _papers(tx: Transaction, about: Printable, caller: Caller, public_url: str) -> Iterator[PaperFile]:
    """Forms and articles, each to print and to edit."""
    for rule, titled in forms_and_articles(tx, about, caller, public_url):
        name = f"{rule.number} {rule.title.zh}".strip()
        yield _paper(name, titled, "pdf")
        yield _paper(name, titled, "docx")


def _paper(name: str, titled: Titled, kind: str) -> PaperFile:
    return PaperFile(file_name(f"{name}.{kind}", f"document.{kind}"), titled.paper, titled.title, kind)


def _about(entry: Entry, past: Past | None, *, private: bool) -> dict[str, Any]:
    fields = past.fields if past else entry.fields
    contact = past.private if past else entry.private
    return {
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


def _stored(material: Material, name: str) -> StoredFile | None:
    """Where its bytes are; None of what was rejected, taken out before it was judged, or never arrived."""
    path = f"{material.kind}/{name}"
    if material.object is not None:
        ref = material.object
        return StoredFile(path, ref.bucket, ref.key, ref.size, ref.sha256)
    if material.state in _PACKED:
        return StoredFile(path, material.bucket, material.key, material.size, None)
    return None
