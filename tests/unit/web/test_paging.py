"""Cursors of lists."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.web.paging import Pager
from infra.web.problems import Problem

PAGER = Pager(b"secret", "entries")


@given(st.text(), st.integers(-(2**63), 2**63))
def test_a_cursor_gives_back_its_key(text: str, number: int) -> None:
    text = text.encode("utf-8", "replace").decode()

    assert PAGER.key(PAGER.cursor((text, number)), (str, int)) == (text, number)


@given(st.text(max_size=100))
def test_nothing_made_up_is_a_cursor(made_up: str) -> None:
    with pytest.raises(Problem):
        PAGER.key(made_up, (str, int))


@given(st.data())
def test_a_cursor_with_any_byte_changed_is_refused(data: st.DataObject) -> None:
    sealed = bytearray(base64.urlsafe_b64decode(PAGER.cursor(("x", 1)) + "=="))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= data.draw(st.integers(1, 255))

    with pytest.raises(Problem):
        PAGER.key(base64.urlsafe_b64encode(bytes(sealed)).decode(), (str, int))


def test_a_cursor_of_another_list_secret_or_shape_is_refused() -> None:
    cursor = PAGER.cursor((1,))

    for pager, shape in ((Pager(b"other", "entries"), (int,)), (Pager(b"secret", "cases"), (int,)), (PAGER, (str,))):
        with pytest.raises(Problem):
            pager.key(cursor, shape)
    with pytest.raises(Problem):
        PAGER.key(cursor, (int, int))


def test_a_page_ends_when_no_row_is_left() -> None:
    first = PAGER.page([1, 2, 3], 2, lambda row: (row,))
    last = PAGER.page([3], 2, lambda row: (row,))

    assert (first.items, PAGER.key(first.next, (int,))) == ([1, 2], (2,))
    assert (last.items, last.next) == ([3], None)
    assert PAGER.key(None, (int,)) is None
