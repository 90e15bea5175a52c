"""Reading definitions: every problem at its line and column, in both languages, and never a traceback."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.campaign import Calendar
from contracts.campaign_loader import (
    CAMPAIGNS,
    DefinitionError,
    Problem,
    load_definition,
    read_definition,
    shipped,
    with_calendar,
)
from contracts.campaign_writer import to_yaml

MINIMAL = dedent("""\
    id: small
    title: {zh: 小活动, en: A small campaign}
    organiser: {zh: 学会, en: Society}
    calendar:
      opens: 2026-01-01T00:00:00+08:00
      online_deadline: 2026-08-31T24:00:00+08:00
    units:
      - {code: a, name: 甲馆}
    categories:
      - key: story
        title: {zh: 事迹, en: Story}
        title_field: title
        fields:
          - {key: title, label: {zh: 标题, en: Title}}
    """)


def problems(text: str) -> tuple[Problem, ...]:
    with pytest.raises(DefinitionError) as caught:
        load_definition(text)
    return caught.value.problems


def only(text: str) -> Problem:
    found = problems(text)
    assert len(found) == 1, [str(problem) for problem in found]
    return found[0]


def edited(old: str, new: str) -> str:
    assert old in MINIMAL
    return MINIMAL.replace(old, new, 1)


def test_minimal_definition_loads() -> None:
    definition = load_definition(MINIMAL)
    assert definition.calendar.online_deadline == datetime(2026, 8, 31, 16, tzinfo=UTC)
    assert definition.units[0].kind == "unit"


def test_definition_loads_from_a_file_and_by_its_path_as_text(tmp_path: Path) -> None:
    file = tmp_path / "small.yaml"
    file.write_text("\ufeff" + MINIMAL, encoding="utf-8")
    assert load_definition(file) == load_definition(str(file)) == load_definition(MINIMAL)


AT = "¦"  # marks in a text where its problem is found
TITLE = "    title_field: title\n"
OPENS = "2026-01-01T00:00:00+08:00"
CASES = [
    # what is edited, its replacement with the place marked, slug, path
    (TITLE, f"    {AT}title_field: name\n", "unknown-field", "categories.0.title_field"),
    (TITLE, f"{TITLE}    {AT}titel: x\n", "extra-forbidden", "categories.0.titel"),
    ("id: small\n", f"{AT}id: -small\n", "string-pattern-mismatch", "id"),
    ("id: small\n", f"{AT}id: 5\n", "string-type", "id"),
    ("id: small\n", f"{AT}id: [small]\n", "string-type", "id"),
    ("id: small\n", f"{AT}id: ~\n", "string-type", "id"),
    ("en: Society", f'{AT}en: ""', "string-too-short", "organiser.en"),
    ("title: {zh: 小活动, en: A small campaign}", f"{AT}title: 小活动", "model-type", "title"),
    (f"opens: {OPENS}", f"{AT}opens: 2026-01-01T00:00:00", "timezone-aware", "calendar.opens"),
    (f"opens: {OPENS}", f"{AT}opens: 2026-01-01", "timezone-aware", "calendar.opens"),
    (f"opens: {OPENS}", f"{AT}opens: tomorrow", "datetime-from-date-parsing", "calendar.opens"),
    (f"opens: {OPENS}", f"{AT}opens: 2026", "bare-number", "calendar.opens"),
    (f"opens: {OPENS}", f'{AT}opens: "1735689600"', "bare-number", "calendar.opens"),
    (f"opens: {OPENS}", f"{AT}opens: 9999-12-31T24:00:00+08:00", "datetime-from-date-parsing", "calendar.opens"),
    (f"opens: {OPENS}", f"{AT}opens: 0002-01-01T00:00:00+08:00", "year-out-of-range", "calendar.opens"),
    ("  online_deadline: 2026", f"  {AT}online_deadline: 2025", "out-of-order", "calendar.online_deadline"),
    ("units:\n", f"{AT}time_zone: Asia/Xian\nunits:\n", "unknown-time-zone", "time_zone"),
    ("units:\n  - {code: a, name: 甲馆}\n", f"{AT}units: none\n", "tuple-type", "units"),
    ("name: 甲馆}", f"name: 甲馆, {AT}parent: b}}", "unknown-parent", "units.0.parent"),
    ("name: 甲馆}", f"name: 甲馆, {AT}parent: a}}", "parent-cycle", "units.0.parent"),
    ("name: 甲馆}", f"name: 甲馆, {AT}kind: club}}", "unknown-unit-kind", "units.0.kind"),
    ("name: 甲馆}", f"name: 甲馆}}\n  - {{{AT}code: a, name: 乙馆}}", "repeated-key", "units.1.code"),
    ("name: 甲馆}", f'{AT}name: "甲\\0馆"}}', "control-character", "units.0.name"),
    ("name: 甲馆}", f'{AT}name: "\\ud83d"}}', "string-unicode", "units.0.name"),
    (TITLE, f"{TITLE}    {AT}cap: 0\n", "greater-than-equal", "categories.0.cap"),
    (TITLE, f"{TITLE}    {AT}cap: 1.5\n", "int-from-float", "categories.0.cap"),
    (TITLE, f"{TITLE}    {AT}cap: ten\n", "int-parsing", "categories.0.cap"),
    (TITLE, f"{TITLE}    {AT}cap: 015x\n", "int-parsing", "categories.0.cap"),
    (TITLE, f"{TITLE}    opinion_chain: [{AT}unit]\n", "unknown-opinion", "categories.0.opinion_chain.0"),
    (TITLE, f"{TITLE}    recommenders: [unit, {AT}club]\n", "unknown-unit-kind", "categories.0.recommenders.1"),
    (TITLE, f"{TITLE}    {AT}recommenders: []\n", "too-short", "categories.0.recommenders"),
    (TITLE, f"{TITLE}    quota_kinds: [{AT}club]\n", "unknown-unit-kind", "categories.0.quota_kinds.0"),
    (TITLE, f"{TITLE}    {AT}never_itself: true\n", "never-itself-without-subject", "categories.0.never_itself"),
    (TITLE, f"{TITLE}    {AT}never_itself: perhaps\n", "bool-parsing", "categories.0.never_itself"),
    (TITLE, f"{TITLE}    {AT}subject_field: library\n", "unknown-field", "categories.0.subject_field"),
    (TITLE, f"{TITLE}    {AT}post_field: post\n", "unknown-field", "categories.0.post_field"),
    (TITLE, f"{TITLE}    {AT}justification_field: why\n", "unknown-field", "categories.0.justification_field"),
    (
        TITLE,
        f"{TITLE}    {AT}justification_field: title\n",
        "required-justification",
        "categories.0.justification_field",
    ),
    (
        "en: Title}}",
        f"en: Title}}, {AT}measure: {{minimum: 1}}}}",
        "measure-without-number",
        "categories.0.fields.0.measure",
    ),
    (
        "en: Title}}",
        f"en: Title}}, kind: number, measure: {{minimum: 2, {AT}maximum: 1}}}}",
        "out-of-order",
        "categories.0.fields.0.measure.maximum",
    ),
    (TITLE, f"{TITLE}    warn_posts: [{AT}馆长]\n", "unknown-post", "categories.0.warn_posts.0"),
    ("en: Title}}", f"en: Title}}, {AT}max_zi: 0}}", "greater-than-equal", "categories.0.fields.0.max_zi"),
    ("en: Title}}", f"en: Title}}, {AT}kind: poem}}", "literal-error", "categories.0.fields.0.kind"),
    (
        "{key: title, label",
        f"{AT}{{key: title, kind: choice, label",
        "options-of-choice",
        "categories.0.fields.0.options",
    ),
    (
        "{key: title, label",
        f"{AT}{{key: title, kind: email, label",
        "contact-not-private",
        "categories.0.fields.0.private",
    ),
    (
        "en: Title}}",
        f"en: Title}}, kind: date, {AT}max_zi: 9}}",
        "limit-without-text",
        "categories.0.fields.0.max_zi",
    ),
]


@pytest.mark.parametrize(("old", "new", "slug", "path"), CASES, ids=lambda value: value if "." in value else None)
def test_problem_is_found_at_its_line_and_column(old: str, new: str, slug: str, path: str) -> None:
    text = edited(old, new)
    before = text[: text.index(AT)]
    problem = only(text.replace(AT, ""))
    assert (problem.slug, problem.path) == (slug, path)
    assert (problem.line, problem.column) == (before.count("\n") + 1, len(before) - before.rfind("\n"))
    assert re.search("[\u4e00-\u9fff]", problem.zh)
    assert re.search("[A-Za-z]{3}", problem.en)


@pytest.mark.parametrize(
    ("addition", "slug"), [("private: true", "private-title-field"), ("required: false", "optional-title-field")]
)
def test_title_field_must_be_seen_and_filled_in(addition: str, slug: str) -> None:
    problem = only(edited("en: Title}}", f"en: Title}}, {addition}}}"))
    assert (problem.slug, problem.line, problem.column) == (slug, 12, 5)


MATERIAL = """\
    materials:
      - key: photo
        kind: {kind}
        label: {{zh: 照片, en: Photo}}
        formats: [{formats}]
        min_count: {least}
        max_count: {most}
        max_bytes: 2097152
        {more}
