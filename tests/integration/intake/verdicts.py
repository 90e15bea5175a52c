"""Media's verdicts, as intake's worker takes them, where no media worker runs."""

from __future__ import annotations

import hashlib
from uuid import UUID

from contracts.events import Finding, MaterialAcceptedV1, MaterialFacts, MaterialRejectedV1, ObjectRef
from infra.store.buckets import MATERIALS
from services.intake.usecases.consumers import material_judged
from tests.integration.intake.desk import Intake


def accept(intake: Intake, material: str, *, sha256: str | None = None, format_: str = "JPEG") -> str:
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
            facts=MaterialFacts(format=format_, bytes=held.size, sha256=digest, width=800, height=600),
            judged_at=tx.now(),
        )
        material_judged(tx, event)
    return digest


def reject(intake: Intake, material: str) -> None:
    with intake.store.begin() as tx:
        held = tx.material(UUID(material), None)
        assert held is not None
        finding = Finding(slug="not-a-jpeg", zh="这是 PNG 文件，请另存为 JPG。", en="This is a PNG file.")
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
