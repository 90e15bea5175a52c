"""Notify's picture of an entry, whatever order the news come in."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest

from services.notify.domain.entries import EntryRecord, EntryState, merged, supersedes
from tests.support.notify_samples import PUBLISHED, entry


def _at(days: int) -> dict[str, object]:
    return {"changed_at": PUBLISHED + timedelta(days=days)}


SUBMITTED_1 = entry(revision=1, **_at(1))
RETURNED_1 = entry(revision=1, state=EntryState.RETURNED, receipt_number="", mend_by=PUBLISHED, **_at(2))
SUBMITTED_2 = entry(revision=2, title="新题", **_at(3))
ELIGIBLE_2 = entry(revision=2, state=EntryState.ELIGIBLE, receipt_number="", title="新题", **_at(4))
WITHDRAWN = entry(revision=2, state=EntryState.WITHDRAWN, receipt_number="", title="", **_at(5))


def _told(news: tuple[EntryRecord, ...]) -> EntryRecord:
    known: EntryRecord | None = None
    for item in news:
        known = merged(item, known)
    assert known is not None
    return known


@pytest.mark.parametrize("order", list(permutations([SUBMITTED_1, RETURNED_1, SUBMITTED_2, ELIGIBLE_2])))
def test_any_order_ends_at_the_newest_state(order: tuple[EntryRecord, ...]) -> None:
    end = _told(order)
    assert (end.state, end.revision, end.title) == (EntryState.ELIGIBLE, 2, "新题")
    assert end.receipt_number == "CLS2017-0318"


@pytest.mark.parametrize("order", list(permutations([SUBMITTED_1, SUBMITTED_2, WITHDRAWN])))
def test_withdrawn_is_final_and_keeps_what_is_known_of_it(order: tuple[EntryRecord, ...]) -> None:
    end = _told(order)
    assert end.state is EntryState.WITHDRAWN
    assert end.title
    assert end.receipt_number == "CLS2017-0318"


def test_draft_withdrawn_before_any_submission_is_withdrawn() -> None:
    news = entry(revision=0, state=EntryState.WITHDRAWN, **_at(0))
    assert merged(SUBMITTED_1, news).state is EntryState.WITHDRAWN


def test_later_verdict_on_the_same_revision_counts() -> None:
    later = entry(revision=2, state=EntryState.INELIGIBLE, **_at(9))
    assert supersedes(later, ELIGIBLE_2)
    assert not supersedes(ELIGIBLE_2, later)


def test_same_news_twice_change_nothing() -> None:
    assert not supersedes(SUBMITTED_1, SUBMITTED_1)
    assert merged(SUBMITTED_1, SUBMITTED_1) == SUBMITTED_1


def test_exempt_post_is_remembered_through_verdicts_and_dropped_by_a_new_submission() -> None:
    liaison = entry(revision=1, exempt=True, **_at(1))
    assert merged(RETURNED_1, liaison).exempt
    assert not merged(SUBMITTED_2, merged(RETURNED_1, liaison)).exempt
