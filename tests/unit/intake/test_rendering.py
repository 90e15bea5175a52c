"""Papers as files, opened again: what was typed stands there as text, whatever it was."""

from __future__ import annotations

import io
import re
import time
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import openpyxl
import pytest
from docx import Document
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from contracts.campaign_loader import CAMPAIGNS, shipped
from services.intake.domain.documents.articles import blocks_of
from services.intake.domain.documents.forms import Filling, article_of, documents_of, form_of
from services.intake.domain.documents.papers import (
    ActivationLetter,
    Article,
    Cell,
    Form,
    FormBox,
    ListedFile,
    ReceiptPaper,
    Stamp,
    SummaryTable,
    TableSection,
)
from services.intake.domain.documents.texts import printable
from services.intake.domain.errors import FontMissingError
from services.intake.pages.letters import Letter, letters_pdf
from services.intake.rendering import make_templates
from services.intake.rendering.codes import png_of, svg_of
from services.intake.rendering.docx import TEMPLATES, docx_of
from services.intake.rendering.fonts import find_faces
from services.intake.rendering.pdf import PdfMaker
from services.intake.rendering.xlsx import xlsx_of

STAMP = Stamp(
    number="cls-2017.story.0042",
    revision=2,
    digest="0123456789abcdef" * 4,
    submitted="2017年8月20日（周日）14:03:22",
    link="https://laurel.example.org/paper/cls-2017.story.0042/2/" + "0123456789abcdef" * 4,
)
A4 = (595, 842)
HOSTILE = [
    "{{ 7*7 }}{% for x in y %}",
    '#sys.inputs.data #read("/etc/passwd") $x^2$ *bold* _it_ `raw` <label> @ref \\ // comment /* */',
    "<w:p/>&amp;&lt;script>]]>",
    "𠮷野家📚😀👨‍👩‍👧 e\u0301",
    "שלום عليكم",
    '=HYPERLINK("http://x")',
    "https://example.org/" + "a" * 300,
    "字" * 3000,
    "'\"“”‘’--...",
]


@pytest.fixture(scope="module")
def maker() -> PdfMaker:
    return PdfMaker(slots=1)


def form(*texts: str, stamp: Stamp = STAMP) -> Form:
    rows = (
        (Cell("单位名称", "陕西省文化厅"),),
        *((Cell(f"栏目{n}", text, long=True),) for n, text in enumerate(texts)),
    )
    return Form(
        "测试活动", "附件1-1", "推荐表", rows, (FormBox("推荐单位意见及公章", "同意推荐。"),), ("请寄达。",), stamp
    )


def article(text: str, stamp: Stamp = STAMP) -> Article:
    return Article("马背上的图书馆", "记某县图书馆", "某省文化厅", blocks_of(text), stamp)


