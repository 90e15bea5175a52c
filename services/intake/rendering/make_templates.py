"""Writes the .docx templates: `python -m services.intake.rendering.make_templates`.

They are committed, so that a secretariat can open one in a word processor and change how it looks; this program says
how they came to be. What stands in braces is filled by docxtpl.
"""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

from docx import Document
from docx.document import Document as DocumentType
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.section import _Header
from docx.shared import Mm, Pt
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

FOLDER = Path(__file__).with_name("templates")
FANG, HEI, KAI, SONG, TITLE = "仿宋_GB2312", "黑体", "楷体_GB2312", "宋体", "方正小标宋简体"
_FALLBACKS = {FANG: "仿宋", HEI: "SimHei", KAI: "楷体", SONG: "SimSun", TITLE: "华文中宋"}
"""What a word processor takes where the first is not installed (w:altName of its font table)."""
_LINE = Pt(28.95)
_COLUMNS = 24
_LONG_DATE = (
    "{% if stamp.number %}编号 {{ stamp.number }}　第 {{ stamp.revision }} 次提交（{{ stamp.submitted }}）{% endif %}"
)
_DIGEST = "{% if stamp.number %}SHA-256 {{ stamp.digest_groups }}{% endif %}"
_UNSUBMITTED = "{% if not stamp.number %}{{ stamp.mark }}：未提交，无编号，不能作为正式材料报送{% endif %}"
_FITTED, _PITCH, _GAP, _BOX_HEIGHT = 199.5, 1199.5, 1399.5, 31999
"""Stand in a template where a paper's own sizes are filled in."""
_EPOCH = (2000, 1, 1, 0, 0, 0)

_WATERMARK = """
<w:r {w}><w:rPr><w:noProof/></w:rPr><w:pict>
<v:shapetype xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"
 id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800" path="m@7,l@8,m@5,21600l@6,21600e"><v:formulas>
<v:f eqn="sum #0 0 10800"/><v:f eqn="prod #0 2 1"/><v:f eqn="sum 21600 0 @1"/><v:f eqn="sum 0 0 @2"/>
<v:f eqn="sum 21600 0 @3"/><v:f eqn="if @0 @3 0"/><v:f eqn="if @0 21600 @1"/><v:f eqn="if @0 0 @2"/>
<v:f eqn="if @0 @4 21600"/></v:formulas><v:path textpathok="t" o:connecttype="rect"/>
<v:textpath on="t" fitshape="t"/></v:shapetype>
<v:shape xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"
 id="LaurelMark{n}" o:spid="_x0000_s20{n}" type="#_x0000_t136"
 style="position:absolute;margin-left:0;margin-top:0;width:330pt;height:165pt;rotation:325;z-index:-251658752;mso-position-horizontal:center;mso-position-horizontal-relative:margin;mso-position-vertical:center;mso-position-vertical-relative:margin"
 fillcolor="#d8d8d8" stroked="f"><v:fill opacity=".6"/>
<v:textpath style="font-family:&quot;SimHei&quot;;font-size:1pt" string="{{{{ stamp.mark }}}}"/></v:shape>
</w:pict></w:r>
"""


def write(
    where: Paragraph,
    text: str,
    font: str = FANG,
    size: float = 12,
    align: ALIGN | None = None,
    *,
    bold: bool = False,
    before: float = 0,
    after: float = 0,
    indent: bool = False,
) -> Paragraph:
    """A run in a paragraph, with the font named for Chinese and Latin alike."""
    run = where.add_run(text)
    run.font.size, run.font.name, run.bold = Pt(size), font, bold or None
    properties = run._element.get_or_add_rPr()  # noqa: SLF001 - python-docx has no name for the East Asian font
    properties.get_or_add_rFonts().set(qn("w:eastAsia"), font)
    if align is not None:
        where.alignment = align
    where.paragraph_format.space_before, where.paragraph_format.space_after = Pt(before), Pt(after)
    if indent:
        where.paragraph_format.first_line_indent = Pt(2 * size)
    return where


