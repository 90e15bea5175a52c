"""Differences of texts: nothing is lost of either, they read well, and the worst input costs little."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.differences import Folded, Kind, difference, folded

ARTICLE = "".join(f"第{n}年，流动书车开进第{n * 7}个村，为老人和孩子送去{n * 31}册图书。" for n in range(1, 101))


def shown(old: str, new: str) -> str:
    """As a page marks it: [-gone-] and [+new+]."""
    signs = {Kind.SAME: "{}", Kind.GONE: "[-{}-]", Kind.NEW: "[+{}+]"}
    return "".join(signs[piece.kind].format(piece.text) for piece in difference(old, new).pieces)


def without(old: str, new: str, kind: Kind) -> str:
    return "".join(piece.text for piece in difference(old, new).pieces if piece.kind is not kind)


PARTS = st.lists(
    st.sampled_from(["书", "书车", "。", "，", "\n", "2017", "Library", " ", "👍🏽", "e\u0301", "葛\U000e0100"])
)


@settings(max_examples=300, deadline=None)
@given(PARTS.map("".join), PARTS.map("".join))
def test_both_texts_can_be_read_off_it(old: str, new: str) -> None:
    assert without(old, new, Kind.NEW) == old
    assert without(old, new, Kind.GONE) == new


@pytest.mark.parametrize(
    ("old", "new", "reads"),
    [
        ("", "新写的。", "[+新写的。+]"),
        ("同样的。", "同样的。", "同样的。"),
        ("为山区送书二十年。", "为山区送书二十一年。", "为山区送书二十[+一+]年。"),
        ("Library 2017 年开放", "Library 2018 年开放", "Library [-2017-][+2018+] 年开放"),
        ("第一句。第二句。第三句。", "第一句。第三句。", "第一句。[-第二句。-]第三句。"),
        ("好👍🏽好好", "好👍好好", "好[-👍🏽-][+👍+]好好"),
        ("春风化雨润无声。", "一九七八改革开放。", "[-春风化雨润无声。-][+一九七八改革开放。+]"),
        ("读者多", "多读书", "[-读者多-][+多读书+]"),
    ],
)
def test_it_reads_as_a_reader_would_mark_it(old: str, new: str, reads: str) -> None:
    assert shown(old, new) == reads


def test_a_changed_sentence_is_shown_beside_its_like_though_others_were_moved_away() -> None:
    old = "老书记退休后办起书屋。书屋每天开放到晚上九点。孩子们放学就来。"
    new = "书屋每天开放到晚上十点。孩子们放学就来。村里人都叫他书记。"

    assert shown(old, new) == (
        "[-老书记退休后办起书屋。-]书屋每天开放到晚上[-九-][+十+]点。孩子们放学就来。[+村里人都叫他书记。+]"
    )


def test_an_article_of_three_thousand_zi_takes_no_time_and_is_not_coarse() -> None:
    chance = random.Random(7)
    revised = "".join("改" if chance.random() < 0.05 else one for one in ARTICLE)
    assert len(ARTICLE) > 2500

    began = time.process_time()
    found = difference(ARTICLE, revised)

    assert time.process_time() - began < 1
    assert not found.is_coarse
    assert len(found.of(Kind.GONE)) < 0.2 * len(ARTICLE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("的是。" * 60_000, "是的。" * 60_000),
        ("一二" * 20_000, "二一" * 20_000),
        ("\n" * 100_000 + "x", "y" + "\n" * 100_000),
        ("的是。" * 399, "的时。" * 400),
        ("一二二一" * 7_000, "二二一一" * 7_000),
        ("x" * 400_000 + "y" * 400_000, "y" * 400_000 + "x" * 400_000),
        (" ".join(map(str, range(199))), " ".join(map(str, range(199, 0, -1)))),
    ],
)
def test_the_worst_input_is_bounded(old: str, new: str) -> None:
    began = time.process_time()

    difference(old, new)

    assert time.process_time() - began < 3


def test_long_runs_that_stayed_are_folded() -> None:
    pieces = difference(ARTICLE, ARTICLE.replace("第50年，", "在第五十年，")).pieces

    head, gone, new, tail = folded(pieces, 20)

    assert isinstance(head, Folded)
    assert isinstance(tail, Folded)
    assert (gone, new) == (pieces[1], pieces[2])
    assert (head.head, len(head.tail), len(tail.head), tail.tail) == ("", 20, 20, "")
    assert head.left_out + 20 == len(pieces[0].text)
    assert folded(difference("短。", "短的。").pieces, 20) == list(difference("短。", "短的。").pieces)
