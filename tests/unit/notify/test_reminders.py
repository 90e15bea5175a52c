"""The plan of reminders, the audiences, and what becomes of each row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.campaign import CampaignDefinition, ReminderRule
from contracts.campaign_loader import shipped
from contracts.events import Extension
from services.notify.domain.contacts import account, unit
from services.notify.domain.entries import AssessmentRecord, EntryState
from services.notify.domain.errors import TransitionError
from services.notify.domain.letters import LetterState, letter_step
from services.notify.domain.reminders import (
    KIND_OF,
    Reason,
    Recipient,
    Reminder,
    ReminderState,
    categories_left,
    decide,
    expert_facts,
    reminder_step,
    replanned,
    unit_facts,
    wanted,
)
from tests.support.notify_samples import EXPERT, campaign, entry

OPENS = datetime(2026, 7, 1, tzinfo=UTC)
DEADLINE = datetime(2026, 8, 31, 16, tzinfo=UTC)  # 31 August, 24:00 in Beijing


def _rule(key: str, offset: timedelta, audience: str = "units-with-nothing-submitted", **more: object) -> ReminderRule:
    given = {"key": key, "anchor": "online_deadline", "offset": offset, "audience": audience, **more}
    return ReminderRule.model_validate(given)


def _campaign(*rules: ReminderRule, **calendar: object) -> CampaignDefinition:
    base = campaign("cls-2017").definition
    days = base.calendar.model_copy(
        update={"opens": OPENS, "online_deadline": DEADLINE, "paper_deadline": DEADLINE, "stages": (), **calendar}
    )
    return base.model_copy(update={"calendar": days, "reminders": rules})


THREE_DAYS = _rule("three-days", timedelta(days=-3))
UNIT = Recipient(unit("shxwht"))


def _rows(
    definition: CampaignDefinition,
    *recipients: Recipient,
    published: datetime = OPENS,
    extensions: tuple[Extension, ...] = (),
) -> list[Reminder]:
    return list(wanted(definition, extensions, recipients or (UNIT,), published))


def test_plan_has_a_row_for_each_rule_and_recipient() -> None:
    definition = _campaign(THREE_DAYS, _rule("two-hours", timedelta(hours=-2)))
    rows = _rows(definition, UNIT, Recipient(unit("gjtsg")))
    assert [(row.rule, str(row.recipient)) for row in rows] == [
        ("three-days", "unit:shxwht"),
        ("two-hours", "unit:shxwht"),
        ("three-days", "unit:gjtsg"),
        ("two-hours", "unit:gjtsg"),
    ]
    assert {row.due_at for row in rows} == {DEADLINE - timedelta(days=3), DEADLINE - timedelta(hours=2)}
    assert {row.state for row in rows} == {ReminderState.PLANNED}


def test_rules_for_experts_are_planned_for_experts_alone() -> None:
    experts = _rule("score", timedelta(days=-1), "experts-with-unfinished-work", anchor="review_due")
    rows = _rows(_campaign(THREE_DAYS, experts, review_due=DEADLINE), UNIT, Recipient(account(EXPERT)))
    assert [(row.rule, row.recipient.kind) for row in rows] == [("three-days", "unit"), ("score", "account")]


def test_expert_without_a_calendar_date_counts_from_his_own_due_time() -> None:
    experts = _rule("score", timedelta(days=-1), "experts-with-unfinished-work", anchor="review_due")
    own = DEADLINE + timedelta(days=20)
    (row,) = _rows(_campaign(experts), Recipient(account(EXPERT), due_at=own))
    assert row.due_at == own - timedelta(days=1)
    assert _rows(_campaign(experts), Recipient(account(EXPERT))) == []


def test_rule_whose_anchor_the_calendar_lacks_has_no_row() -> None:
    paper = _rule("paper", timedelta(days=-1), anchor="paper_deadline")
    assert _rows(_campaign(paper, paper_deadline=None)) == []


def test_late_publication_skips_what_is_past_instead_of_sending_it_in_a_heap() -> None:
    definition = _campaign(_rule("fourteen", timedelta(days=-14)), THREE_DAYS)
    rows = _rows(definition, published=DEADLINE - timedelta(days=5))
    assert [(row.rule, row.state, row.reason) for row in rows] == [
        ("fourteen", ReminderState.SKIPPED, Reason.BEFORE_PUBLICATION),
        ("three-days", ReminderState.PLANNED, ""),
    ]


def test_recipient_who_came_later_is_not_reminded_of_what_was_before() -> None:
    late = Recipient(unit("branch"), known_at=DEADLINE - timedelta(days=1))
    (row,) = _rows(_campaign(THREE_DAYS), late)
    assert (row.state, row.reason) == (ReminderState.SKIPPED, Reason.BEFORE_CONCERNED)


def test_extension_moves_the_reminders_of_its_unit_alone() -> None:
    later = Extension(unit_code="shxwht", cutoff=DEADLINE + timedelta(days=7), reason="洪灾")
    rows = _rows(_campaign(THREE_DAYS), UNIT, Recipient(unit("gjtsg")), extensions=(later,))
    assert [row.due_at for row in rows] == [DEADLINE + timedelta(days=4), DEADLINE - timedelta(days=3)]


def test_extension_that_a_moved_deadline_has_overtaken_no_longer_counts() -> None:
    earlier = Extension(unit_code="shxwht", cutoff=DEADLINE - timedelta(days=7), reason="洪灾")
    (row,) = _rows(_campaign(THREE_DAYS), extensions=(earlier,))
    assert row.anchor_at == DEADLINE


def test_moved_deadline_supersedes_what_is_open_and_plans_anew() -> None:
    old = _rows(_campaign(THREE_DAYS, _rule("two-hours", timedelta(hours=-2))))
    moved = _campaign(
        THREE_DAYS, _rule("two-hours", timedelta(hours=-2)), online_deadline=DEADLINE + timedelta(days=14)
    )
    sent = old[0].after("send")
    changes = replanned([sent, old[1]], _rows(moved))
    assert [row.due_at for row in changes.added] == [
        DEADLINE + timedelta(days=11),
        DEADLINE + timedelta(days=14, hours=-2),
    ]
    assert [(row.rule, row.state, row.reason) for row in changes.changed] == [
        ("two-hours", ReminderState.SUPERSEDED, Reason.DEADLINE_MOVED)
    ]


def test_deadline_moved_back_revives_what_was_superseded() -> None:
    definition = _campaign(THREE_DAYS)
    (row,) = _rows(definition)
    changes = replanned([row.after("supersede", Reason.DEADLINE_MOVED)], _rows(definition))
    assert [(item.state, item.reason) for item in changes.changed] == [(ReminderState.PLANNED, "")]
    late = replanned(
        [row.after("supersede", Reason.DEADLINE_MOVED)], _rows(definition, published=DEADLINE - timedelta(days=1))
    )
    assert [item.state for item in late.changed] == [ReminderState.SKIPPED]


def test_same_definition_again_changes_nothing() -> None:
    rows = _rows(_campaign(THREE_DAYS))
    assert replanned(rows, rows) == replanned([], [])
    for command in ("send", "skip"):
        done = [row.after(command) for row in rows]
        assert replanned(done, rows) == replanned([], [])


def test_reminder_ids_tell_rule_recipient_and_due_time_apart() -> None:
    (row,) = _rows(_campaign(THREE_DAYS))
    (other_unit,) = _rows(_campaign(THREE_DAYS), Recipient(unit("gjtsg")))
    (other_rule,) = _rows(_campaign(_rule("again", timedelta(days=-3))))
    (moved,) = _rows(_campaign(THREE_DAYS, online_deadline=DEADLINE + timedelta(days=1)))
    assert len({item.reminder_id for item in (row, other_unit, other_rule, moved)}) == 4
    (same,) = _rows(_campaign(THREE_DAYS))
    assert same.reminder_id == row.reminder_id
    assert row.cause != moved.cause


(ROW,) = _rows(_campaign(_rule("three-days", timedelta(days=-3), useful_for=timedelta(hours=24))))


@pytest.mark.parametrize(
    ("late", "concerned", "reachable", "state", "reason"),
    [
        (timedelta(0), True, True, ReminderState.SENT, ""),
        (timedelta(hours=24), True, True, ReminderState.SENT, ""),
        (timedelta(hours=24, seconds=1), True, True, ReminderState.SKIPPED, Reason.TOO_LATE),
        (timedelta(0), False, True, ReminderState.SKIPPED, Reason.NOTHING_TO_DO),
        (timedelta(0), True, False, ReminderState.WAITING, Reason.NO_CONTACT),
        (timedelta(0), False, False, ReminderState.SKIPPED, Reason.NOTHING_TO_DO),
    ],
)
def test_due_reminder_is_sent_skipped_or_waits(
    late: timedelta,
    concerned: bool,  # noqa: FBT001 - a table of cases
    reachable: bool,  # noqa: FBT001 - a table of cases
    state: ReminderState,
    reason: str,
) -> None:
    decided = decide(ROW, ROW.due_at + late, concerned=concerned, reachable=reachable)
    assert (decided.state, decided.reason) == (state, reason)
    assert (decided.sent_at is not None) == (state is ReminderState.SENT)


def test_waiting_reminder_is_sent_when_the_contact_comes_and_skipped_when_it_does_not() -> None:
    waiting = decide(ROW, ROW.due_at, concerned=True, reachable=False)
    assert decide(waiting, ROW.due_at + timedelta(hours=5), concerned=True, reachable=True).state is ReminderState.SENT
    never = decide(waiting, ROW.due_at + timedelta(days=2), concerned=True, reachable=False)
    assert (never.state, never.reason) == (ReminderState.SKIPPED, Reason.NO_CONTACT)


@pytest.mark.parametrize("state", [ReminderState.SENT, ReminderState.SKIPPED])
@pytest.mark.parametrize("command", ["send", "wait", "skip", "supersede", "plan"])
def test_reminder_that_is_done_takes_no_further_step(state: ReminderState, command: str) -> None:
    with pytest.raises(TransitionError):
        reminder_step(state, command)


@pytest.mark.parametrize("state", [state for state in LetterState if state is not LetterState.WAITING])
@pytest.mark.parametrize("command", ["distribute", "resolve", "expire", "cancel"])
def test_letter_that_is_done_takes_no_further_step(state: LetterState, command: str) -> None:
    with pytest.raises(TransitionError):
        letter_step(state, command)


CLS = shipped("cls-2017")
NOTHING = "units-with-nothing-submitted"
QUOTA = "units-with-quota-left"
BACK = "units-with-returned-entries"


def test_unit_with_nothing_submitted_is_told_where_it_may_recommend() -> None:
    facts = unit_facts(NOTHING, CLS, "shxwht", [])
    assert facts == {"categories": ["story", "service", "innovation"]}
    assert unit_facts(NOTHING, CLS, "shxwht", [entry()]) is None


def test_withdrawn_entry_is_as_none() -> None:
    gone = entry(state=EntryState.WITHDRAWN)
    assert unit_facts(NOTHING, CLS, "shxwht", [gone]) is not None
    facts = unit_facts(QUOTA, CLS, "shxwht", [gone])
    assert facts is not None
    assert facts["categories"] == ["story", "service", "innovation"]


def test_returned_entry_counts_as_submitted_and_is_reminded_of_by_its_own_rule() -> None:
    back = entry(state=EntryState.RETURNED, mend_by=DEADLINE)
    assert unit_facts(NOTHING, CLS, "shxwht", [back]) is None
    facts = unit_facts(BACK, CLS, "shxwht", [back, entry(entry_id=UUID(int=2), category="story")])
    assert facts is not None
    assert [item["title"] for item in facts["entries"]] == ["流动书车开进护林站"]
    assert facts["entries"][0]["mend_by"] == DEADLINE.isoformat()
    assert unit_facts(BACK, CLS, "shxwht", [entry()]) is None


def test_unit_with_every_place_used_is_not_reminded_of_places() -> None:
    all_three = [entry(entry_id=UUID(int=n), category=key) for n, key in enumerate(("story", "service", "innovation"))]
    assert unit_facts(QUOTA, CLS, "shxwht", all_three) is None
    facts = unit_facts(QUOTA, CLS, "shxwht", all_three[:2])
    assert facts == {"categories": ["innovation"], "submitted": 2}


def test_unit_that_may_not_recommend_is_never_reminded() -> None:
    alliance = shipped("shaanxi-2024")
    member = next(row.code for row in alliance.units if row.kind == "member")
    assert unit_facts(NOTHING, alliance, member, []) is None
    assert unit_facts(QUOTA, alliance, member, []) is None


def test_liaison_officer_does_not_use_up_a_place() -> None:
    alliance = shipped("shaanxi-2024")
    committee = next(row.code for row in alliance.units if row.kind == "committee")
    people = [
        entry(entry_id=UUID(int=n), campaign_id="shaanxi-2024", unit_code=committee, category="individual")
        for n in range(2)
    ]
    assert "individual" not in {c.key for c in categories_left(alliance, committee, people)}
    liaison = [people[0], entry(entry_id=UUID(int=9), category="individual", exempt=True)]
    assert "individual" in {c.key for c in categories_left(alliance, committee, liaison)}


def test_unknown_audience_of_states_is_complete() -> None:
    assert set(KIND_OF) == {NOTHING, QUOTA, BACK, "experts-with-unfinished-work"}


def _work(number: int, *, done: bool, revoked: bool = False) -> AssessmentRecord:
    return AssessmentRecord(
        assessment_id=UUID(int=number),
        campaign_id="cls-2017",
        entry_id=UUID(int=100 + number),
        expert_id=EXPERT,
        assigned_at=OPENS,
        submitted_at=OPENS if done else None,
        revoked_at=OPENS if revoked else None,
    )


def test_expert_is_told_how_much_is_left_and_nothing_once_all_is_done() -> None:
    work = [_work(1, done=True), _work(2, done=False), _work(3, done=False)]
    assert expert_facts(work, frozenset()) == {"unfinished": 2, "finished": 1}
    assert expert_facts([_work(1, done=True)], frozenset()) is None
    assert expert_facts([], frozenset()) is None


def test_expert_is_not_reminded_of_withdrawn_entries() -> None:
    work = [_work(1, done=False), _work(2, done=False)]
    assert expert_facts(work, {UUID(int=101)}) == {"unfinished": 1, "finished": 0}
    assert expert_facts(work, {UUID(int=101), UUID(int=102)}) is None


def test_what_was_taken_from_an_expert_counts_neither_as_left_nor_as_done() -> None:
    gone = [_work(1, done=False, revoked=True), _work(2, done=True, revoked=True)]
    assert expert_facts(gone, frozenset()) is None
    assert expert_facts([*gone, _work(3, done=False)], frozenset()) == {"unfinished": 1, "finished": 0}


@given(
    offsets=st.lists(st.integers(-60 * 24, 5 * 24), min_size=1, max_size=6, unique=True),
    moves=st.lists(st.integers(-20, 20), max_size=5),
)
def test_however_often_the_deadline_moves_every_rule_has_one_open_row_at_its_newest_time(
    offsets: list[int], moves: list[int]
) -> None:
    rules = tuple(_rule(f"r{n}", timedelta(hours=hours)) for n, hours in enumerate(offsets))
    rows: dict[UUID, Reminder] = {}
    for days in [0, *moves]:
        new = _rows(_campaign(*rules, online_deadline=DEADLINE + timedelta(days=days)))
        changes = replanned(rows.values(), new)
        rows |= {row.reminder_id: row for row in (*changes.added, *changes.changed)}
        still_open = {row.reminder_id for row in rows.values() if row.state is ReminderState.PLANNED}
        assert still_open == {row.reminder_id for row in new if row.state is ReminderState.PLANNED}
