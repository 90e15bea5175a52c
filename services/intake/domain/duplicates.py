"""The same file twice in one entry: a warning to its owner, never a refusal."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from contracts.events import Finding
from services.intake.domain.entries import Material, MaterialState


def warnings_of(materials: Iterable[Material]) -> dict[UUID, Finding]:
    """A warning for each file that repeats one before it, in the order of the entry.

    Once both are validated their own digests decide; until then, what their senders say they are.
    """
    held = sorted(
        (m for m in materials if m.state not in {MaterialState.REMOVED, MaterialState.REJECTED}),
        key=lambda m: (m.position, m.material_id),
    )
    first: dict[str, Material] = {}
    found: dict[UUID, Finding] = {}
    for material in held:
        if material.sha256 is None:
            continue
        other = first.setdefault(material.sha256, material)
        if other is not material:
            found[material.material_id] = _same(material, other)
    return found


def _same(material: Material, other: Material) -> Finding:
    return Finding(
        slug="same-file-twice",
        zh=f"{material.name} 与 {other.name} 是同一个文件。如非有意，请删除其中一个。",
        en=f"{material.name} is the same file as {other.name}. Remove one of them unless it is meant.",
        place=f"material:{material.material_id}",
        figures={"same_as": str(other.material_id)},
    )