"""


@pytest.mark.parametrize(
    ("kind", "formats", "least", "most", "more", "slug", "line", "column"),
    [
        ("photo", "JPEG", 11, 10, "", "min-over-max", 20, 9),
        ("photo", "JPEG, MP4", 0, 10, "", "unknown-format", 19, 25),
        ("photo", "JPEG", 0, 10, "max_seconds: 5", "limit-without-video", 23, 9),
        ("video", "MP4", 0, 1, "max_seconds: .inf", "float-parsing", 23, 9),
        ("video", "MP4", 0, 1, "pixel_sizes: [[1920, 0]]", "greater-than", 23, 30),
        ("video", "MP4", 0, 1, "pixel_sizes: [[1920, 1080, 3]]", "too-long", 23, 23),
        ("document", "PDF", 0, 1, "max_pixels: 9", "limit-without-picture", 23, 9),
        ("document", "PNG", 0, 1, "", "unknown-format", 19, 19),
        ("document", "PDF", 0, 1, "max_pages: 2\n        min_pages: 3", "min-over-max", 24, 9),
        ("photo", "JPEG", 0, 1, "max_pages: 2", "limit-without-pages", 23, 9),
        ("film", "MP4", 0, 1, "", "literal-error", 17, 9),
    ],
)
def test_material_that_makes_no_sense_is_refused(
    kind: str, formats: str, least: int, most: int, more: str, slug: str, line: int, column: int
) -> None:
    text = MINIMAL + MATERIAL.format(kind=kind, formats=formats, least=least, most=most, more=more)
    problem = only(text)
    assert (problem.slug, problem.line, problem.column) == (slug, line, column)


PARTS = """\
opinions:
  - {key: unit, title: {zh: 意见, en: Opinion}}
  - {key: unit, title: {zh: 意见, en: Opinion}}
