"""What a child of the pool says that it made is believed as far as it adds up: strangers' files went through it."""

from __future__ import annotations

from typing import Any

import pytest

from services.media.domain import RenditionError
from services.media.pool import Answer
from services.media.renditions import files_of
from tests.unit.media.fakes import PLACEHOLDER, rendered


def _changed(picture: int | None = None, **values: Any) -> Answer:
    """The answer of a sound child with something changed: in one of its pictures, or beside them."""
    sound = rendered(b"good")
    pictures = [dict(one) for one in sound.data["pictures"]]
    if picture is not None:
        pictures[picture] |= values
        return Answer({**sound.data, "pictures": pictures}, sound.content)
    return Answer({**sound.data, **values}, sound.content)


def test_each_picture_is_cut_out_of_the_answer_and_named_by_its_stem() -> None:
    shown, files = files_of(rendered(b"good"), "ab" * 32)

    assert [(file.rendition.key, file.content, file.content_type) for file in files] == [
        ("ab" * 32 + "/1600.jpg", b"1600 JPEG doog", "image/jpeg"),
        ("ab" * 32 + "/1600.webp", b"1600 WebP doog", "image/webp"),
        ("ab" * 32 + "/480.jpg", b"480 JPEG doog", "image/jpeg"),
        ("ab" * 32 + "/480.webp", b"480 WebP doog", "image/webp"),
    ]
    assert [rendition.bytes for rendition in shown.renditions] == [len(file.content) for file in files]
    assert shown.placeholder == PLACEHOLDER


@pytest.mark.parametrize(
    "answer",
    [
        Answer({}),
        _changed(pictures=[]),
        _changed(0, side=4000),
        _changed(0, format="SVG"),
        _changed(2, side=1600),
        _changed(1, bytes=10**9),
        _changed(1, bytes=1),
        _changed(3, bytes=0),
        _changed(0, width=10**9),
        _changed(placeholder='x" onerror="alert(1)'),
        _changed(placeholder="data:text/html;base64,AAAA"),
        _changed(placeholder="data:image/webp;base64," + "A" * 2000),
    ],
)
def test_answer_that_does_not_add_up_is_refused_whole(answer: Answer) -> None:
    with pytest.raises(RenditionError):
        files_of(answer, "ab" * 32)
