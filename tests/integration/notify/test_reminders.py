"""The plan of reminders on a real database: due, done, missed, moved, by several schedulers at once."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from itertools import permutations
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest

from contracts import events as e
from services.notify.domain.reminders import Reminder, unit_facts
from services.notify.usecases import happenings as h
from services.notify.usecases import planning
from services.notify.usecases.planning import run_next
from tests.integration.notify import scenes
from tests.integration.notify.post_office import Office

THREE_DAYS: dict[str, Any] = {"key": "three-days", "offset": "-P3D", "useful_for": "P1D"}
ONE_DAY: dict[str, Any] = {"key": "one-day", "offset": "-P1D", "useful_for": "PT12H"}
SCORES: dict[str, Any] = {
    "key": "scores",
    "offset": "-P1D",
    "useful_for": "PT12H",
    "anchor": "review_due",
    "audience": "experts-with-unfinished-work",
}


def _run(office: Office) -> list[Reminder]:
    rows = []
    while (row := run_next(office.begin)) is not None:
        rows.append(row)
    return rows


def _in_ten_days() -> datetime:
    return scenes.now() + timedelta(days=10)


def _states(office: Office) -> Counter[str]:
    """`rule recipient state reason` of the whole plan."""
    rows = office.rows("SELECT rule, recipient, state, reason FROM reminders")
    return Counter(f"{row.rule} {row.recipient} {row.state} {row.reason}".strip() for row in rows)


def _reach(office: Office, days: float) -> None:
    """Let so many days pass."""
    office.moved += timedelta(days=days)


def test_reminder_is_sent_when_due_once_to_those_it_concerns(office: Office) -> None:
    office.happen(h.campaign_published, scenes.published(scenes.definition(THREE_DAYS, units=3)))
    for code in ("u1", "u2", "u3"):
        office.contact(f"ok.{code}@example.org", unit=code)
    office.happen(h.entry_submitted, scenes.submitted(unit="u2"))
    office.deliver_all()
    _reach(office, 6.99)
    assert _run(office) == []
    _reach(office, 0.02)
    assert len(_run(office)) == 3
    assert _run(office) == []

    assert _states(office) == {
        "three-days unit:u1 sent": 1,
        "three-days unit:u2 skipped nothing-to-do": 1,
        "three-days unit:u3 sent": 1,
    }
    sent = [e.ReminderSentV1.model_validate(envelope.data) for envelope in office.events("reminder.sent.v1")]
    assert {(event.recipient, event.rule) for event in sent} == {("u1", "three-days"), ("u3", "three-days")}
    assert {event.reminder_id for event in sent} == {
        row.reminder_id for row in office.rows("SELECT reminder_id FROM reminders WHERE state = 'sent'")
    }
    office.deliver_all()
    reminded = [mail["to"] for mail in office.smtp.taken() if "提醒" in mail["subject"]]
    assert sorted(reminded) == ["ok.u1@example.org", "ok.u3@example.org"]


def test_unit_that_acted_at_the_last_moment_is_not_reminded(office: Office) -> None:
    office.happen(h.campaign_published, scenes.published(scenes.definition(THREE_DAYS, units=1)))
    office.contact("ok.u1@example.org", unit="u1")
    _reach(office, 7.01)
    entry = scenes.submitted()
    office.happen(h.entry_submitted, entry)
    _run(office)
    assert _states(office) == {"three-days unit:u1 skipped nothing-to-do": 1}


@pytest.mark.parametrize(("down", "end"), [(0.9, "sent"), (2.0, "skipped too-late")])
def test_what_was_missed_while_down_is_sent_once_if_of_use_else_recorded(office: Office, down: float, end: str) -> None:
    office.happen(h.campaign_published, scenes.published(scenes.definition(THREE_DAYS, units=1)))
    office.contact("ok.u1@example.org", unit="u1")
    _reach(office, 7 + down)
    _run(office)
    _run(office)
    assert _states(office) == {f"three-days unit:u1 {end}": 1}
    assert len(office.events("reminder.sent.v1")) == (1 if end == "sent" else 0)


def test_late_publication_sends_no_heap(office: Office) -> None:
    rules = [{"key": f"r{n}", "offset": f"-P{n}D", "useful_for": "P30D"} for n in (30, 20, 12, 3)]
    office.contact("ok.u1@example.org", unit="u1")
    office.happen(h.campaign_published, scenes.published(scenes.definition(*rules, units=1), at=scenes.now()))
    _run(office)
    assert _states(office) == {
        "r30 unit:u1 skipped due-before-publication": 1,
        "r20 unit:u1 skipped due-before-publication": 1,
        "r12 unit:u1 skipped due-before-publication": 1,
        "r3 unit:u1 planned": 1,
    }
    assert office.count("letters") == 0


def test_campaign_that_was_published_while_notify_was_down_is_caught_up_with(office: Office) -> None:
    office.contact("ok.u1@example.org", unit="u1")
    missed = {"key": "twelve", "offset": "-P12D", "useful_for": "P5D"}
    office.happen(h.campaign_published, scenes.published(scenes.definition(missed, units=1)))
    _run(office)
    assert _states(office) == {"twelve unit:u1 sent": 1}


def test_reminder_waits_for_a_contact_within_its_use(office: Office) -> None:
    office.happen(h.campaign_published, scenes.published(scenes.definition(THREE_DAYS, units=2)))
    _reach(office, 7.01)
    assert len(_run(office)) == 2
    assert _states(office) == {
        "three-days unit:u1 waiting no-contact": 1,
        "three-days unit:u2 waiting no-contact": 1,
    }
    assert _run(office) == []
    office.contact("ok.u1@example.org", unit="u1")
    _run(office)
    _reach(office, 1)
    _run(office)

    assert _states(office) == {"three-days unit:u1 sent": 1, "three-days unit:u2 skipped no-contact": 1}


def test_waiting_reminder_is_dropped_when_its_unit_has_acted_meanwhile(office: Office) -> None:
    office.happen(h.campaign_published, scenes.published(scenes.definition(THREE_DAYS, units=1)))
    _reach(office, 7.01)
    _run(office)
    office.happen(h.entry_submitted, scenes.submitted())
    office.contact("ok.u1@example.org", unit="u1")
    _run(office)
    assert _states(office) == {"three-days unit:u1 skipped nothing-to-do": 1}


def test_moved_deadline_moves_what_is_open_and_reminds_anew_of_what_was_sent(office: Office) -> None:
    campaign = scenes.definition(THREE_DAYS, ONE_DAY, units=1)
    office.happen(h.campaign_published, scenes.published(campaign))
    office.contact("ok.u1@example.org", unit="u1")
    _reach(office, 7.01)
    _run(office)
    later = scenes.definition(
        THREE_DAYS, ONE_DAY, units=1, online_deadline=campaign.calendar.online_deadline + timedelta(days=14)
    )
    office.happen(h.campaign_amended, scenes.amended(later, at=scenes.now() + office.moved))
    assert _states(office) == {
        "three-days unit:u1 sent": 1,
        "one-day unit:u1 superseded deadline-moved": 1,
        "three-days unit:u1 planned": 1,
        "one-day unit:u1 planned": 1,
    }
    _reach(office, 14)
    _run(office)
    assert len(office.events("reminder.sent.v1")) == 2


def test_deadline_moved_back_and_forth_sends_each_reminder_once(office: Office) -> None:
    campaign = scenes.definition(THREE_DAYS, units=1)
    later = scenes.definition(
        THREE_DAYS, units=1, online_deadline=campaign.calendar.online_deadline + timedelta(days=5)
    )
    office.contact("ok.u1@example.org", unit="u1")
    office.happen(h.campaign_published, scenes.published(campaign))
    office.happen(h.campaign_amended, scenes.amended(later, version=2))
    office.happen(h.campaign_amended, scenes.amended(campaign, version=3))
    assert _states(office) == {"three-days unit:u1 planned": 1, "three-days unit:u1 superseded deadline-moved": 1}
    _reach(office, 7.01)
    _run(office)
    _reach(office, 5)
    _run(office)
    assert len(office.events("reminder.sent.v1")) == 1


def test_extension_reschedules_its_unit_alone(office: Office) -> None:
    campaign = scenes.definition(THREE_DAYS, units=2)
    office.happen(h.campaign_published, scenes.published(campaign))
    for code in ("u1", "u2"):
        office.contact(f"ok.{code}@example.org", unit=code)
    cutoff = campaign.calendar.online_deadline + timedelta(days=7)
    extension = e.Extension(unit_code="u1", cutoff=cutoff, reason="洪灾")
    office.happen(h.campaign_amended, scenes.amended(campaign, extensions=(extension,)))
    _reach(office, 7.01)
    _run(office)
    assert [event.data["recipient"] for event in office.events("reminder.sent.v1")] == ["u2"]
    _reach(office, 7)
    _run(office)
    assert [event.data["recipient"] for event in office.events("reminder.sent.v1")] == ["u2", "u1"]
    (facts,) = office.rows("SELECT facts FROM letters WHERE addressee = 'unit:u1'")
    assert facts.facts["anchor_at"] == cutoff.isoformat()


def test_older_version_that_comes_late_changes_nothing(office: Office) -> None:
    campaign = scenes.definition(THREE_DAYS, units=1)
    later = scenes.definition(
        THREE_DAYS, units=1, online_deadline=campaign.calendar.online_deadline + timedelta(days=5)
    )
    office.happen(h.campaign_amended, scenes.amended(later, version=2))
    office.happen(h.campaign_published, scenes.published(campaign))
    (row,) = office.rows("SELECT due_at FROM reminders")
    assert row.due_at == later.calendar.online_deadline - timedelta(days=3)


def test_unit_that_was_not_invited_is_planned_for_once_it_takes_part(office: Office) -> None:
    back = {**THREE_DAYS, "audience": "units-with-returned-entries"}
    office.happen(h.campaign_published, scenes.published(scenes.definition(back, units=1)))
    office.contact("ok.branch@example.org", unit="branch")
    entry = scenes.submitted(unit="branch")
    office.happen(h.entry_submitted, entry)
    office.happen(h.entry_returned, scenes.returned(entry))
    _reach(office, 7.01)
    _run(office)
    assert _states(office) == {
        "three-days unit:u1 skipped nothing-to-do": 1,
        "three-days unit:branch sent": 1,
    }


def test_experts_are_reminded_of_what_they_have_not_scored(office: Office) -> None:
    busy, done = uuid4(), uuid4()
    campaign = scenes.definition(SCORES, units=1, review_due=scenes.now() + timedelta(days=10))
    office.happen(h.campaign_published, scenes.published(campaign))
    for number, expert in enumerate((busy, done)):
        office.contact(f"ok.e{number}@example.org", roles=("expert",), account_id=expert)
    tasks = [scenes.assigned(expert) for expert in (busy, busy, done)]
    for task in tasks:
        office.happen(h.assessment_assigned, task)
    office.happen(h.assessment_submitted, scenes.scored(tasks[0]))
    office.happen(h.assessment_submitted, scenes.scored(tasks[2]))
    _reach(office, 9.01)
    _run(office)

    assert _states(office) == {
        f"scores account:{busy} sent": 1,
        f"scores account:{done} skipped nothing-to-do": 1,
    }
    (letter,) = office.rows("SELECT facts FROM letters WHERE kind = 'reminder-unfinished'")
    assert (letter.facts["unfinished"], letter.facts["finished"]) == (1, 1)


def test_assignment_before_its_campaign_is_planned_when_the_campaign_comes(office: Office) -> None:
    expert = uuid4()
    task = scenes.assigned(expert)
    office.happen(h.assessment_submitted, scenes.scored(task))
    office.happen(h.assessment_assigned, task)
    office.happen(h.campaign_published, scenes.published(scenes.definition(SCORES, units=1)))
    (row,) = office.rows("SELECT recipient, due_at FROM reminders")
    assert (row.recipient, row.due_at) == (f"account:{expert}", task.due_at - timedelta(days=1))
    office.contact("ok.e@example.org", roles=("expert",), account_id=expert)
    _reach(office, 9.01)
    _run(office)
    assert _states(office) == {f"scores account:{expert} skipped nothing-to-do": 1}


def test_expert_is_not_reminded_of_what_was_taken_away_in_whatever_order_it_is_heard(office: Office) -> None:
    """One assessment scored and then revoked, one revoked, one left; every order of what is told of them."""
    experts = []
    for number, order in enumerate(permutations(("assigned", "submitted", "revoked"))):
        expert, campaign_id = uuid4(), f"season-{number}"
        experts.append(expert)
        campaign = scenes.definition(SCORES, campaign_id=campaign_id, units=1, review_due=_in_ten_days())
        office.happen(h.campaign_published, scenes.published(campaign))
        office.contact(f"ok.e{number}@example.org", roles=("expert",), account_id=expert)
        scored, gone, left = (scenes.assigned(expert, campaign=campaign_id) for _ in range(3))
        for step in order:
            if step == "assigned":
                for task in (scored, gone, left):
                    office.happen(h.assessment_assigned, task)
            elif step == "submitted":
                office.happen(h.assessment_submitted, scenes.scored(scored))
            else:
                for task in (gone, scored, gone):
                    office.happen(h.assessment_revoked, scenes.revoked(task))
    _reach(office, 9.01)
    _run(office)

    assert _states(office) == {f"scores account:{expert} sent": 1 for expert in experts}
    letters = office.rows("SELECT facts FROM letters WHERE kind = 'reminder-unfinished'")
    assert [(row.facts["unfinished"], row.facts["finished"]) for row in letters] == [(1, 0)] * len(experts)


@pytest.mark.parametrize("order", list(permutations(("assigned", "submitted", "revoked"))))
def test_expert_who_has_lost_all_his_work_is_not_reminded(office: Office, order: tuple[str, ...]) -> None:
    expert = uuid4()
    office.happen(h.campaign_published, scenes.published(scenes.definition(SCORES, units=1, review_due=_in_ten_days())))
    office.contact("ok.e@example.org", roles=("expert",), account_id=expert)
    scored, gone = scenes.assigned(expert), scenes.assigned(expert)
    for step in order:
        if step == "submitted":
            office.happen(h.assessment_submitted, scenes.scored(scored))
            continue
        for task in (scored, gone):
            if step == "assigned":
                office.happen(h.assessment_assigned, task)
            else:
                office.happen(h.assessment_revoked, scenes.revoked(task))
    _reach(office, 9.01)
    _run(office)
    assert _states(office) == {f"scores account:{expert} skipped nothing-to-do": 1}


def test_due_time_of_work_that_was_taken_away_moves_no_reminder(office: Office) -> None:
    expert = uuid4()
    soon, later = (scenes.assigned(expert, due_in=timedelta(days=days)) for days in (3, 10))
    for event in (soon, later):
        office.happen(h.assessment_assigned, event)
    office.happen(h.campaign_published, scenes.published(scenes.definition(SCORES, units=1)))
    office.happen(h.assessment_revoked, scenes.revoked(soon))
    open_rows = office.rows("SELECT due_at FROM reminders WHERE state = 'planned'")
    assert [row.due_at for row in open_rows] == [later.due_at - timedelta(days=1)]


def test_several_schedulers_send_each_reminder_once(office: Office) -> None:
    office.happen(h.campaign_published, scenes.published(scenes.definition(THREE_DAYS, ONE_DAY, units=60)))
    for n in range(1, 61):
        office.contact(f"ok.u{n}@example.org", unit=f"u{n}")
    _reach(office, 7.01)
    schedulers = [Thread(target=_run, args=(office,)) for _ in range(4)]
    for scheduler in schedulers:
        scheduler.start()
    for scheduler in schedulers:
        scheduler.join()

    assert len(office.events("reminder.sent.v1")) == 60
    assert office.count("messages") == 60
    assert office.count("reminders", "state = 'sent'") == 60


def test_scheduler_that_dies_in_the_middle_leaves_nothing_half_done(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.happen(h.campaign_published, scenes.published(scenes.definition(THREE_DAYS, units=1)))
    office.contact("ok.u1@example.org", unit="u1")
    _reach(office, 7.01)

    class _KilledError(BaseException):
        pass

    def killed(*_: object, **__: object) -> None:
        raise _KilledError

    with monkeypatch.context() as patched:
        patched.setattr("services.notify.store.NotifyStore.save_reminder", killed)  # the last step of all
        with pytest.raises(_KilledError):
            run_next(office.begin)
    assert (office.count("letters"), office.count("messages"), office.events("reminder.sent.v1")) == (0, 0, [])
    _run(office)
    assert (office.count("messages"), len(office.events("reminder.sent.v1"))) == (1, 1)


def test_row_that_cannot_be_worked_out_holds_up_no_other(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.happen(h.campaign_published, scenes.published(scenes.definition(THREE_DAYS, units=3)))
    for code in ("u1", "u2", "u3"):
        office.contact(f"ok.{code}@example.org", unit=code)
    _reach(office, 7.01)

    def facts(audience: str, campaign: Any, code: str, entries: Any) -> Any:
        if code == "u1":
            raise RuntimeError("a fault of ours")
        return unit_facts(audience, campaign, code, entries)

    monkeypatch.setattr(planning, "unit_facts", facts)
    ended: list[Reminder | None] = []
    for _ in range(4):
        try:
            ended.append(run_next(office.begin))
        except RuntimeError:
            continue
    assert [str(row.recipient) for row in ended if row] == ["unit:u2", "unit:u3"] or {
        str(row.recipient) for row in ended if row
    } == {"unit:u2", "unit:u3"}
    monkeypatch.undo()
    _reach(office, 0.01)
    _run(office)
    assert _states(office) == {f"three-days unit:{code} sent": 1 for code in ("u1", "u2", "u3")}


def test_clock_stepped_back_an_hour_sends_nothing_twice(office: Office) -> None:
    office.happen(h.campaign_published, scenes.published(scenes.definition(THREE_DAYS, units=1)))
    office.contact("ok.u1@example.org", unit="u1")
    for days in (7.01, -1 / 24, 1 / 24, 0.01):
        _reach(office, days)
        _run(office)
    assert len(office.events("reminder.sent.v1")) == 1
    office.deliver_all()
    assert len(office.smtp.taken()) == 1


def test_reminder_that_the_mail_server_put_off_too_long_expires(office: Office) -> None:
    office.happen(h.campaign_published, scenes.published(scenes.definition(ONE_DAY, units=1)))
    office.contact("ok.u1@example.org", unit="u1")
    _reach(office, 9.01)
    _run(office)
    (row,) = office.rows("SELECT m.give_up_at, r.due_at FROM messages m, reminders r")
    assert row.give_up_at == row.due_at + timedelta(hours=12)