def pages(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


def flat(text: str) -> str:
    return "".join(text.replace("\u200b", "").split())


def words_of(docx: bytes) -> str:
    document = Document(io.BytesIO(docx))
    cells = (p.text for table in document.tables for row in table.rows for cell in row.cells for p in cell.paragraphs)
    return "\n".join([*(p.text for p in document.paragraphs), *cells])


def test_a_form_is_a4_and_says_number_revision_digest_and_carries_a_code(maker: PdfMaker) -> None:
    pdf = maker.pdf(form("简介。"), "推荐表")

    reader = PdfReader(io.BytesIO(pdf))
    assert [tuple(round(side) for side in page.mediabox[2:]) for page in reader.pages] == [A4]
    text = flat("".join(pages(pdf)))
    assert STAMP.number in text
    assert "第2次提交" in text
    assert STAMP.digest in text
    assert "年月日" in text
    assert "（公章）" in text
    assert reader.metadata is not None
    assert reader.metadata.title == "推荐表"
    assert len(pdf) > len(maker.pdf(form("简介。", stamp=Stamp(mark="草稿")), "推荐表"))  # without the code


def test_a_draft_has_a_mark_on_each_page_and_no_number(maker: PdfMaker) -> None:
    draft = Stamp(mark="草稿")
    for pdf in (maker.pdf(form("很长。" * 1500, stamp=draft)), maker.pdf(article("很长。\n" * 80, stamp=draft))):
        told = pages(pdf)
        assert len(told) > 1
        assert all("草稿" in page for page in told)
        assert not any(STAMP.number in page for page in told)
    docx = Document(io.BytesIO(docx_of(form("x", stamp=draft))))
    assert 'string="草稿"' in docx.sections[0].header._element.xml
    submitted = Document(io.BytesIO(docx_of(form("x"))))
    assert "textpath" not in submitted.sections[0].header._element.xml


def test_the_code_says_what_matches_the_paper_to_its_revision() -> None:
    assert png_of(STAMP.link) != png_of(STAMP.link.replace("/2/", "/3/"))
    assert svg_of(STAMP.link).startswith("<svg")
    assert svg_of("") == ""
    docx = Document(io.BytesIO(docx_of(form("x"))))
    assert any(part.blob == png_of(STAMP.link) for part in docx.part.package.iter_parts())


def test_an_article_has_22_lines_of_28_characters_and_numbers_outside(maker: PdfMaker) -> None:
    pdf = maker.pdf(article("字" * 3000))

    reader = PdfReader(io.BytesIO(pdf))
    second = reader.pages[1].extract_text()
    lines = [line for line in second.splitlines() if set(line.strip()) == {"字"}]
    assert len(lines) == 22
    assert {len(line.strip()) for line in lines} == {28}
    assert "— 2 —" in second
    where: dict[int, float] = {}
    for number, page in enumerate(reader.pages[:2], 1):

        def note(text: str, cm: list[float], tm: list[float], _font: object, _size: object, at: int = number) -> None:
            if "—" in text:
                where.setdefault(at, cm[4] + tm[4])

        page.extract_text(visitor_text=note)
    assert where[1] > 300 > where[2]  # odd pages right, even pages left


def test_the_article_as_docx_names_the_fonts_margins_and_grid_of_the_standard() -> None:
    docx = Document(io.BytesIO(docx_of(article("一、背景\n（一）山路\n正文。"))))

    section = docx.sections[0]
    assert section.top_margin is not None
    margins = [getattr(section, f"{side}_margin").mm for side in ("top", "bottom", "left", "right")]
    assert [round(mm) for mm in margins] == [37, 35, 28, 26]
    assert 'w:linePitch="579"' in section._sectPr.xml
    by_text = {p.text: p for p in docx.paragraphs if p.text}
    assert list(by_text) == ["马背上的图书馆", "记某县图书馆", "某省文化厅", "一、背景", "（一）山路", "正文。"]
    for text, font, size in (("马背上的图书馆", "方正小标宋简体", 22), ("一、背景", "黑体", 16),
                             ("（一）山路", "楷体_GB2312", 16), ("正文。", "仿宋_GB2312", 16)):  # fmt: skip
        run = next(run for run in by_text[text].runs if run.text)
        assert run._element.rPr is not None
        assert (f'w:eastAsia="{font}"' in run._element.rPr.xml, run.font.size.pt) == (True, size), text  # type: ignore[union-attr]
    table = next(part for part in docx.part.package.iter_parts() if str(part.partname) == "/word/fontTable.xml")
    assert 'w:name="仿宋_GB2312"><w:altName w:val="仿宋"/>' in table.blob.decode()


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_come_out_as_text(maker: PdfMaker, text: str) -> None:
    told = flat("".join(pages(maker.pdf(form(text)))))
    if "字" in text:
        assert told.count("字") == len(text)  # over several pages
    elif text.isascii():
        assert flat(text) in told.replace("\ufb01", "fi")
    assert "49" not in told.replace(STAMP.digest, "").replace(STAMP.number, "") or "49" in text
    assert "root:" not in told
    assert printable(text) in words_of(docx_of(form(text)))
    maker.pdf(article(text))
    assert flat(printable(text)) in flat(words_of(docx_of(article(text))))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(), min_size=1, max_size=400))
def test_any_text_at_all_is_printed_and_none_of_it_lost(maker: PdfMaker, text: str) -> None:
    kept = printable(text)
    docx = docx_of(form(kept))

    assert flat(kept) in flat(words_of(docx))
    assert pages(maker.pdf(form(kept), title=kept))
    assert pages(maker.pdf(article(kept)))


