"""What a unit is told about its time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from contracts.events import Extension
from services.intake.domain.deadlines import Phase, standing
from services.intake.domain.entries import MaterialState, State
from tests.unit.intake.builders import NOON, campaign, entry, material

HOUR = timedelta(hours=1)


def test_before_it_opens_a_campaign_says_when() -> None:
    told = standing(campaign(), "unit-a", NOON - timedelta(days=31))

    assert told.phase is Phase.COMING
    assert not told.takes_work
    assert "开始申报" in told.when_zh


def test_while_it_is_open_the_time_left_and_the_day_are_told() -> None:
    told = standing(campaign(), "unit-a", NOON - timedelta(days=3, hours=2))

    assert told.phase is Phase.OPEN
    assert (told.left_zh, told.when_zh) == ("还剩 3 天 2 小时", "2026年8月31日（周一）12:00前提交")


def test_between_the_shown_deadline_and_the_cut_off_the_door_is_open_but_nobody_is_told_for_how_long() -> None:
    late = campaign(cutoff=NOON + 2 * HOUR)

    told = standing(late, "unit-a", NOON + HOUR)

    assert told.phase is Phase.LAST_CALL
    assert told.takes_work
    assert "12:00" in told.when_zh
    assert "14:00" not in told.when_zh + told.when_en + told.left_zh
    assert standing(late, "unit-a", NOON + 2 * HOUR).phase is Phase.OVER


def test_an_extended_unit_is_told_its_own_deadline_and_why() -> None:
    extended = replace(
        campaign(), extensions=(Extension(unit_code="unit-a", cutoff=NOON + 24 * HOUR, reason="受暴雨影响"),)
    )

    told = standing(extended, "unit-a", NOON + HOUR)

    assert told.phase is Phase.OPEN
    assert "9月1日" in told.when_zh
    assert "受暴雨影响" in told.note_zh
    assert standing(extended, "unit-b", NOON + HOUR).phase is Phase.OVER


def test_a_returned_entry_has_its_time_to_mend_also_after_the_deadline() -> None:
    returned = entry(state=State.RETURNED, mend_by=NOON + 48 * HOUR)

    told = standing(campaign(), "unit-a", NOON + HOUR, returned)

    assert told.phase is Phase.MENDING
    assert told.takes_work
    assert "9月2日" in told.when_zh
    assert standing(campaign(), "unit-a", NOON + 49 * HOUR, returned).phase is Phase.OVER


def test_being_returned_early_takes_no_time_away() -> None:
    returned = entry(state=State.RETURNED, mend_by=NOON - 48 * HOUR)

    assert standing(campaign(), "unit-a", NOON - HOUR, returned).phase is Phase.OPEN


def test_an_upload_under_way_at_the_deadline_keeps_the_door_open_for_its_entry_alone_and_for_the_grace() -> None:
    under_way = material(state=MaterialState.UPLOADING, begun_at=NOON - HOUR)
    held = entry(materials=(under_way,), updated_at=NOON - HOUR)
    within, after = NOON + HOUR / 2, NOON + HOUR

    assert standing(campaign(), "unit-a", within, held).phase is Phase.LAST_CALL
    assert standing(campaign(), "unit-a", after, held).phase is Phase.OVER
    assert standing(campaign(upload_grace_minutes=10), "unit-a", within, held).phase is Phase.OVER
    assert standing(campaign(), "unit-a", within, replace(held, updated_at=within)).phase is Phase.OVER
    assert (
        standing(campaign(), "unit-a", within, replace(held, materials=(material(begun_at=within),))).phase
        is Phase.OVER
    )
    arrived = material(begun_at=NOON - HOUR, arrived_at=NOON - HOUR / 2)
    assert standing(campaign(), "unit-a", within, replace(held, materials=(arrived,))).phase is Phase.OVER


def test_only_what_is_shown_counts_down() -> None:
    late = campaign(cutoff=NOON + 2 * HOUR)
    returned = replace(entry(), state=State.RETURNED, mend_by=NOON + 5 * HOUR)

    assert standing(late, "unit-a", NOON - HOUR).until == NOON
    assert standing(late, "unit-a", NOON - HOUR).now == NOON - HOUR
    assert standing(late, "unit-a", NOON + HOUR, returned).until == NOON + 5 * HOUR
    for now in (NOON - timedelta(days=31), NOON + HOUR, NOON + 3 * HOUR):
        assert standing(late, "unit-a", now).until is None
