"""What stands on papers: headings of articles, filled forms, printable texts, names in archives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.campaign import CampaignDefinition, Category
from contracts.campaign_loader import shipped
from services.intake.domain.documents.articles import blocks_of, numeral, sections_of
from services.intake.domain.documents.forms import HIDDEN, Filling, article_of, documents_of, form_of
from services.intake.domain.documents.packing import file_name
from services.intake.domain.documents.papers import Block, Stamp
from services.intake.domain.documents.texts import breakable, one_line, printable


def category(campaign: str, key: str) -> tuple[CampaignDefinition, Category]:
    definition = shipped(campaign)
    found = definition.category(key)
    assert found is not None
    return definition, found


@pytest.mark.parametrize(
    ("line", "block"),
    [
        ("一、背景", Block(1, "一、背景")),
        ("十二、下一步打算", Block(1, "十二、下一步打算")),
        ("二、做法。每月逢十进山。", Block(1, "二、做法。", "每月逢十进山。")),
        ("（一）山路难行", Block(2, "（一）山路难行")),
        ("(二)人手不足：编制仅九人", Block(2, "(二)人手不足：", "编制仅九人")),
        ("1. 在编馆员九人。", Block(3, "", "1. 在编馆员九人。")),
        ("２．志愿者", Block(3, "", "２．志愿者")),
        ("（1）春秋两季", Block(4, "", "（1）春秋两季")),
        ("一个孩子走了二十里山路。", Block(0, "", "一个孩子走了二十里山路。")),
        ("1.5万册图书", Block(0, "", "1.5万册图书")),
        ("2012年建馆。", Block(0, "", "2012年建馆。")),
        ("一、", Block(0, "", "一、")),
        ("一、" + "长" * 60, Block(0, "", "一、" + "长" * 60)),
        ("　　段首有空格", Block(0, "", "段首有空格")),
    ],
)
def test_each_line_of_an_article_is_the_heading_or_paragraph_it_is_written_as(line: str, block: Block) -> None:
    assert blocks_of(line) == (block,)


def test_blank_lines_are_left_out_and_everything_else_stays_in_order() -> None:
    blocks = blocks_of("\n\n第一段。\r\n\r\n　　一、小标题\n  第二段。\n\n")

    assert [block.head + block.text for block in blocks] == ["第一段。", "一、小标题", "第二段。"]


def test_several_fields_make_numbered_sections_and_empty_ones_none() -> None:
    blocks = sections_of([("背景", "山区。"), ("成效", "  "), ("下一步打算", "一、继续\n扩大范围。")])

    assert blocks == (
        Block(1, "一、背景"),
        Block(0, "", "山区。"),
        Block(1, "二、下一步打算"),
        Block(2, "一、继续"),
        Block(0, "", "扩大范围。"),
    )


@pytest.mark.parametrize(("number", "said"), [(1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (34, "三十四")])
def test_numbers_are_said_in_chinese(number: int, said: str) -> None:
    assert numeral(number) == said


@given(st.text())
def test_no_character_of_an_article_is_lost(text: str) -> None:
    printed = "".join(block.head + block.text for block in blocks_of(text))

    assert sorted("".join(printed.split())) == sorted("".join(printable(text).split()))


@given(st.text(st.characters()))
def test_printable_texts_hold_nothing_that_xml_or_a_reader_would_stumble_over(text: str) -> None:
    kept = printable(text)

    assert not any(c in kept for c in "\x00\x07\x0b\x0c\x1b\r\t\u202e\u2066\ufffe\ufeff")
    assert not any(0xD800 <= ord(c) <= 0xDFFF for c in kept)
    kept.encode()
    assert printable(kept) == kept
    assert "\n" not in one_line(text)


@given(st.text())
def test_places_to_break_change_nothing_else(text: str) -> None:
    plain = printable(text).replace("\u25cc", "")

    assert breakable(plain).replace("\u200b", "").replace("\u25cc", "") == plain


def test_heaped_marks_are_carried_by_circles_and_real_letters_stay() -> None:
    assert breakable("e\u0301" * 100).replace("\u200b", "") == "e\u0301" * 100
    assert breakable("क्षि" * 100).replace("\u200b", "") == "क्षि" * 100
    heaped = breakable("a" + "\u0301" * 100)
    assert heaped.count("\u0301") == 100
    assert "\u0301" * 9 not in heaped


def test_long_runs_get_places_to_break_and_words_do_not() -> None:
    assert "\u200b" in breakable("https://example.org/" + "a" * 100)
    assert "\u200b" not in breakable("图书馆" * 100 + " reader 13800000000 x@y.org")


def test_a_form_shows_dates_long_texts_and_the_units_name() -> None:
    definition, found = category("shaanxi-2024", "collective")
    texts = {"unit_name": "安塞区图书馆", "joined_on": "2012-05-18", "main_results": "一\n二", "head": "某某"}
    (rule,) = documents_of(found)

    form = form_of(rule, Filling(definition, found, ("延安市图书馆", "延安"), texts), ("注",), Stamp())

    cells = {cell.label: cell for row in form.rows for cell in row}
    assert cells["加盟时间"].text == "2012年5月18日"
    assert (cells["主要成绩"].text, cells["主要成绩"].long) == ("一\n二", True)
    assert cells["联系电话"].text == ""
    assert [box.label for box in form.boxes] == ["单位申报意见", "委员馆推荐意见", "联盟工作委员会审定意见"]
    assert (form.number, form.title) == ("附件1-1", "联盟工作先进集体申报表")


def test_contact_data_are_hidden_from_who_may_not_see_them() -> None:
    definition, found = category("cls-2017", "innovation")
    hidden = frozenset(rule.key for rule in found.fields if rule.private)
    filling = Filling(definition, found, ("某厅", "某省"), {"mobile": "13800000000", "case_name": "马背书箱"}, hidden)

    form = form_of(documents_of(found)[0], filling, (), Stamp())

    cells = {cell.label: cell.text for row in form.rows for cell in row}
    assert (cells["手机"], cells["案例名称"], cells["单位名称"]) == (HIDDEN, "马背书箱", "某厅")


def test_a_category_without_documents_has_a_form_with_every_field() -> None:
    definition, found = category("cls-2017", "story")
    bare = found.model_copy(update={"documents": ()})

    (rule,) = documents_of(bare)

    assert {key for row in rule.rows for key in row} == {"$unit", *(field.key for field in bare.fields)}
    assert (
        form_of(rule, Filling(definition, bare, ("某厅", ""), {}), (), Stamp()).boxes[0].label == "推荐单位意见及公章"
    )


def test_a_measured_number_has_its_unit_and_a_subtitle_its_dash() -> None:
    plan, report = category("plan-2020", "report")
    filling = Filling(plan, report, ("某馆", ""), {"standard_rate": "72.5", "floor_area": "", "region": "某省"})
    assert (filling.text("standard_rate"), filling.text("floor_area")) == ("72.5 %", "")
    cls, story = category("cls-2017", "story")
    (_, rule) = documents_of(story)

    for typed in ("记某县图书馆", "——记某县图书馆", "- 记某县图书馆"):
        texts = {"title": "题", "subtitle": typed, "article": "正文。"}
        assert article_of(rule, Filling(cls, story, ("某厅", ""), texts), Stamp()).subtitle == "——记某县图书馆"
    assert article_of(rule, Filling(cls, story, ("某厅", ""), {"title": "题"}), Stamp()).subtitle == ""


def test_an_article_of_the_alliance_is_made_of_its_sections() -> None:
    definition, found = category("shaanxi-2024", "case")
    texts = {"title": "云上讲座", "background": "偏远。", "practice": "直播。", "results": "三万人次。"}

    article = article_of(documents_of(found)[0], Filling(definition, found, ("某馆", ""), texts), Stamp())

    assert article.title == "云上讲座"
    assert [block.head for block in article.blocks if block.level == 1] == ["一、背景", "二、主要做法", "三、成效"]


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ("阅览室.jpg", "阅览室.jpg"),
        ("../../etc/passwd", ".._.._etc_passwd".strip(" .")),
        ("a/b\\c:d*e?.jpg", "a_b_c_d_e_.jpg"),
        ("CON.jpg", "_CON.jpg"),
        ("  .. ", "file"),
        ("尾部有点. . .", "尾部有点"),
        ("长" * 200 + ".jpeg", "长" * 51 + ".jpeg"),
        ("a\u202egpj.exe", "agpj.exe"),
    ],
)
def test_names_in_archives_are_names_that_every_system_takes(given_name: str, name: str) -> None:
    assert file_name(given_name) == name


@given(st.text(max_size=300))
def test_any_name_becomes_one_that_leads_nowhere_else(text: str) -> None:
    name = file_name(text)

    assert name
    assert name not in {".", ".."}
    assert not set(name) & set('/\\:*?"<>|\x00\n')
    assert len(name.encode()) <= 200