@pytest.mark.parametrize(
    "text",
    [
        "a" + "\u0301" * 17_000,
        "\ufe0f" * 15_000,
        "\u0488" * 17_000,
        "\u200d" * 15_000,
        "ع" * 25_000,
        "字\n" * 5_000,
        "\u3164" * 17_000,
    ],
    ids=["heaped marks", "selectors", "enclosing marks", "joiners", "one word", "lines", "fillers"],
)
def test_the_worst_texts_take_seconds_not_minutes(maker: PdfMaker, text: str) -> None:
    began = time.process_time()

    maker.pdf(form(printable(text)))
    maker.pdf(article(printable(text)))

    assert time.process_time() - began < 30


def test_a_field_that_does_not_fit_flows_on(maker: PdfMaker) -> None:
    told = pages(maker.pdf(form("一" * 2000 + "末尾", "第二栏")))

    assert len(told) > 1
    assert "末尾" in flat("".join(told))
    assert sum(flat(page).count("一") for page in told) >= 2000


def test_the_same_paper_is_the_same_bytes(maker: PdfMaker) -> None:
    assert maker.pdf(form("x")) == maker.pdf(form("x"))


def test_a_receipt_lists_files_with_their_digests(maker: PdfMaker) -> None:
    files = (ListedFile("照片", "阅览室.jpg", "1.9 MB", "ab" * 32), ListedFile("视频", "短片.mp4", "80 MB", ""))
    paper = ReceiptPaper("活动", "学会", (Cell("编号", STAMP.number),), files, ("打印并寄送。",), STAMP)

    told = flat("".join(pages(maker.pdf(paper))))

    for expected in ("阅览室.jpg", "ab" * 32, "校验中", "打印并寄送。", STAMP.number):
        assert expected in told


TABLE = SummaryTable(
    "活动", "附件1-3", "推荐汇总表", "延安市图书馆",
    (
        TableSection("一、集体", ("单位名称",), (("=1+1",), ("安塞区图书馆",)), ("n.1\n第 1 次提交", "n.2")),
        TableSection("二、个人", ("姓名", "单位", "职务/职称"), (("@张某", "-某馆", "馆员"),), ("n.3\n第 2 次提交",)),
        TableSection("三、案例", ("＝名称",), (), ()),
    ),
    "2025年3月30日（周日）10:00:00",
)  # fmt: skip


def test_a_summary_is_numbered_and_left_to_sign(maker: PdfMaker) -> None:
    told = flat("".join(pages(maker.pdf(TABLE))))

    for expected in ("附件1-3", "延安市图书馆", "安塞区图书馆", "@张某", "填表人", "联系电话", "（公章）", "无"):
        assert expected in told


def test_no_cell_of_a_workbook_is_a_formula() -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx_of(TABLE)))
    cells = [cell for row in book.active.iter_rows() for cell in row if cell.value is not None]  # type: ignore[union-attr]

    assert {cell.data_type for cell in cells} <= {"s", "n"}
    values = [cell.value for cell in cells]
    assert "'=1+1" in values
    assert "'@张某" in values
    assert "'-某馆" in values
    assert "'＝名称" in values
    assert "安塞区图书馆" in values
    assert [value for value in values if isinstance(value, int)] == [1, 2, 1]


def test_a_letters_code_leads_to_the_door_with_the_code_filled_in(
    maker: PdfMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []

    def draw(link: str) -> str:
        drawn.append(link)
        return svg_of(link)

    monkeypatch.setattr("services.intake.rendering.pdf.svg_of", draw)
    monkeypatch.setattr("services.intake.pages.letters._maker", lambda: maker)

    letters_pdf([Letter("某厅", "mouting", "K7QD-9MWX", datetime(2026, 3, 4, tzinfo=UTC))], "https://l.example")

    assert "https://l.example/activate#code=K7QD-9MWX" in drawn


def test_a_letter_is_a_page_with_the_code(maker: PdfMaker) -> None:
    letter = ActivationLetter("学会", "某厅", "mouting", "K7QD-9MWX-2RTF-HJ4P", "https://l.example/activate", "3月4日")

    told = pages(maker.letters([letter, replace(letter, code="AAAA-BBBB")]))

    assert len(told) == 2
    assert "K7QD-9MWX-2RTF-HJ4P" in flat(told[0])
    assert "AAAA-BBBB" in flat(told[1])


def test_a_missing_font_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FontMissingError) as refused:
        find_faces((tmp_path,))

    assert "仿宋" in refused.value.zh
    assert "FandolFang" in refused.value.zh
    assert "infra/stack/fonts.sh" in str(refused.value)
    assert str(tmp_path) in refused.value.zh


