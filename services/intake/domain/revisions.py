"""Revisions: the whole content of a submission in canonical form, its digest, its receipt number."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from contracts.campaign import CLAIMS
from services.intake.domain.entries import Entry, Material, MaterialState

MAX_CONTENT_BYTES = 52 * 1024
"""A revision travels whole in an event of at most 64 KiB, with room for its envelope and the facts of its materials."""
_FACTS_BYTES = 450
"""What the reference and facts of one accepted material add to the event, at most."""
_AROUND_A_TEXT, _AROUND_A_FILE, _AROUND_ALL = 10, 200, 250
"""Characters of quotes, names and ids, at most."""


def content_of(entry: Entry, revision: int) -> dict[str, Any]:
    """What a revision consists of: everything that is judged.

    Personal contact data and times are no part of it: so the digest can be shown to anybody without telling a
    telephone number, and be computed again from the event.
    """
    claims = sorted(entry.fields.get(CLAIMS, "").split())
    return {
        "entry_id": str(entry.entry_id),
        "campaign_id": entry.campaign_id,
        "category": entry.category,
        "unit_code": entry.unit.code,
        "revision": revision,
        "fields": {key: text for key, text in entry.fields.items() if text and key != CLAIMS},
        "materials": [_listed(at, m) for at, m in enumerate(sorted_materials(entry))],
        **({"claims": claims} if claims else {}),
    }


def _listed(at: int, material: Material) -> dict[str, Any]:
    """A file without a caption says nothing about captions: so the digests of older revisions stay what they are."""
    listed = {
        "material_id": str(material.material_id),
        "kind": material.kind,
        "name": material.name,
        "position": at,
        "bytes": material.size,
    }
    return listed | ({"caption": material.caption} if material.caption else {})


def sorted_materials(entry: Entry) -> list[Material]:
    """The materials that belong to the entry, in the order in which their owner put them."""
    held = (m for m in entry.materials if m.state is not MaterialState.REMOVED)
    return sorted(held, key=lambda m: (m.position, m.material_id))


def canonical(content: dict[str, Any]) -> bytes:
    """JSON with sorted keys, without white space, as UTF-8: the same bytes for the same content, in any order.

    For texts, whole numbers and lists under ASCII keys, which is all there is here, this is RFC 8785.
    """
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest_of(content: dict[str, Any]) -> str:
    """SHA-256 of the canonical content, in hexadecimal."""
    return hashlib.sha256(canonical(content)).hexdigest()


def content_bytes(entry: Entry) -> int:
    """How much of an event the entry would take."""
    return len(canonical(content_of(entry, entry.revision + 1))) + _FACTS_BYTES * len(entry.materials)


def content_bytes_at_most(entry: Entry) -> int:
    """A bound of `content_bytes` that costs a fraction of it: no character takes more than six bytes of JSON."""
    texts = sum(len(key) + len(text) + _AROUND_A_TEXT for key, text in entry.fields.items())
    files = sum(len(m.kind) + len(m.name) + len(m.caption) + _AROUND_A_FILE for m in entry.materials)
    names = len(entry.campaign_id) + len(entry.category) + len(entry.unit.code)
    return 6 * (texts + files + names + _AROUND_ALL) + _FACTS_BYTES * len(entry.materials)


def receipt_number(campaign_id: str, category: str, running: int) -> str:
    """E.g. cls-2017.story.0042: campaign, category, running number (numbers may be skipped, never given twice)."""
    return f"{campaign_id}.{category}.{running:04d}"
