"""A unit's many uploads go to later lanes; its few, and everybody else's, to the first."""

from __future__ import annotations

from prometheus_client import REGISTRY

from services.intake.domain.lanes import FEW
from services.intake.worker import App, IntakeWorker
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


def test_the_worker_measures_what_waits_and_for_how_long(intake: Intake) -> None:
    campaign, unit = campaign_of_many(intake), intake.unit()
    entry = unit.entry(campaign, "story")
    material = unit.upload(entry)
    intake.sql(
        "UPDATE materials SET arrived_at = arrived_at - interval '90 seconds' WHERE material_id = :it", it=material
    )
    newer = unit.upload(entry, b"another")
    worker = IntakeWorker()
    worker.app = App(intake.store, intake.ports)

    worker.measure()
    before = REGISTRY.get_sample_value("laurel_intake_uploads_waiting")
    oldest = REGISTRY.get_sample_value("laurel_intake_oldest_upload_seconds")
    for one in (material, newer):
        accept(intake, one)
    worker.measure()

    assert oldest is not None
    assert oldest >= 90
    assert before is not None
    assert REGISTRY.get_sample_value("laurel_intake_uploads_waiting") == before - 2