def test_characters_that_the_first_font_lacks_are_found_in_another(maker: PdfMaker) -> None:
    pdf = maker.pdf(form("龘靐堃祎喆𠮷"))

    fonts = {str(font) for page in PdfReader(io.BytesIO(pdf)).pages for font in _fonts(page)}
    assert any("Noto" in font for font in fonts), fonts
    assert "堃祎喆" in flat("".join(pages(pdf)))


def _fonts(page: object) -> list[str]:
    resources = page["/Resources"]["/Font"]  # type: ignore[index]
    return [font.get_object()["/BaseFont"] for font in resources.values()]


@pytest.mark.parametrize("path", sorted(CAMPAIGNS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_document_of_every_shipped_campaign_is_printed(maker: PdfMaker, path: Path) -> None:
    definition = shipped(path.stem)
    for category in definition.categories:
        texts = {field.key: f"{field.label.zh}的内容" for field in category.fields}
        filling = Filling(definition, category, ("某单位", "某省"), texts)
        for rule in documents_of(category):
            paper = form_of(rule, filling, (), STAMP) if rule.kind == "form" else article_of(rule, filling, STAMP)
            told = flat("".join(pages(maker.pdf(paper, rule.title.zh))))
            assert "的内容" in told, (category.key, rule.key)
            assert "的内容" in words_of(docx_of(paper, rule.title.zh))


def drawn_lines(page: object) -> list[tuple[float, float, float, float]]:
    """Every stroke of a page's table as (x0, y0, x1, y1), in mm from its lower left corner."""
    found = []
    content = page.get_contents().operations  # type: ignore[attr-defined]
    scale, last, stack = 25.4 / 72, (0.0, 0.0), []
    matrix: tuple[float, ...] = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    for operands, operator in content:
        match operator:
            case b"q":
                stack.append(matrix)
            case b"Q":
                matrix = stack.pop()
            case b"cm":
                matrix = _times(tuple(map(float, operands)), matrix)
            case b"m":
                last = (float(operands[0]), float(operands[1]))
            case b"l":
                here = (float(operands[0]), float(operands[1]))
                found.append(tuple(scale * v for v in (*_at(matrix, last), *_at(matrix, here))))
                last = here
    return found  # type: ignore[return-value]


def _at(m: tuple[float, ...], p: tuple[float, float]) -> tuple[float, float]:
    return m[0] * p[0] + m[2] * p[1] + m[4], m[1] * p[0] + m[3] * p[1] + m[5]


def _times(a: tuple[float, ...], b: tuple[float, ...]) -> tuple[float, ...]:
    return (
        a[0] * b[0] + a[1] * b[2], a[0] * b[1] + a[1] * b[3],
        a[2] * b[0] + a[3] * b[2], a[2] * b[1] + a[3] * b[3],
        a[4] * b[0] + a[5] * b[2] + b[4], a[4] * b[1] + a[5] * b[3] + b[5],
    )  # fmt: skip


CHAIN = (FormBox("单位申报意见"), FormBox("委员馆推荐意见"), FormBox("联盟工作委员会审定意见"))


def heights_of_boxes(page: object, boxes: int) -> list[float]:
    """Between the lowest lines that go across the page."""
    across = sorted({round(y0, 1) for x0, y0, x1, y1 in drawn_lines(page) if abs(y0 - y1) < 0.1 and abs(x1 - x0) > 20})
    return [above - below for below, above in pairwise(across)][:boxes]


@pytest.mark.parametrize(("zi", "page_count"), [(30, 1), (400, 1), (900, 2)])
def test_boxes_have_room_for_a_seal_and_stand_on_one_page(maker: PdfMaker, zi: int, page_count: int) -> None:
    paper = replace(form("字" * zi), boxes=CHAIN)

    read = PdfReader(io.BytesIO(maker.pdf(paper))).pages

    assert len(read) == page_count
    told = flat(read[-1].extract_text())
    assert told.count("（公章）") == 3
    assert "请寄达。" in told
    heights = heights_of_boxes(read[-1], 3)
    assert len(heights) == 3
    assert all(30.9 <= height <= 91 for height in heights), heights


@pytest.mark.parametrize(("lines", "page_count"), [(57, 2), (58, 3), (59, 3), (60, 3)])
def test_boxes_go_on_together_where_the_texts_leave_almost_room_enough(
    maker: PdfMaker, lines: int, page_count: int
) -> None:
    told = [flat(page) for page in pages(maker.pdf(replace(form("\n".join("字" * lines)), boxes=CHAIN)))]

    assert [page.count("（公章）") for page in told] == [*[0] * (page_count - 1), 3]
    assert "请寄达。" in told[-1]


def test_a_box_whose_text_is_longer_than_a_page_flows_on(maker: PdfMaker) -> None:
    paper = replace(form("x"), boxes=(FormBox("意见", "说" * 2500), FormBox("审定意见")))

    told = [flat(page) for page in pages(maker.pdf(paper))]

    assert len(told) > 2
    assert sum(page.count("说") for page in told) == 2500
    assert "".join(told).count("（公章）") == 2


def test_a_docx_keeps_boxes_whole_with_room_for_a_seal() -> None:
    table = Document(io.BytesIO(docx_of(replace(form("字" * 400), boxes=CHAIN)))).tables[1]

    rows = [row._tr.trPr for row in table.rows[-3:]]
    for row in rows:
        assert row is not None
        assert "w:cantSplit" in row.xml
    heights = [
        int(re.findall(r'<w:trHeight w:val="(\d+)" w:hRule="atLeast"', row.xml)[0]) for row in rows if row is not None
    ]
    assert all(height / 1440 * 25.4 + 0.1 >= 31 for height in heights)
    assert [row.cells[0].text for row in table.rows[-3:]] == [
        "单位申报意见",
        "委员馆\n推荐意见",
        "联盟工作\n委员会\n审定意见",
    ]


def test_the_shipped_templates_are_what_their_program_writes(tmp_path: Path) -> None:
    for name, made in (("form.docx", make_templates.form()), ("article.docx", make_templates.article())):
        make_templates.save(made, tmp_path / name)
        assert (tmp_path / name).read_bytes() == (TEMPLATES / name).read_bytes(), name
        styles = zipfile.ZipFile(tmp_path / name).read("word/styles.xml").decode()
        normal = styles[styles.index('w:styleId="Normal"') :]
        order = [normal.index(f"<w:{tag} ") for tag in ("wordWrap", "autoSpaceDE", "autoSpaceDN", "spacing")]
        assert order == sorted(order), "the schema asks for this order, and Word refuses another"


def test_a_title_of_several_lines_is_broken_alike_in_both_kinds(maker: PdfMaker) -> None:
    long = replace(article("正文。"), title="山区流动图书馆服务体系建设的实践与思考——以某县为例")

    assert "山区流动图书馆服务体系建设的\n实践与思考——以某县为例" in words_of(docx_of(long))
    (page,) = pages(maker.pdf(long))
    assert "山区流动图书馆服务体系建设的\n" in page.replace("\u200b", "")


def test_the_clerk_writes_name_and_telephone_by_hand(maker: PdfMaker) -> None:
    said = "填表人和联系电话由填表人手写"
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx_of(TABLE))).active
    assert sheet is not None
    cells = [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None]

    assert said in flat("".join(pages(maker.pdf(TABLE))))
    assert any(cell.startswith(said) for cell in cells)
    assert any(cell.startswith("填表人：＿") for cell in cells)
    assert any(cell.startswith("联系电话：＿") for cell in cells)
