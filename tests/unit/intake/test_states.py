"""The state machine of entries, walked whole."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from contracts.events import Extension
from services.intake.domain.campaigns import Amendment, Recommender, amend, check_opened, quota_of, recommender_of
from services.intake.domain.entries import (
    TRANSITIONS,
    Command,
    State,
    check_in_time,
    split_private,
    step,
    submit_until,
)
from services.intake.domain.errors import (
    BadDefinitionError,
    DeadlinePassedError,
    NotOpenError,
    UnitNotInvitedError,
    UnknownFieldError,
    WrongStateError,
)
from tests.unit.intake.builders import NOON, campaign, category, entry

ALLOWED = {
    "draft": {"edit": "draft", "submit": "submitted", "withdraw": "withdrawn"},
    "submitted": {
        "withdraw": "withdrawn",
        "return": "returned",
        "find-eligible": "eligible",
        "find-ineligible": "ineligible",
    },
    "returned": {"edit": "returned", "submit": "submitted", "withdraw": "withdrawn"},
    "withdrawn": {"renew": "withdrawn"},
    "eligible": {},
    "ineligible": {},
}


@pytest.mark.parametrize(("state", "command"), list(itertools.product(State, Command)))
def test_every_state_takes_exactly_the_commands_it_should(state: State, command: Command) -> None:
    after = ALLOWED[state.value].get(command.value)

    if after is None:
        with pytest.raises(WrongStateError) as refused:
            step(state, command)
        assert refused.value.zh.startswith("当前状态为“")
    else:
        assert step(state, command).value == after


def test_every_state_can_be_reached() -> None:
    reached = {State.DRAFT}
    for _ in State:
        reached |= {after for (before, _), after in TRANSITIONS.items() if before in reached}

    assert reached == set(State)


def test_the_instant_of_the_deadline_is_too_late() -> None:
    run = campaign()

    check_in_time(run, NOON, NOON, NOON - timedelta(microseconds=1))
    with pytest.raises(DeadlinePassedError) as refused:
        check_in_time(run, NOON, NOON, NOON)

    assert "2026年8月31日（周一）12:00前" in refused.value.zh
    assert refused.value.extra["received_at"] == NOON.isoformat()


def test_until_when_an_entry_may_be_submitted() -> None:
    hour = timedelta(hours=1)
    plain, with_cutoff = campaign(), campaign(cutoff=NOON + hour)
    extension = Extension(unit_code="unit-a", cutoff=NOON + 5 * hour, reason="x")
    extended = replace(plain, extensions=(extension,))
    late, early = (entry(state=State.RETURNED, mend_by=NOON + n * hour) for n in (9, -9))

    assert submit_until(plain, entry()) == NOON
    assert submit_until(with_cutoff, entry()) == NOON + hour
    assert submit_until(extended, entry()) == NOON + 5 * hour
    assert extended.ends_for("unit-b") == NOON
    assert submit_until(plain, late) == NOON + 9 * hour
    assert submit_until(plain, early) == NOON  # being returned never shortens the time
    assert submit_until(plain, replace(late, state=State.DRAFT)) == NOON


def test_nothing_is_taken_before_the_campaign_opens() -> None:
    run = campaign()

    check_opened(run, run.definition.calendar.opens)
    with pytest.raises(NotOpenError):
        check_opened(run, run.definition.calendar.opens - timedelta(microseconds=1))


def test_an_amendment_changes_only_what_it_gives() -> None:
    run = campaign(cutoff=NOON + timedelta(hours=1))
    later = NOON + timedelta(days=1)

    moved = amend(run, Amendment(frozenset({"online_deadline", "cutoff"}), "x", online_deadline=later))
    extended = amend(
        moved,
        Amendment(frozenset({"extension"}), "y", extension_unit="unit-b", extension_cutoff=later + timedelta(days=1)),
    )

    calendar = moved.definition.calendar
    assert (moved.version, calendar.online_deadline, calendar.cutoff) == (2, later, None)
    assert calendar.opens == run.definition.calendar.opens
    assert (extended.version, extended.definition) == (3, moved.definition)
    assert extended.ends_for("unit-b") == later + timedelta(days=1)


def test_a_later_extension_replaces_the_units_earlier_one() -> None:
    run = campaign()
    for days in (1, 3, 2):
        cutoff = NOON + timedelta(days=days)
        run = amend(run, Amendment(frozenset({"extension"}), "x", extension_unit="unit-a", extension_cutoff=cutoff))

    assert [extension.cutoff for extension in run.extensions] == [NOON + timedelta(days=2)]


@pytest.mark.parametrize(
    "amendment",
    [
        Amendment(frozenset({"reason"}), "x"),
        Amendment(frozenset({"online_deadline"}), "x", online_deadline=NOON - timedelta(days=99)),
        Amendment(frozenset({"cutoff"}), "x", cutoff=NOON - timedelta(days=1)),
        Amendment(frozenset({"extension"}), "x", extension_unit="unit-a", extension_cutoff=NOON),
        Amendment(frozenset({"extension"}), "x", extension_unit="unit-z", extension_cutoff=NOON + timedelta(days=1)),
    ],
)
def test_an_amendment_that_makes_no_sense_is_refused(amendment: Amendment) -> None:
    with pytest.raises(BadDefinitionError):
        amend(campaign(), amendment)


def test_who_may_recommend_and_how_many() -> None:
    definition, story = campaign().definition, category()

    listed = recommender_of(definition, story, "unit-a", "甲", frozenset({"unit"}))
    branch = recommender_of(definition, story, "fenhui", "某分会", frozenset({"unit"}))

    assert (listed.unit.name, listed.unit.region, quota_of(story, listed)) == ("甲馆", "陕西省", 2)
    # The definition lists no branch: a unit that it does not list recommends as one, and the quota binds units alone.
    assert (branch.unit.name, branch.kind, quota_of(story, branch)) == ("某分会", "branch", None)
    with pytest.raises(UnitNotInvitedError):
        recommender_of(definition, story, "fenhui", "某分会", frozenset({"committee"}))


def test_a_kind_that_the_category_does_not_name_may_not_recommend() -> None:
    run = campaign()
    units = [unit.model_copy(update={"kind": "committee"}) for unit in run.definition.units]
    definition = run.definition.model_copy(update={"units": tuple(units)})

    with pytest.raises(UnitNotInvitedError):
        recommender_of(definition, category(), "unit-a", "甲", frozenset({"unit"}))
    assert quota_of(category(), Recommender(entry().unit, "unit")) == 2


def test_private_texts_are_told_from_the_others() -> None:
    fields, private = split_private(category(), {"title": "a", "mobile": "1", "email": "b"})

    assert (fields, private) == ({"title": "a"}, {"mobile": "1", "email": "b"})
    with pytest.raises(UnknownFieldError, match="nothing"):
        split_private(category(), {"nothing": "x"})
