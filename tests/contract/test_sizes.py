"""What the campaigns allow fits into one event of 64 KiB, whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from contracts.campaign_loader import shipped
from contracts.counting import count_zi
from contracts.envelope import MAX_EVENT_BYTES, Envelope, source_of
from contracts.events import (
    CampaignAmendedV1,
    CampaignPublishedV1,
    EntrySubmittedV1,
    Event,
    Extension,
    MaterialFacts,
    MaterialRef,
    ObjectRef,
    UnitRef,
)

RARE = "\U0002a6d6"
"""An ideograph of extension B: four bytes, the most that one 字 of Chinese can take."""
NOW = datetime(2017, 8, 31, 12, tzinfo=UTC)
DIGEST = "f" * 64


def wire_size(event: Event, producer: str) -> int:
    envelope = Envelope(
        source=source_of(producer),
        type=event.TYPE,
        subject=str(uuid4()),
        correlationid=str(uuid4()),
        causationid=str(uuid4()),
        data=event.model_dump(mode="json"),
    )
    return len(envelope.model_dump_json(exclude_none=True).encode())


def full_entry(article: str) -> EntrySubmittedV1:
    materials = tuple(
        MaterialRef(
            material_id=uuid4(),
            kind="photo",
            name=RARE * 120 + ".jpg",
            position=position,
            state="accepted",
            object=ObjectRef(bucket="laurel-materials", key=f"ff/{DIGEST}", size=2_097_152, sha256=DIGEST),
            facts=MaterialFacts(
                format="JPEG", bytes=2_097_152, sha256=DIGEST, width=4000, height=3000, seconds=179.966, codec="H.264"
            ),
        )
        for position in range(11)
    )
    longest = {"article": article, "summary": RARE * 200, "honours": RARE * 1500, "process_note": RARE * 1500}
    return EntrySubmittedV1(
        entry_id=uuid4(),
        campaign_id="cls-2017",
        campaign_version=99,
        receipt_number="CLS2017-9999",
        revision=99,
        unit=UnitRef(code="xjbtwhj", name="新疆生产建设兵团文化广播电视局", region="新疆生产建设兵团"),
        category="innovation",
        title=RARE * 60,
        fields={"case_name": RARE * 60, "title": RARE * 60, "subtitle": RARE * 60, **longest},
        materials=materials,
        digest=DIGEST,
        submitted_by=uuid4(),
        submitted_at=NOW,
    )


@pytest.mark.parametrize("article", [RARE * 3000, ("library " * 3000).strip()], ids=["chinese", "latin"])
def test_entry_at_every_limit_fits_an_event(article: str) -> None:
    """3 000 字 of article, 200 of summary, ten photos and a video with long names."""
    assert count_zi(article) == 3000
    assert wire_size(full_entry(article), "intake") <= MAX_EVENT_BYTES


@pytest.mark.parametrize("name", ["cls-2017", "shaanxi-2024"])
def test_definition_fits_an_event(name: str) -> None:
    definition = shipped(name).model_dump(mode="json")
    event = CampaignPublishedV1(campaign_id=name, version=1, definition=definition, published_at=NOW)
    assert wire_size(event, "intake") <= MAX_EVENT_BYTES


@pytest.mark.parametrize("name", ["cls-2017", "shaanxi-2024"])
def test_definition_fits_an_event_with_an_extension_for_every_unit(name: str) -> None:
    definition = shipped(name)
    event = CampaignAmendedV1(
        campaign_id=name,
        version=99,
        definition=definition.model_dump(mode="json"),
        extensions=tuple(
            Extension(unit_code=unit.code, cutoff=NOW + timedelta(days=3), reason="所在地区道路中断，" * 10)
            for unit in definition.units
        ),
        reason="汛期多地交通中断，" * 10,
        amended_at=NOW,
    )
    assert wire_size(event, "intake") <= MAX_EVENT_BYTES