def new_document(size: float) -> DocumentType:
    """An A4 document whose text is FangSong of this size."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = FANG, Pt(size)
    normal.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), FANG)
    normal.paragraph_format.space_after = Pt(0)
    # As in the PDF: no space between Chinese and figures, and addresses broken anywhere rather than lines torn apart.
    for switch in ("autoSpaceDN", "autoSpaceDE", "wordWrap"):  # the order of the schema, from behind
        normal.element.get_or_add_pPr().insert(0, parse_xml(f'<w:{switch} {nsdecls("w")} w:val="0"/>'))
    return document


def fixed(table: Table, *widths: float) -> None:
    """Columns of these widths, mm, whatever stands in them."""
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
        for cell in column.cells:
            cell.width = Mm(width)


def field(where: Paragraph, code: str, font: str, size: float) -> None:
    """A field that the word processor computes, such as PAGE."""
    write(where, "", font, size)
    where._element.append(  # noqa: SLF001 - python-docx cannot make fields
        parse_xml(
            f'<w:fldSimple {nsdecls("w")} w:instr=" {code} "><w:r><w:rPr><w:rFonts w:ascii="{font}" w:hAnsi="{font}" '
            f'w:eastAsia="{font}"/><w:sz w:val="{int(size * 2)}"/></w:rPr><w:t>1</w:t></w:r></w:fldSimple>'
        )
    )


def watermark(header: _Header, number: int) -> None:
    """The mark across a draft's pages."""
    write(header.paragraphs[0], "{%p if stamp.mark %}", size=8)
    holder = header.add_paragraph()
    holder._element.append(parse_xml(_WATERMARK.format(w=nsdecls("w"), n=number)))  # noqa: SLF001 - drawn by hand
    write(header.add_paragraph(), "{%p endif %}", size=8)


