"""Times in words, names of files, keys of uploads, and that the OpenAPI document is current."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from contracts import words
from services.intake.__main__ import OPENAPI
from services.intake.api.document import files_document, openapi_document
from services.intake.domain.entries import MaterialState, Place
from services.intake.domain.errors import (
    IntakeError,
    MaterialTooLargeError,
    TooManyMaterialsError,
    UnknownMaterialKindError,
)
from services.intake.domain.materials import check_room, check_size, content_type, file_name, object_key, rule_of
from services.intake.problems import TABLE
from tests.unit.intake.builders import category, entry, material

BEIJING = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("instant", "zh", "en"),
    [
        ("2026-09-01T00:00:00+08:00", "2026年8月31日（周一）24:00前", "before 24:00 on Monday 31 August 2026"),
        ("2026-08-31T16:00:00Z", "2026年8月31日（周一）24:00前", "before 24:00 on Monday 31 August 2026"),
        ("2027-01-01T00:00:00+08:00", "2026年12月31日（周四）24:00前", "before 24:00 on Thursday 31 December 2026"),
        ("2026-08-31T17:30:00+08:00", "2026年8月31日（周一）17:30前", "before 17:30 on Monday 31 August 2026"),
        ("2026-08-31T23:59:59+08:00", "2026年8月31日（周一）23:59:59前", "before 23:59:59 on Monday 31 August 2026"),
        ("2026-09-01T00:00:01+08:00", "2026年9月1日（周二）00:00:01前", "before 00:00:01 on Tuesday 1 September 2026"),
    ],
)
def test_a_deadline_reads_as_offices_write_it(instant: str, zh: str, en: str) -> None:
    assert (words.deadline_zh(at(instant), BEIJING), words.deadline_en(at(instant), BEIJING)) == (zh, en)


@pytest.mark.parametrize(
    ("left", "zh", "en"),
    [
        (timedelta(days=3, hours=1, minutes=59), "还剩 3 天 1 小时", "3 days 1 hour left"),
        (timedelta(hours=2, minutes=1), "还剩 2 小时 1 分钟", "2 hours 1 minute left"),
        (timedelta(minutes=59, seconds=59), "还剩 59 分钟", "59 minutes left"),
        (timedelta(seconds=59), "不足 1 分钟", "less than a minute left"),
        (timedelta(seconds=-5), "不足 1 分钟", "less than a minute left"),
    ],
)
def test_what_is_left_is_never_said_to_be_more(left: timedelta, zh: str, en: str) -> None:
    assert words.remaining(left) == (zh, en)


def test_sizes_are_said_as_people_read_them() -> None:
    sizes = {2097152: "2 MB", 2516582: "2.4 MB", 1536: "1.5 KB", 1023: "1023 B", 1048576: "1 MB", 524288000: "500 MB"}

    assert {given: words.size(given) for given in sizes} == sizes


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("a.jpg", "a.jpg"),
        ("/etc/../照片.jpg", "照片.jpg"),
        ("C:\\x\\照片.jpg", "照片.jpg"),
        ("照片.jpg...", "照片.jpg"),
        ("x" * 200, "x" * 200),
    ],
)
def test_a_file_name_is_shown_without_folders(given: str, shown: str) -> None:
    assert file_name(given) == shown


@pytest.mark.parametrize("given", ["", "/", "a/", "..", "...", " . ", "x" * 201])
def test_what_is_no_file_name_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match=r"文件名"):
        file_name(given)


def test_a_key_names_unit_entry_and_material_and_nothing_typed() -> None:
    place = Place(entry().entry_id, "test-2026", "story", "unit-a")

    assert object_key(place, material().material_id) == (
        "test-2026/unit-a/00000000-0000-0000-0000-000000000064/00000000-0000-0000-0000-000000000001"
    )


@pytest.mark.parametrize(
    ("name", "declared"),
    [
        ("a.JPG", "image/jpeg"),
        ("a.png", "image/png"),
        ("a.pdf", "image/jpeg"),
        ("a", "image/jpeg"),
        (".", "image/jpeg"),
    ],
)
def test_an_upload_is_declared_by_its_name_within_the_rule(name: str, declared: str) -> None:
    assert content_type(rule_of(category(), "photo"), name) == declared


def test_limits_of_materials_are_exact() -> None:
    rule = rule_of(category(), "photo")
    two = (material(1), material(2))

    check_size(rule, "a.jpg", 2097152)
    check_room(rule, two[:1])
    check_room(rule, (two[0], material(2, state=MaterialState.REMOVED)))
    with pytest.raises(MaterialTooLargeError) as large:
        check_size(rule, "a.jpg", 2097153)
    with pytest.raises(TooManyMaterialsError) as many:
        check_room(rule, two)
    with pytest.raises(UnknownMaterialKindError, match="photo"):
        rule_of(category(), "video")

    assert large.value.extra == {"given": 2097153, "allowed": 2097152}
    assert many.value.extra == {"given": 3, "allowed": 2}


def test_every_error_has_a_row_in_the_problem_table_under_its_own_slug() -> None:
    assert set(TABLE) == set(IntakeError.__subclasses__())
    for error, row in TABLE.items():
        assert row.slug == error.slug
        assert row.zh
        assert row.en
        assert 400 <= row.status < 600


def test_the_committed_openapi_documents_are_current() -> None:
    for kept, current in ((OPENAPI, openapi_document()), (OPENAPI.with_name("files.json"), files_document())):
        assert kept.read_text(encoding="utf-8") == current, "run: python -m services.intake openapi"


def test_the_clock_is_aware() -> None:
    assert words.instant_zh(datetime(2026, 8, 31, 6, 3, 22, tzinfo=UTC), BEIJING) == "2026年8月31日（周一）14:03:22"
