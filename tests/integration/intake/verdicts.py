"""Media's verdicts, as intake's worker takes them, where no media worker runs."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from contracts.events import (
    Finding,
    MaterialAcceptedV1,
    MaterialFacts,
    MaterialInspectedV1,
    MaterialRejectedV1,
    MaterialRenderedV1,
    ObjectRef,
    Rendition,
)
from contracts.storage import playable_key, rendition_key
from infra.store.buckets import MATERIALS
from services.intake.usecases.consumers import material_inspected, material_judged, material_rendered
from tests.integration.intake.desk import Intake


def accept(
    intake: Intake, material: str, *, sha256: str | None = None, format_: str = "JPEG", round_: int = 1, **facts: Any
) -> str:
    """Media's verdict, as intake's worker takes it; returns the digest."""
    digest = sha256 or hashlib.sha256(material.encode()).hexdigest()
    with intake.store.begin() as tx:
        held = tx.material(UUID(material), None)
        assert held is not None
        event = MaterialAcceptedV1(
            material_id=held.material_id,
            entry_id=held.entry_id,
            campaign_id="any",
            kind=held.kind,
            object=ObjectRef(bucket=MATERIALS, key=f"{digest[:2]}/{digest}", size=held.size, sha256=digest),
            facts=MaterialFacts(format=format_, bytes=held.size, sha256=digest, width=800, height=600, **facts),
            judged_at=tx.now(),
            round=round_,
        )
        material_judged(tx, event)
    return digest


def reject(intake: Intake, material: str) -> None:
    refuse(intake, material, "not-a-jpeg", "这是 PNG 文件，请另存为 JPG。", "This is a PNG file.")


def refuse(intake: Intake, material: str, slug: str, zh: str, en: str) -> None:
    with intake.store.begin() as tx:
        held = tx.material(UUID(material), None)
        assert held is not None
        finding = Finding(slug=slug, zh=zh, en=en)
        material_judged(
            tx,
            MaterialRejectedV1(
                material_id=held.material_id,
                entry_id=held.entry_id,
                campaign_id="any",
                kind=held.kind,
                findings=(finding,),
                judged_at=tx.now(),
            ),
        )


PLACEHOLDER = "data:image/webp;base64,UklGRg=="


def render(intake: Intake, material: str, stem: str, *, portrait: bool = False) -> bool:
    """Media's word that pictures of it were made; whether that changed anything."""

    def made(side: int, ending: str, kind: str) -> Rendition:
        width, height = (side * 3 // 4, side) if portrait else (side, side * 3 // 4)
        return Rendition(key=rendition_key(stem, side, ending), format=kind, width=width, height=height, bytes=9)

    with intake.store.begin() as tx:
        held = tx.material(UUID(material), None)
        event = MaterialRenderedV1(
            material_id=UUID(material),
            entry_id=held.entry_id if held else UUID(int=0),
            campaign_id="any",
            kind="photo",
            renditions=tuple(made(side, *how) for side in (1600, 480) for how in (("jpg", "JPEG"), ("webp", "WebP"))),
            placeholder=PLACEHOLDER,
            rendered_at=tx.now(),
        )
        return material_rendered(tx, event)


QUIET = Finding(slug="sound-too-quiet", zh="声音太小，请提高音量后替换。", en="The sound is too quiet.")


def watch(intake: Intake, material: str, *warnings: Finding, playable: bool = False) -> bool:
    """Media's word on a video that it has watched through; whether that changed anything."""
    with intake.store.begin() as tx:
        held = tx.material(UUID(material), None)
        event = MaterialInspectedV1(
            material_id=UUID(material),
            entry_id=held.entry_id if held else UUID(int=0),
            campaign_id="any",
            kind="video",
            warnings=warnings,
            playable=playable_key(material) if playable else None,
            seconds=1.5,
            inspected_at=tx.now(),
        )
        return material_inspected(tx, event)