reminders:
  - {key: soon, anchor: online_deadline, offset: -P3D, audience: units-with-quota-left}
  - {key: soon, anchor: online_deadline, offset: 3, audience: units-with-quota-left}
  - {key: late, anchor: someday, offset: -P3W3, audience: everybody, useful_for: PT0S}
  - {key: far, anchor: online_deadline, offset: -P99999D, audience: units-with-quota-left}
panel:
  experts_per_entry: 0
  criteria:
    - {key: a, label: {zh: 一, en: One}, weight: 1}
    - {key: a, label: {zh: 一, en: One}, weight: 0}
"""


def test_every_problem_of_a_file_is_reported_at_once() -> None:
    found = {(problem.line, problem.slug) for problem in problems(MINIMAL + PARTS)}
    assert found == {
        (17, "repeated-key"),
        (20, "repeated-key"),
        (20, "bare-number"),
        (21, "literal-error"),
        (21, "time-delta-parsing"),
        (21, "greater-than"),
        (22, "duration-too-long"),
        (24, "greater-than-equal"),
        (27, "repeated-key"),
        (27, "greater-than"),
    }


def test_broken_references_are_reported_beside_misspelt_keys() -> None:
    text = edited("title_field: title\n", "title_field: nope\n").replace("organiser:", "organizer:")
    assert [problem.slug for problem in problems(text)] == ["missing", "extra-forbidden", "unknown-field"]


def test_missing_key_is_reported_at_the_part_that_lacks_it() -> None:
    problem = only(edited("    title_field: title\n", ""))
    assert (problem.slug, problem.line, problem.path) == ("missing", 10, "categories.0.title_field")


def test_repeated_condition_in_another_rule_of_the_category_is_found() -> None:
    rule = "- {require: any, conditions: [{key: good, label: {zh: 好, en: Good}}]}"
    problem = only(MINIMAL + f"    conditions:\n      {rule}\n      {rule}\n")
    assert (problem.slug, problem.line) == ("repeated-key", 17)


def test_at_least_more_than_listed_is_refused() -> None:
    rule = "{require: at-least, least: 2, conditions: [{key: good, label: {zh: 好, en: Good}}]}"
    assert only(MINIMAL + f"    conditions: [{rule}]\n").slug == "least-too-many"


def test_part_written_once_and_used_by_alias_is_reported_once() -> None:
    text = edited("- {key: title, label:", "- &title {key: title, bad: 1, label:")
    text += "  - {key: other, title: {zh: 其他, en: Other}, title_field: title, fields: [*title]}\n"
    assert only(text).slug == "extra-forbidden"


def test_definition_that_no_event_can_hold_is_refused() -> None:
    problem = only(edited("zh: 小活动", "zh: " + "长" * 20_000))
    assert problem.slug == "definition-too-large"


@pytest.mark.parametrize(
    ("text", "slug", "line", "column"),
    [
        ("id: small\n title: x\n", "bad-yaml", 2, 7),
        ("id: [small\ntitle: x\n", "bad-yaml", 2, 6),
        ("id: 'small\n", "bad-yaml", 2, 1),
        ("id: small\n\ttitle: x\n", "bad-yaml", 2, 1),
        ("id: *nobody\n", "bad-yaml", 1, 5),
        ("id: a\n---\nid: b\n", "bad-yaml", 2, 1),
        ("id: \x01\n", "control-character", 1, 5),
        ("[" * 100_000 + "\n", "bad-yaml", 1, 21),
        ("".join(f"{' ' * n}a:\n" for n in range(400)), "bad-yaml", 20, 20),
        ("\n", "empty-file", 1, 1),
        ("# nothing\n", "empty-file", 1, 1),
        ("- a\n- b\n", "model-type", 1, 1),
        ("just words\n", "model-type", 1, 1),
    ],
)
def test_text_that_is_no_definition_at_all_is_refused(text: str, slug: str, line: int, column: int) -> None:
    problem = problems(text)[0]
    assert (problem.slug, problem.line, problem.column) == (slug, line, column)


def test_duplicate_key_is_found_with_both_lines() -> None:
    problem = only(MINIMAL + "id: other\n")
    assert (problem.slug, problem.line, problem.column) == ("duplicate-key", 15, 1)
    assert "第 1 行" in problem.zh
    assert "line 1" in problem.en


@pytest.mark.parametrize(
    ("value", "slug"),
    [("!secret small", "unknown-tag"), ("!!python/object:os.system small", "unknown-tag")],
)
def test_tag_is_refused_and_constructs_nothing(value: str, slug: str) -> None:
    assert only(edited("id: small", f"id: {value}")).slug == slug


def test_key_that_is_no_word_is_refused() -> None:
    assert only(MINIMAL + "? [a, b]\n: c\n").slug == "odd-key"


def test_aliases_that_multiply_or_loop_are_refused_in_short_time() -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{b}: &{b} [{','.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert "too-much" in {problem.slug for problem in problems(bomb)}
    assert "too-much" in {problem.slug for problem in problems("a: &a [*a, *a]\nb: 1\n")}


def test_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes("id: é\n".encode("latin-1"))
    (tmp_path / "huge.yaml").write_bytes(b"#" * 600_000)
    sources: list[tuple[Path | str, str]] = [
        (tmp_path / "absent.yaml", "unreadable"),
        (tmp_path, "unreadable"),
        ("id: no file\0", "unreadable"),
        (tmp_path / "latin.yaml", "not-utf-8"),
        (tmp_path / "huge.yaml", "file-too-large"),
    ]
    for source, slug in sources:
        with pytest.raises(DefinitionError) as caught:
            load_definition(source)
        assert [problem.slug for problem in caught.value.problems] == [slug]


def test_error_reads_like_a_compilers() -> None:
    with pytest.raises(
        DefinitionError, match=r"^<text>:12:5 categories\.0\.title_field: title_field 指向.+ names the field"
    ):
        load_definition(edited("    title_field: title\n", "    title_field: name\n"))


ANCHORS = edited("- {key: title, label:", "- &title {key: title, label:") + dedent("""\
      - key: other
        title: {zh: 其他, en: Other}
        title_field: title
        fields: [*title]
        materials:
          - {key: photo, kind: photo, label: {zh: 照片, en: Photo}, formats: [JPEG], max_count: 9, max_bytes: 9}
    """).replace("\n", "\n  ")
LINES = (ANCHORS.rstrip(" ") + PARTS).splitlines(keepends=True)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_any_damage_gives_a_definition_or_problems_inside_the_text(data: st.DataObject) -> None:
    lines = list(LINES)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        damage = data.draw(st.sampled_from(["drop", "double", "cut", "insert", "indent"]))
        if damage == "drop":
            del lines[at]
        elif damage == "double":
            lines.insert(at, lines[at])
        elif damage == "cut":
            lines[at] = lines[at][: data.draw(st.integers(0, len(lines[at])))]
        elif damage == "insert":
            lines[at] = data.draw(st.text(max_size=5)) + lines[at]
        else:
            lines[at] = "  " + lines[at]
    text = "".join(lines)
    for problem in problems_if_any(text):
        assert 1 <= problem.line <= text.count("\n") + 2
        assert problem.column >= 1
        assert problem.zh
        assert problem.en


def problems_if_any(text: str) -> tuple[Problem, ...]:
    try:
        load_definition(text)
    except DefinitionError as error:
        return error.problems
    return ()


def test_with_calendar_changes_nothing_but_the_calendar() -> None:
    definition = shipped("cls-2017")
    now = datetime(2026, 5, 1, 8, tzinfo=UTC)
    calendar = Calendar(opens=now, online_deadline=now + timedelta(minutes=3), review_due=now + timedelta(hours=1))
    moved = with_calendar(definition, calendar)
    assert moved.calendar == calendar
    assert moved.model_dump(exclude={"calendar"}) == definition.model_dump(exclude={"calendar"})


def test_calendar_out_of_order_cannot_be_made() -> None:
    now = datetime(2026, 5, 1, 8, tzinfo=UTC)
    with pytest.raises(ValidationError, match="online_deadline"):
        Calendar(opens=now, online_deadline=now)
    with pytest.raises(ValidationError, match="cutoff"):
        Calendar(opens=now, online_deadline=now + timedelta(2), cutoff=now + timedelta(1))
    with pytest.raises(ValidationError, match="paper_deadline"):
        Calendar(opens=now, online_deadline=now + timedelta(2), paper_deadline=now)


@pytest.mark.parametrize(
    ("text", "slug", "line", "column", "said"),
    [
        ("title:\n\tzh: x\n", "bad-yaml", 2, 1, "Tab"),
        ("[" * 1000, "bad-yaml", 1, 21, "20"),
        ("\n".join(" " * depth + "a:" for depth in range(100)), "bad-yaml", 20, 20, "20"),
        ("id: *nobody\n", "bad-yaml", 1, 5, "&"),
        ("id: x\n---\nid: y\n", "bad-yaml", 2, 1, "---"),
        ("id: 'x\ny: z\n", "bad-yaml", 3, 1, "引号"),
        ("id: x: y\n", "bad-yaml", 1, 6, "冒号"),
        ("id: x\ntitle: a\x01b\n", "control-character", 2, 9, "U+0001"),
        ("#" * 600_000, "file-too-large", 1, 1, "600000"),
    ],
    ids=["tab", "brackets", "mappings", "alias", "documents", "quote", "colon", "control", "long"],
)
def test_frequent_mistakes_are_told_in_office_words(text: str, slug: str, line: int, column: int, said: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        read_definition("pasted", text)
    (problem,) = caught.value.problems
    assert (problem.slug, problem.line, problem.column) == (slug, line, column)
    assert said in problem.zh


def test_text_of_one_line_is_never_taken_for_a_path(tmp_path: Path) -> None:
    file = tmp_path / "good.yaml"
    file.write_text(MINIMAL)
    with pytest.raises(DefinitionError):
        read_definition("pasted", str(file))
    assert load_definition(file) == read_definition("pasted", MINIMAL)


@pytest.mark.parametrize("path", sorted(CAMPAIGNS.glob("*.yaml")), ids=lambda path: path.stem)
def test_what_is_written_is_read_back(path: Path) -> None:
    definition = load_definition(path)
    written = to_yaml(definition, ["version 3", "a note\nof two lines: - x"])
    assert written.startswith("# version 3\n# a note of two lines: - x\nid: ")
    assert read_definition("written", written) == definition


def test_the_key_of_claims_is_kept_for_the_platform() -> None:
    extra = "      - {key: claims, required: false, label: {zh: 自评, en: Claims}}\n"
    problem = only(f"{MINIMAL}{extra}")
    assert (problem.slug, problem.path, problem.line) == ("reserved-key", "categories.0.fields.1.key", 15)
