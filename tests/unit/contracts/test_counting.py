"""The 字 counter: the shared vectors, and what must hold for any text."""

from __future__ import annotations

import json
import time
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import contracts
from contracts.counting import count_zi

VECTORS = json.loads((Path(contracts.__path__[0]) / "examples" / "counting.json").read_text(encoding="utf-8"))[
    "vectors"
]

IDEOGRAPHS = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)
INVISIBLE = st.sampled_from("\u200b\u200c\u200e\u2060\ufeff\u00ad\u0301\ufe0f\x00\x07\U000e0100")
SPACES = st.sampled_from(" \t\n\r\u00a0\u2003\u3000\u2028")
USUAL = st.text(
    st.one_of(
        IDEOGRAPHS,
        st.sampled_from("，。“”‘’—…·、（）《》"),
        st.characters(min_codepoint=0x20, max_codepoint=0x24F),
        st.sampled_from("がカ한각é👍★①Ａ１"),
        SPACES,
    )
)
ANY = st.text(st.characters(), max_size=60)
UNHURRIED = settings(deadline=None)  # the machine is shared


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["why"])
def test_count_zi_agrees_with_the_shared_vectors(vector: dict[str, Any]) -> None:
    assert count_zi(vector["text"]) == vector["zi"]


def test_vectors_are_all_different() -> None:
    texts = [vector["text"] for vector in VECTORS]
    assert len(set(texts)) == len(texts) >= 100


@given(st.text(IDEOGRAPHS))
@UNHURRIED
def test_every_ideograph_counts_one(text: str) -> None:
    assert count_zi(text) == len(text)


@given(ANY)
@UNHURRIED
def test_count_is_between_none_and_one_a_character(text: str) -> None:
    assert 0 <= count_zi(text) <= len(text)


@given(ANY, SPACES, ANY)
@UNHURRIED
def test_white_space_separates_and_counts_nothing(left: str, space: str, right: str) -> None:
    assert count_zi(left + space + right) == count_zi(left) + count_zi(right)


@given(ANY, ANY)
@UNHURRIED
def test_joining_two_texts_never_adds(left: str, right: str) -> None:
    """Nor does it take more than an apostrophe away (a, ’b) beyond what the two share."""
    assert max(count_zi(left), count_zi(right)) - 1 <= count_zi(left + right) <= count_zi(left) + count_zi(right)


@given(ANY, IDEOGRAPHS, ANY)
@UNHURRIED
def test_an_ideograph_adds_one_whatever_stands_around_it(left: str, ideograph: str, right: str) -> None:
    apart = count_zi(f"{left} {right}")
    assert count_zi(f"{left} {ideograph} {right}") == apart + 1
    assert count_zi(left + ideograph + right) >= count_zi(left) + 1


@given(USUAL, INVISIBLE, st.integers(min_value=0))
@UNHURRIED
def test_invisible_characters_change_nothing(text: str, invisible: str, place: int) -> None:
    place %= len(text) + 1
    assert count_zi(text[:place] + invisible + text[place:]) == count_zi(text)


@given(USUAL)
@UNHURRIED
def test_count_is_the_same_composed_and_decomposed(text: str) -> None:
    """What one keyboard writes composed and another decomposed is the same text."""
    assert count_zi(unicodedata.normalize("NFD", text)) == count_zi(unicodedata.normalize("NFC", text))


@pytest.mark.parametrize(
    "piece",
    ["中", "a", "a’", "a ’", "👨\u200d", "👍🏽", "🇨", "\u0301", "\u200d", "\ud83d", "中 a，", "\x00"],
    ids=ascii,
)
def test_counting_takes_time_in_proportion_to_the_text(piece: str) -> None:
    """Ten times the text in no more than about ten times the time: generous, since the machine is shared."""
    short, long = piece * 20_000, piece * 200_000
    assert _seconds(long) < 40 * _seconds(short) + 0.05


def _seconds(text: str) -> float:
    best = float("inf")
    for _ in range(3):
        started = time.perf_counter()
        count_zi(text)
        best = min(best, time.perf_counter() - started)
    return best