def borders(table: object, size: int) -> None:
    """Thin black lines everywhere; none for 0."""
    kind = "single" if size else "nil"
    parts = "".join(
        f'<w:{side} w:val="{kind}" w:sz="{size}" w:space="0" w:color="000000"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    properties = table._tbl.tblPr  # type: ignore[attr-defined]  # noqa: SLF001 - a python-docx table
    properties.append(parse_xml(f"<w:tblBorders {nsdecls('w')}>{parts}</w:tblBorders>"))
    properties.append(parse_xml(f'<w:tblLayout {nsdecls("w")} w:type="fixed"/>'))


def middle(cell: _Cell) -> _Cell:
    cell._tc.get_or_add_tcPr().append(parse_xml(f'<w:vAlign {nsdecls("w")} w:val="center"/>'))  # noqa: SLF001
    return cell


def form() -> DocumentType:
    """Any form: rows of one, two or three cells, then boxes."""
    document = new_document(12)
    section = document.sections[0]
    section.top_margin = section.bottom_margin = Mm(17)
    section.left_margin = section.right_margin = Mm(20)
    section.header_distance = section.footer_distance = Mm(9)
    watermark(section.header, 49)
    footer = section.footer
    footer.paragraphs[0].paragraph_format.tab_stops.add_tab_stop(Mm(170), WD_TAB_ALIGNMENT.RIGHT)
    write(footer.paragraphs[0], _LONG_DATE + _UNSUBMITTED + "\t第 ", SONG, 7.5)
    field(footer.paragraphs[0], "PAGE", SONG, 7.5)
    write(footer.paragraphs[0], " 页　共 ", SONG, 7.5)
    field(footer.paragraphs[0], "NUMPAGES", SONG, 7.5)
    write(footer.paragraphs[0], " 页", SONG, 7.5)
    write(footer.add_paragraph(), _DIGEST, SONG, 7)
    head = document.add_table(1, 2)
    borders(head, 0)
    fixed(head, 144, 26)
    left, right = head.rows[0].cells
    # The code ends where the table below it ends.
    right._tc.get_or_add_tcPr().append(  # noqa: SLF001 - python-docx knows no margins of cells
        parse_xml(f'<w:tcMar {nsdecls("w")}><w:right w:w="0" w:type="dxa"/></w:tcMar>')
    )
    write(left.paragraphs[0], "{{ paper.number }}", HEI, 14)
    write(left.add_paragraph(), "{%p if stamp.number %}", size=9)
    write(left.add_paragraph(), "编　号：{{ stamp.number }}", size=9)
    write(left.add_paragraph(), "版　本：第 {{ stamp.revision }} 次提交（{{ stamp.submitted }}）", size=9)
    write(left.add_paragraph(), "摘　要：{{ stamp.digest[:16] }}…（全文见页脚）", size=9)
    write(left.add_paragraph(), "{%p endif %}", size=9)
    write(right.paragraphs[0], "{{ qr }}", size=9, align=ALIGN.RIGHT)
    write(document.add_paragraph(), "{{ paper.campaign }}", SONG, 14, ALIGN.CENTER, before=2)
    write(document.add_paragraph(), "{{ paper.title_in_lines }}", TITLE, 22, ALIGN.CENTER, before=6, after=8)
    _body(document)
    write(document.add_paragraph(), "{%p for note in paper.notes %}", size=9.5)
    write(document.add_paragraph(), "{{ note }}", size=9.5, before=3)
    write(document.add_paragraph(), "{%p endfor %}", size=9.5)
    return document


def _body(document: DocumentType) -> None:
    table = document.add_table(0, _COLUMNS)
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    borders(table, 6)

    def tag(text: str) -> None:
        write(table.add_row().cells[0].paragraphs[0], text, size=9)

    def row(*spans: int) -> list[_Cell]:
        cells, at, made = table.add_row().cells, 0, []
        for span in spans:
            made.append(middle(cells[at].merge(cells[at + span - 1])))
            made[-1].width = Mm(170 / _COLUMNS * span)
            at += span
        return made

    def pair(label: _Cell, value: _Cell, name: str) -> None:
        write(label.paragraphs[0], f"{{{{ {name}.label_in_lines }}}}", HEI, 11.5, ALIGN.CENTER, before=3, after=3)
        paragraphs(value, name)

    def paragraphs(value: _Cell, name: str) -> None:
        write(value.paragraphs[0], f"{{%p for line in {name}.lines %}}")
        line = write(value.add_paragraph(), "{{ line }}", size=_FITTED, before=2, after=2)
        line.paragraph_format.line_spacing = Pt(_PITCH)
        write(value.add_paragraph(), "{%p endfor %}")

    tag("{%tr for row in paper.rows %}")
    tag("{%tr if row|length == 1 %}")
    label, value = row(4, 20)
    pair(label, value, "row[0]")
    tag("{%tr elif row|length == 2 %}")
    cells = row(4, 8, 4, 8)
    for at in range(2):
        pair(cells[2 * at], cells[2 * at + 1], f"row[{at}]")
    tag("{%tr else %}")
    cells = row(3, 5, 3, 5, 3, 5)
    for at in range(3):
        pair(cells[2 * at], cells[2 * at + 1], f"row[{at}]")
    tag("{%tr endif %}")
    tag("{%tr endfor %}")
    tag("{%tr for box in paper.boxes %}")
    label, value = row(4, 20)
    properties = label._tc.getparent().get_or_add_trPr()  # noqa: SLF001 - the row's own
    properties.append(parse_xml(f"<w:cantSplit {nsdecls('w')}/>"))
    properties.append(parse_xml(f'<w:trHeight {nsdecls("w")} w:val="{_BOX_HEIGHT}" w:hRule="atLeast"/>'))
    write(label.paragraphs[0], "{{ box.label_in_lines }}", HEI, 11.5, ALIGN.CENTER)
    value.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.TOP
    paragraphs(value, "box")
    write(value.add_paragraph(), "{% if box.seal %}（公章）　　　　{% else %}签字：　　　　　　　{% endif %}",
          align=ALIGN.RIGHT, before=_GAP)  # fmt: skip
    write(value.add_paragraph(), "年　　月　　日　", align=ALIGN.RIGHT, before=3, after=4)
    value.paragraphs[-2].paragraph_format.keep_with_next = True
    tag("{%tr endfor %}")


def article() -> DocumentType:
    """An official document by GB/T 9704—2012."""
    document = new_document(16)
    section = document.sections[0]
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.header_distance, section.footer_distance = Mm(15), Mm(22)
    grid = section._sectPr.find(qn("w:docGrid"))  # noqa: SLF001 - python-docx does not know the grid
    if grid is not None:
        section._sectPr.remove(grid)  # noqa: SLF001
    # 225 mm over 22 lines, in twips. Characters are kept to 28 a line by their spacing, which every word processor
    # heeds alike; a grid of characters, too, is read differently by each.
    section._sectPr.append(parse_xml(f'<w:docGrid {nsdecls("w")} w:type="lines" w:linePitch="579"/>'))  # noqa: SLF001
    style = document.styles["Normal"].element.get_or_add_rPr()
    style.append(parse_xml(f'<w:spacing {nsdecls("w")} w:val="-5"/>'))
    document.settings.odd_and_even_pages_header_footer = True
    for number, header in ((49, section.header), (50, section.even_page_header)):
        watermark(header, number)
        write(header.add_paragraph(), _LONG_DATE + _UNSUBMITTED, SONG, 7.5, ALIGN.CENTER)
        write(header.add_paragraph(), _DIGEST, SONG, 7, ALIGN.CENTER)
    for footer, align in ((section.footer, ALIGN.RIGHT), (section.even_page_footer, ALIGN.LEFT)):
        foot = write(footer.paragraphs[0], "— ", SONG, 14, align)
        field(foot, "PAGE", SONG, 14)
        write(foot, " —", SONG, 14, align)
        foot.paragraph_format.left_indent = foot.paragraph_format.right_indent = Pt(14)

    def line(
        text: str, font: str = FANG, size: float = 16, align: ALIGN | None = None, *, indent: bool = False
    ) -> None:
        made = write(document.add_paragraph(), text, font, size, align, indent=indent)
        made.paragraph_format.line_spacing = _LINE
        made.paragraph_format.widow_control = False

    line("{{ paper.title_in_lines }}", TITLE, 22, ALIGN.CENTER)
    for name in ("subtitle", "unit"):
        line(f"{{%p if paper.{name} %}}")
        line(f"{{{{ paper.{name}_in_lines }}}}", KAI, 16, ALIGN.CENTER)
        line("{%p endif %}")
    line("")
    line("{%p for block in paper.blocks %}")
    for condition, font in (("if block.level == 1", HEI), ("elif block.level == 2", KAI), ("else", FANG)):
        line(f"{{%p {condition} %}}")
        made = write(document.add_paragraph(), "{{ block.head }}", font, 16, indent=True)
        write(made, "{{ block.text }}", FANG, 16, ALIGN.JUSTIFY, indent=True)
        made.paragraph_format.line_spacing, made.paragraph_format.widow_control = _LINE, False
    line("{%p endif %}")
    line("{%p endfor %}")
    return document


def save(document: DocumentType, path: Path) -> None:
    """With the fonts' fallbacks, and always the same bytes for the same program."""
    properties = document.core_properties
    properties.author, properties.title, properties.comments = "Laurel 桂冠", "", ""
    raw = io.BytesIO()
    document.save(raw)
    out = io.BytesIO()
    with zipfile.ZipFile(raw) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in sorted(given.namelist()):
            content = given.read(name)
            if name == "word/fontTable.xml":
                content = _with_fallbacks(content.decode()).encode()
            if name == "word/document.xml":
                content = _with_sizes(content.decode()).encode()
            made.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    path.write_bytes(out.getvalue())


def _with_sizes(body: str) -> str:
    body = body.replace(f'"{int(_FITTED * 2)}"', '"{{ paper.half_points }}"')
    body = body.replace(f'"{int(_PITCH * 20)}"', '"{{ paper.pitch }}"')
    body = body.replace(f'"{int(_GAP * 20)}"', '"{{ box.gap }}"')
    return body.replace(f'"{_BOX_HEIGHT}"', '"{{ box.height }}"')


def _with_fallbacks(table: str) -> str:
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{other}"/><w:charset w:val="86"/></w:font>'
        for name, other in _FALLBACKS.items()
    )
    return re.sub(r"</w:fonts>\s*$", f"{fonts}</w:fonts>", table)


if __name__ == "__main__":
    save(form(), FOLDER / "form.docx")
    save(article(), FOLDER / "article.docx")
