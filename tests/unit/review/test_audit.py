"""The chain of the record: whatever is done to it afterwards is found, and said where."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.review.domain.audit import GENESIS, Flaw, Head, Link, chained, content_of, flaws_in, seal

START = datetime(2026, 9, 15, 8, 0, tzinfo=UTC)


def record(*reasons: str) -> list[Link]:
    """A sound record with an act for each reason."""
    links, before = [], GENESIS
    for position, reason in enumerate(reasons, start=1):
        told: dict[str, Any] = {"campaign_id": "c", "subject": "s", "action": "a", "after": {"n": position}}
        content = content_of(position, START + timedelta(seconds=position), {**told, "reason": reason})
        sealed = seal(content)
        before = chained(before, sealed)
        links.append(Link("c", position, sealed, before, content))
    return links


def head_of(links: list[Link]) -> Head | None:
    return Head("c", links[-1].position, links[-1].hash) if links else None


def flaws(links: list[Link], head: Head | None, *anchors: Head) -> list[Flaw]:
    return list(flaws_in("c", sorted(links, key=lambda link: link.position), head, anchors))


def again(links: list[Link], first: int) -> list[Link]:
    """The hashes worked out anew from a position on, by somebody who knows how."""
    before = links[first - 2].hash if first > 1 else GENESIS
    made = links[: first - 1]
    for link in links[first - 1 :]:
        before = chained(before, link.sealed)
        made.append(replace(link, hash=before))
    return made


def changed(link: Link, reason: str) -> Link:
    """Another reason in both, what can be searched and what was sealed."""
    content = {**json.loads(link.sealed), "reason": reason}
    return replace(link, sealed=seal(content), columns=content)


def test_a_sound_record_has_no_flaw() -> None:
    for links in ([], record("一"), record(*"一二三四五")):
        assert flaws(links, head_of(links)) == []


def test_an_edit_of_what_can_be_searched_is_found() -> None:
    links = record(*"一二三")
    links[1] = replace(links[1], columns={**links[1].columns, "reason": "改"})
    (flaw,) = flaws(links, head_of(links))
    assert flaw.position == 2
    assert "reason" in flaw.zh


def test_an_edit_of_both_is_found_by_its_hash() -> None:
    links = record(*"一二三")
    head = head_of(links)
    links[1] = changed(links[1], "改")
    (flaw,) = flaws(links, head)
    assert flaw.position == 2


def test_an_edit_with_its_own_hash_made_to_fit_is_found_at_the_next() -> None:
    links = record(*"一二三")
    head = head_of(links)
    links[1] = changed(links[1], "改")
    links[1] = replace(links[1], hash=chained(links[0].hash, links[1].sealed))
    (flaw,) = flaws(links, head)
    assert flaw.position == 3


def test_everything_made_to_fit_is_found_by_what_was_noted_outside() -> None:
    links = record(*"一二三")
    noted = head_of(links)
    assert noted is not None
    links[0] = changed(links[0], "改")
    links = again(links, 1)
    assert flaws(links, head_of(links)) == [], "the database alone cannot tell"
    (flaw,) = flaws(links, head_of(links), noted)
    assert flaw.position == 3


def test_a_removal_is_found() -> None:
    links = record(*"一二三四")
    head = head_of(links)
    del links[1:3]
    assert "2–3" in flaws(links, head)[0].en


def test_a_new_order_is_found_though_its_hashes_fit() -> None:
    links = record(*"一二三")
    links[0], links[1] = replace(links[1], position=1), replace(links[0], position=2)
    links = again(links, 1)
    assert [flaw.position for flaw in flaws(links, head_of(links))] == [1, 2]


def test_a_cut_is_found_by_the_head_and_a_cut_made_to_look_whole_by_the_anchor() -> None:
    links = record(*"一二三")
    head = head_of(links)
    assert head is not None
    cut = links[:2]
    assert [flaw.position for flaw in flaws(cut, head)] == [3]
    assert flaws(cut, head_of(cut)) == []
    assert [flaw.position for flaw in flaws(cut, head_of(cut), head)] == [3]
    assert [flaw.position for flaw in flaws([], None, head)] == [1]


def test_a_lost_head_is_found() -> None:
    assert len(flaws(record("一"), None)) == 1


@given(st.lists(st.text(max_size=20), min_size=1, max_size=8), st.data())
def test_no_change_of_one_character_stays_unseen(reasons: list[str], data: st.DataObject) -> None:
    links = record(*reasons)
    head = head_of(links)
    which = data.draw(st.integers(0, len(links) - 1))
    sealed = links[which].sealed
    at = data.draw(st.integers(0, len(sealed) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda one: one != sealed[at]))
    links[which] = replace(links[which], sealed=sealed[:at] + other + sealed[at + 1 :])
    assert flaws(links, head)
