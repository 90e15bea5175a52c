"""A unit's many uploads go to later lanes; its few, and everybody else's, to the first."""

from __future__ import annotations

from services.intake.domain.lanes import FEW
from tests.integration.intake.desk import Intake, definition
from tests.integration.intake.verdicts import accept, reject


def lanes_of(intake: Intake, material: str) -> list[str]:
    rows = intake.sql("SELECT lane FROM outbox WHERE body::json -> 'data' ->> 'material_id' = :it", it=material)
    return [lane for (lane,) in rows]


def campaign_of_many(intake: Intake) -> str:
    raw = definition()
    story = next(category for category in raw["categories"] if category["key"] == "story")
    story["materials"][0]["max_count"] = 100
    intake.caller("secretariat").post("/campaigns", definition=raw).ok(201)
    return str(raw["id"])


def test_uploads_over_a_dozen_wait_behind_until_verdicts_come(intake: Intake) -> None:
    campaign, other = campaign_of_many(intake), intake.unit("unit-b")
    unit = intake.unit()
    entry = unit.entry(campaign, "story")
    many = [unit.upload(entry, f"{number}".encode()) for number in range(FEW + 2)]
    few = other.upload(other.entry(campaign, "story"))

    assert [lanes_of(intake, one) for one in many] == [[""]] * FEW + [["second"]] * 2
    assert lanes_of(intake, few) == [""]

    for material in many[:2]:
        accept(intake, material)
    reject(intake, many[2])
    assert lanes_of(intake, unit.upload(entry, b"the next")) == [""]
