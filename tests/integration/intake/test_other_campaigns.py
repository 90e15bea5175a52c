"""Campaigns like neither of the two great ones: shipped as definitions alone, run through recommendation by API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from contracts.campaign_loader import shipped
from tests.integration.intake.desk import Caller, Intake

ACTUAL = {
    "standard_rate": "81.2", "floor_area": "111.3", "seats": "126.5", "collection": "0.84", "acquisitions": "0.05",
    "funds": "1.61", "digital": "6.2", "readers": "10251", "visits": "5.4", "loans": "4.24", "senior_titles": "13.1",
    "middle_titles": "33.4",
}  # fmt: skip


def opened(intake: Intake, name: str) -> str:
    """A shipped definition under an id of its own, open now."""
    raw: dict[str, Any] = shipped(name).model_dump(mode="json")
    now = datetime.now(UTC)
    raw["id"] = f"{name}-{uuid4().hex[:8]}"
    raw["calendar"] |= {
        "opens": (now - timedelta(days=1)).isoformat(),
        "online_deadline": (now + timedelta(days=1)).isoformat(),
        "cutoff": None,
    }
    if raw["calendar"]["paper_deadline"]:
        raw["calendar"]["paper_deadline"] = (now + timedelta(days=8)).isoformat()
    intake.caller("secretariat").post("/campaigns", definition=raw).ok(201)
    return str(raw["id"])


def slugs(unit: Caller, entry: dict[str, Any]) -> list[tuple[str, str]]:
    found = unit.submit(entry).refused(422, "not-ready")["findings"]
    return [(finding["slug"], finding["place"]) for finding in found]


def test_a_province_reports_its_indicators(intake: Intake) -> None:
    unit, campaign = intake.caller("unit", unit=f"p-{uuid4().hex[:8]}", name="某省图书馆"), opened(intake, "plan-2020")
    entry = unit.save(unit.entry(campaign, "report"), region="某省", **ACTUAL | {"standard_rate": "172"})

    assert slugs(unit, entry) == [("number-too-large", "standard_rate"), ("too-few-claims", "claims")]
    entry = unit.save(entry, standard_rate="81.2", claims="checked signed")
    unit.submit(entry).ok(201)

    (event,) = intake.events(entry["entry_id"])
    assert event["data"]["claims"] == ["checked", "signed"]
    assert event["data"]["fields"] == {"region": "某省", **ACTUAL}
    unit.post(f"/campaigns/{campaign}/entries", category="report").refused(409, "quota-used")


def test_an_anonymous_reader_sends_a_photo(intake: Intake) -> None:
    reader = intake.caller("individual", unit=f"r-{uuid4().hex[:8]}", name="王读者")
    campaign = opened(intake, "reading-photos")
    entry = reader.entry(campaign, "photo")
    reader.upload(entry)
    entry = reader.get(f"/entries/{entry['entry_id']}").ok()
    about = {
        "title": "窗边",
        "place": "市图书馆",
        "taken_on": "2026-03-08",
        "author": "王读者",
        "mobile": "13800000000",
    }
    entry = reader.save(entry, **about, claims="own")

    assert slugs(reader, entry) == [("too-few-claims", "claims")]
    reader.submit(reader.save(entry, claims="own consent")).ok(201)

    event = intake.events(entry["entry_id"])[-1]
    assert event["type"] == "entry.submitted.v1"
    assert "王读者" not in str(event)
    assert event["data"]["unit"]["name"].startswith("编号 r-")


def test_individuals_and_units_do_not_pass_for_each_other(intake: Intake) -> None:
    individual, unit = intake.caller("individual", unit="r-1"), intake.caller("unit", unit="somewhere")
    photos, plan = opened(intake, "reading-photos"), opened(intake, "plan-2020")
    individual.post(f"/campaigns/{plan}/entries", category="report").refused(403, "unit-not-invited")
    unit.post(f"/campaigns/{photos}/entries", category="photo").refused(403, "unit-not-invited")
