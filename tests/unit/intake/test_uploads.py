"""Parts of large files, and for how long an upload may be under way; the same file twice."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.events import MaterialFacts
from services.intake.domain.duplicates import warnings_of
from services.intake.domain.entries import MaterialState
from services.intake.domain.errors import MalformedPartsError, UploadMissingError
from services.intake.domain.uploads import (
    FORM_LIFE,
    PART_BYTES,
    PARTS_LIFE,
    Part,
    check_complete,
    lengths,
    upload_until,
    wanted,
    whole_parts,
)
from tests.unit.intake.builders import NOON, material

HOUR = timedelta(hours=1)


@given(st.integers(min_value=1, max_value=2**40))
def test_the_parts_are_the_file(size: int) -> None:
    parts = lengths(size)

    assert sum(parts.values()) == size
    assert list(parts) == list(range(1, len(parts) + 1))
    assert set(list(parts.values())[:-1]) <= {PART_BYTES}


def test_only_parts_of_the_right_length_count_and_the_last_of_each() -> None:
    size = PART_BYTES + 5
    held = [Part(1, PART_BYTES, "a"), Part(2, 6, "b"), Part(2, 5, "c"), Part(2, 5, "d"), Part(3, 5, "e")]

    found = whole_parts(size, held)

    assert [part.etag for part in check_complete("x", size, found)] == ["a", "d"]
    with pytest.raises(UploadMissingError) as missing:
        check_complete("x", size, whole_parts(size, held[:2]))
    assert missing.value.extra == {"parts": 2, "missing": [2]}
    with pytest.raises(MalformedPartsError):
        wanted(size, [1, 3])


def test_an_upload_may_take_its_time_but_not_beyond_the_grace() -> None:
    assert upload_until(NOON, NOON + 99 * HOUR, HOUR, in_parts=False) == NOON + FORM_LIFE
    assert upload_until(NOON, NOON + 99 * HOUR, HOUR, in_parts=True) == NOON + PARTS_LIFE
    assert upload_until(NOON, NOON + HOUR, HOUR / 4, in_parts=True) == NOON + HOUR + HOUR / 4


def test_what_validation_says_outweighs_what_senders_say() -> None:
    def judged(digest: str) -> MaterialFacts:
        return MaterialFacts(format="JPEG", bytes=1, sha256=digest * 64)

    hinted = [material(n, hint="a" * 64) for n in (1, 2)]
    apart = [material(n, hint="a" * 64, facts=judged(digest)) for n, digest in ((1, "b"), (2, "c"))]
    twins = [material(n, hint=str(n) * 64, facts=judged("d")) for n in (1, 2)]
    refused = [hinted[0], material(2, hint="a" * 64, state=MaterialState.REJECTED)]

    assert list(warnings_of(hinted)) == [UUID(int=2)]
    assert warnings_of(apart) == {}
    assert list(warnings_of(twins)) == [UUID(int=2)]
    assert warnings_of(refused) == {}
    assert warnings_of([material(1), material(2)]) == {}
