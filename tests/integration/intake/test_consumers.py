"""What other services' events do to intake, in any order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts import events as e
from contracts.envelope import Envelope, source_of
from infra.bus.errors import DuplicateError
from infra.bus.messages import Message
from infra.bus.outbox import effect
from services.intake.ports import Transaction
from services.intake.store import BUS
from services.intake.usecases import consumers
from tests.integration.intake.desk import Caller, Intake
from tests.integration.intake.verdicts import accept, reject

NOW = datetime(2026, 8, 31, 12, 0, tzinfo=UTC)
FINDING = e.Finding(slug="blurred", zh="照片模糊，请更换。", en="The photo is blurred; replace it.")
Use = Callable[[Transaction, Any], bool]


def take(intake: Intake, use: Use, event: e.Event, event_id: UUID | None = None) -> bool:
    """As the worker does: the effect and the inbox row in one transaction."""
    envelope = Envelope(
        id=event_id or uuid4(),
        source=source_of("review"),
        type=event.TYPE,
        subject="x",
        correlationid="x",
        data=event.model_dump(mode="json"),
    )
    message = Message(envelope, event, f"intake.{event.TYPE}")
    with effect(intake.database, BUS, message) as connection:
        return use(intake.store.on(connection), event)


def verdict(kind: type[Any], entry: dict[str, Any], revision: int = 1, **more: Any) -> Any:
    return kind(
        entry_id=entry["entry_id"],
        campaign_id=entry["campaign_id"],
        unit=e.UnitRef(code="unit-a", name="单位 unit-a"),
        category=entry["category"],
        title="标题",
        revision=revision,
        decided_at=NOW,
        **more,
    )


def returned(entry: dict[str, Any], revision: int = 1, *, mend: timedelta = timedelta(days=7)) -> e.EntryReturnedV1:
    mend_by = datetime.now(UTC) + mend
    event: e.EntryReturnedV1 = verdict(e.EntryReturnedV1, entry, revision, findings=[FINDING], mend_by=mend_by)
    return event


@pytest.fixture
def unit(intake: Intake) -> Caller:
    return intake.unit()


def submitted(intake: Intake, unit: Caller, campaign: str | None = None) -> dict[str, Any]:
    entry = unit.written(campaign or intake.open())
    unit.submit(entry).ok(201)
    return unit.get(f"/entries/{entry['entry_id']}").ok()


def kinds(unit: Caller, entry: dict[str, Any]) -> list[str]:
    page = unit.get(f"/campaigns/{entry['campaign_id']}/happenings", entry_id=entry["entry_id"]).ok()
    return [row["kind"] for row in page["items"]]


def test_a_returned_entry_is_mended_and_submitted_again_after_the_deadline(intake: Intake, unit: Caller) -> None:
    campaign = intake.open()
    entry = submitted(intake, unit, campaign)
    office = intake.caller("secretariat")
    now = datetime.now(UTC).isoformat()
    office.post(f"/campaigns/{campaign}/amendments", online_deadline=now, reason="截止").ok(201)

    assert take(intake, consumers.entry_judged, returned(entry))
    shown = unit.get(f"/entries/{entry['entry_id']}").ok()
    mended = unit.save(shown, title="改好的标题")
    receipt = unit.submit(mended).ok(201)

    assert (shown["state"], shown["findings"][0]["slug"]) == ("returned", "blurred")
    assert shown["mend_by"] == shown["submit_until"] > now
    assert receipt["revision"] == 2
    assert receipt["receipt_number"] == entry["receipt"]["receipt_number"]
    assert intake.events(entry["entry_id"])[-1]["data"]["title"] == "改好的标题"
    assert kinds(unit, entry) == ["submitted", "returned", "submitted"]


def test_a_returned_entry_is_too_late_after_mend_by(intake: Intake, unit: Caller) -> None:
    campaign = intake.open()
    entry = submitted(intake, unit, campaign)
    now = datetime.now(UTC).isoformat()
    office = intake.caller("secretariat")
    office.post(f"/campaigns/{campaign}/amendments", online_deadline=now, reason="截止").ok(201)
    take(intake, consumers.entry_judged, returned(entry, mend=timedelta(seconds=-1)))

    shown = unit.get(f"/entries/{entry['entry_id']}").ok()

    unit.submit(unit.save(shown, title="晚了")).refused(409, "deadline-passed")


def test_a_late_copy_of_the_submission_does_not_submit_a_returned_entry_again(intake: Intake, unit: Caller) -> None:
    entry = submitted(intake, unit)
    take(intake, consumers.entry_judged, returned(entry))

    again = unit.submit(entry).ok(200)

    assert again["revision"] == 1
    assert unit.get(f"/entries/{entry['entry_id']}").ok()["state"] == "returned"


@pytest.mark.parametrize(
    ("kind", "state", "more"),
    [(e.EntryEligibleV1, "eligible", {}), (e.EntryIneligibleV1, "ineligible", {"findings": [FINDING]})],
)
def test_a_verdict_ends_what_the_unit_can_do(
    intake: Intake, unit: Caller, kind: type[Any], state: str, more: dict[str, Any]
) -> None:
    entry = submitted(intake, unit)

    assert take(intake, consumers.entry_judged, verdict(kind, entry, **more))

    shown = unit.get(f"/entries/{entry['entry_id']}").ok()
    assert shown["state"] == state
    unit.post(f"/entries/{entry['entry_id']}/withdrawal", reason="x").refused(409, "wrong-state")
    unit.submit(entry).ok(200)
    assert kinds(unit, entry) == ["submitted", state]


def test_stale_and_misplaced_verdicts_change_nothing(intake: Intake, unit: Caller) -> None:
    entry = submitted(intake, unit)
    take(intake, consumers.entry_judged, returned(entry))
    mended = unit.get(f"/entries/{entry['entry_id']}").ok()
    unit.submit(mended).ok(201)

    assert not take(intake, consumers.entry_judged, verdict(e.EntryEligibleV1, entry, 1))
    assert not take(intake, consumers.entry_judged, verdict(e.EntryEligibleV1, entry, 3))
    unit.post(f"/entries/{entry['entry_id']}/withdrawal", reason="x").ok()
    assert not take(intake, consumers.entry_judged, verdict(e.EntryEligibleV1, entry, 2))
    unknown = {**entry, "entry_id": str(uuid4())}
    assert not take(intake, consumers.entry_judged, verdict(e.EntryEligibleV1, unknown))

    assert unit.get(f"/entries/{entry['entry_id']}").ok()["state"] == "withdrawn"


def judged(intake: Intake, material_id: str, entry: dict[str, Any], *, accepted: bool) -> bool:
    common = {
        "material_id": material_id,
        "entry_id": entry["entry_id"],
        "campaign_id": entry["campaign_id"],
        "kind": "photo",
        "judged_at": NOW,
    }
    sha = "a" * 64
    event: Any
    if accepted:
        event = e.MaterialAcceptedV1(
            **common,
            object=e.ObjectRef(bucket="laurel-materials", key=f"aa/{sha}", size=99, sha256=sha),
            facts=e.MaterialFacts(format="JPEG", bytes=99, sha256=sha, width=40, height=30),
        )
    else:
        event = e.MaterialRejectedV1(**common, findings=(FINDING,))
    return take(intake, consumers.material_judged, event)


def test_an_accepted_material_goes_into_the_submission_with_its_facts(intake: Intake, unit: Caller) -> None:
    entry = unit.written(intake.open(), "story")
    material = unit.upload(entry)

    assert judged(intake, material, entry, accepted=True)
    assert not judged(intake, material, entry, accepted=False)  # the first verdict stands
    unit.submit(entry).ok(201)

    shown = unit.get(f"/materials/{material}").ok()
    assert (shown["state"], shown["facts"]["width"]) == ("accepted", 40)
    (reference,) = intake.events(entry["entry_id"])[-1]["data"]["materials"]
    assert reference["state"] == "accepted"
    assert reference["object"]["key"].startswith("aa/")


def test_a_rejected_material_blocks_until_it_is_removed(intake: Intake, unit: Caller) -> None:
    entry = unit.written(intake.open(), "story")
    good, bad = unit.upload(entry), unit.upload(entry, name="模糊.jpg")
    judged(intake, bad, entry, accepted=False)

    body = unit.submit(entry).refused(422, "not-ready")
    assert [(f["slug"], f["place"]) for f in body["findings"]] == [("material-rejected", f"material:{bad}")]
    assert "照片模糊，请更换。" in body["findings"][0]["zh"]
    assert unit.get(f"/materials/{bad}").ok()["findings"][0]["slug"] == "blurred"
    unit.delete(f"/materials/{bad}").ok(204)
    assert not judged(intake, bad, entry, accepted=True)  # nobody wants to know any more

    unit.submit(entry).ok(201)
    assert [m["material_id"] for m in unit.get(f"/entries/{entry['entry_id']}").ok()["materials"]] == [good]


def test_the_rest_joins_the_timeline(intake: Intake, unit: Caller) -> None:
    entry = submitted(intake, unit)
    about = {"entry_id": entry["entry_id"], "campaign_id": entry["campaign_id"]}
    campaign = entry["campaign_id"]
    listed = e.ListedEntry(
        entry_id=entry["entry_id"],
        category="note",
        rank=1,
        unit=e.UnitRef(code="unit-a", name="单位 unit-a"),
        title="标题",
        receipt_number=entry["receipt"]["receipt_number"],
    )
    opinion = e.OpinionGivenV1(**about, revision=1, level="committee", verdict="approved", given_at=NOW)
    objection = e.ObjectionFiledV1(**about, objection_id=uuid4(), filed_at=NOW)
    notice = e.NoticeOpenedV1(campaign_id=campaign, opens_at=NOW, closes_at=NOW + timedelta(days=5), listed=(listed,))
    decision = e.DecisionPublishedV1(
        campaign_id=campaign, number="示例〔2026〕1号", issuer="测试学会", listed=(listed,), published_at=NOW
    )
    reminder = e.ReminderSentV1(
        reminder_id=uuid4(), campaign_id=campaign, rule="last-day", recipient="unit-a", due_at=NOW, sent_at=NOW
    )
    bounce = e.MessageBouncedV1(
        message_id=uuid4(), campaign_id=campaign, recipient="unit-a", reason="no such mailbox", bounced_at=NOW
    )

    for use, event in (
        (consumers.opinion_given, opinion),
        (consumers.notice_opened, notice),
        (consumers.objection_filed, objection),
        (consumers.decision_published, decision),
        (consumers.reminder_sent, reminder),
        (consumers.message_bounced, bounce),
    ):
        assert take(intake, use, event)

    page = unit.get(f"/campaigns/{campaign}/happenings").ok()
    assert [row["kind"] for row in page["items"]] == [
        *("submitted", "opinion", "notice-opened", "notice-listed", "objection"),
        *("decision-published", "decision-listed", "reminder", "message-bounced"),
    ]
    others = intake.unit("unit-b").get(f"/campaigns/{campaign}/happenings").ok()
    assert [row["kind"] for row in others["items"]] == ["notice-opened", "decision-published"]
    shown = intake.anybody().get(f"/campaigns/{campaign}").ok()
    assert shown["decision_number"] == "示例〔2026〕1号"
    assert shown["notice_closes_at"] == "2026-09-05T12:00:00Z"


def test_an_event_that_comes_twice_has_one_effect(intake: Intake, unit: Caller) -> None:
    entry = submitted(intake, unit)
    event, event_id = returned(entry), uuid4()
    take(intake, consumers.entry_judged, event, event_id)

    with pytest.raises(DuplicateError):
        take(intake, consumers.entry_judged, event, event_id)

    assert kinds(unit, entry) == ["submitted", "returned"]


def doubted(entry: dict[str, Any], material: str, round_: int = 2) -> e.MaterialDoubtedV1:
    return e.MaterialDoubtedV1(
        material_id=UUID(material),
        entry_id=entry["entry_id"],
        campaign_id=entry["campaign_id"],
        kind="photo",
        findings=(FINDING,),
        round=round_,
        judged_at=NOW,
    )


def state_of(unit: Caller, material: str) -> str:
    return str(unit.get(f"/materials/{material}").ok()["state"])


def test_a_doubt_about_a_file_of_a_draft_asks_for_another_file(intake: Intake, unit: Caller) -> None:
    entry = unit.written(intake.open(), "story")
    material = unit.upload(entry)
    accept(intake, material)

    assert take(intake, consumers.material_doubted, doubted(entry, material))

    assert state_of(unit, material) == "rejected"
    assert "material-doubted" in kinds(unit, entry)
    assert not take(intake, consumers.material_doubted, doubted(entry, material)), "a round counts once"


def test_a_doubt_takes_nothing_from_an_entry_that_was_handed_in(intake: Intake, unit: Caller) -> None:
    entry = unit.written(intake.open(), "story")
    material = unit.upload(entry)
    accept(intake, material)
    unit.submit(unit.get(f"/entries/{entry['entry_id']}").ok()).ok(201)

    assert take(intake, consumers.material_doubted, doubted(entry, material))

    assert state_of(unit, material) == "accepted"
    assert "material-doubted" in kinds(unit, entry)


def test_a_refused_file_that_fits_when_it_is_judged_again_is_accepted_whatever_comes_first(
    intake: Intake, unit: Caller
) -> None:
    entry = unit.written(intake.open(), "story")
    first, second = unit.upload(entry), unit.upload(entry, b"\xff\xd8 another")
    reject(intake, first)
    accept(intake, first, round_=2)
    accept(intake, second, round_=3)

    assert not take(intake, consumers.material_doubted, doubted(entry, second)), "an earlier round comes late"
    reject(intake, first)

    assert [state_of(unit, one) for one in (first, second)] == ["accepted", "accepted"]
