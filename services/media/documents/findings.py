"""What a document can be refused for besides what any file can: sentences for those who upload."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.events import Finding

_ANEW_ZH = "请在电脑上打开后用“打印到 PDF”（WPS、Word 中为“输出为 PDF”）另存，或打印后重新扫描，再上传。"
_ANEW_EN = "Open it on a computer and print it to PDF anew, or print it on paper and scan that; then upload it again."
_SCAN_ZH = "请按每页 A4、200 至 300 DPI 重新扫描为 PDF 后上传。"
_SCAN_EN = "Scan it anew to PDF, in pages of A4 at 200 to 300 DPI, then upload it again."


def damaged(zh: str, en: str, **figures: object) -> Finding:
    """The file does not hold together; `zh` and `en` say where, without a full stop."""
    return Finding(
        slug="unreadable",
        zh=f"PDF 文件已损坏：{zh}。有的软件会自动修补后照常显示，但各人看到的可能不同，因此不能接收。{_ANEW_ZH}",
        en=f"The PDF is damaged: {en}. Some programs mend it silently, and not all show the same then, so it cannot be "
        f"taken. {_ANEW_EN}",
        figures=dict(figures),
    )


def encrypted() -> Finding:
    return Finding(
        slug="encrypted",
        zh="PDF 设有打开密码，秘书处和专家无法打开。请在 PDF 软件中去掉密码（“文件—属性—安全性”选“无”），另存后上传。",
        en="The PDF asks for a password when it is opened, so nobody else can read it. Take the password off (document "
        "properties, security: none), save it, then upload it again.",
    )


def printing_forbidden() -> Finding:
    return Finding(
        slug="printing-forbidden",
        zh="PDF 设置为禁止打印，秘书处无法打印存档。请在 PDF 软件的安全性设置中取消限制，另存后上传。",
        en="The PDF forbids printing, so the secretariat cannot file it on paper. Lift the restriction in its security "
        "settings, save it, then upload it again.",
    )


def leading_data(count: int) -> Finding:
    return Finding(
        slug="leading-data",
        zh=f"PDF 的开头之前有 {count} 字节无关内容，有的软件会因此打不开。{_ANEW_ZH}",
        en=f"{count} bytes that are no part of it stand before the PDF's beginning, and some programs cannot open it "
        f"for that. {_ANEW_EN}",
        figures={"bytes": count},
    )


def hidden_format(name: str) -> Finding:
    return Finding(
        slug="trailing-data",
        zh=f"这个文件同时又是 {name} 文件，换一种软件打开会是另外的内容。{_ANEW_ZH}",
        en=f"The file is a {name} file at the same time, and shows something else in another program. {_ANEW_EN}",
        figures={"given": name},
    )


def trailing_data(count: int) -> Finding:
    return Finding(
        slug="trailing-data",
        zh=f"PDF 的结束标记之后还有 {count} 字节不属于它的内容。{_ANEW_ZH}",
        en=f"Behind the PDF's end mark stand {count} bytes that are no part of it. {_ANEW_EN}",
        figures={"given": "?", "bytes": count},
    )


def too_many_pages(given: int, allowed: int, *, exact: bool = True) -> Finding:
    """`exact`: whether all were counted, or counting was given up beyond what is allowed."""
    zh, en = ("有", "") if exact else ("超过", "more than ")
    return Finding(
        slug="too-many-pages",
        zh=f"文件{zh} {given} 页，最多允许 {allowed} 页。请只保留需要的页后重新上传。",
        en=f"The document has {en}{given} pages; at most {allowed} are allowed. Keep only what is asked for, then "
        "upload it again.",
        figures={"given": given, "allowed": allowed, "unit": "page"},
    )


def too_few_pages(given: int, wanted: int) -> Finding:
    return Finding(
        slug="too-few-pages",
        zh=f"文件只有 {given} 页，至少应有 {wanted} 页。请把各页扫描到同一个 PDF 里再上传。",
        en=f"The document has {given} pages; at least {wanted} are asked for. Scan all of them into one PDF, then "
        "upload that.",
        figures={"given": given, "allowed": wanted, "unit": "page"},
    )


def wrong_page_size(page: int, width: float, height: float, most: float) -> Finding:
    """Millimetres."""
    return Finding(
        slug="wrong-page-size",
        zh=f"第 {page} 页的尺寸为 {width:g}×{height:g} 毫米，每边应在 10 到 {most:g} 毫米之间。{_SCAN_ZH}",
        en=f"Page {page} measures {width:g}×{height:g} mm; each side must have from 10 to {most:g} mm. {_SCAN_EN}",
        figures={"page": page, "given": [width, height], "allowed": [10, most], "unit": "mm"},
    )


ACTIVE = {
    "javascript": ("脚本（JavaScript）", "scripts (JavaScript)"),
    "automatic": ("打开或翻页时自动执行的动作", "actions that run by themselves"),
    "launch": ("启动其他程序的动作", "actions that start programs"),
    "form": ("提交或导入数据的动作", "actions that send or fetch data"),
    "elsewhere": ("打开其他文件的动作", "actions that open other files"),
    "attachment": ("夹带的附件", "attached files"),
    "media": ("音视频、三维等多媒体", "sound, video or 3D"),
    "xfa": ("XFA 动态表单", "an XFA form"),
    "external": ("取自文件之外的内容", "content from outside the file"),
}
"""What a document may not do or hold, as a sentence calls it."""


def active_content(kinds: Sequence[str]) -> Finding:
    """`kinds`: keys of ACTIVE."""
    zh = "、".join(ACTIVE[kind][0] for kind in kinds)
    en = ", ".join(ACTIVE[kind][1] for kind in kinds)
    return Finding(
        slug="active-content",
        zh=f"PDF 中含有{zh}。为了打开者的安全，只接收没有这些内容的文件。{_ANEW_ZH}",
        en=f"The PDF holds {en}. For the safety of those who open it only files without such are taken. {_ANEW_EN}",
        figures={"given": list(kinds)},
    )


def too_complex(zh: str, en: str, given: int, allowed: int) -> Finding:
    """`zh`, `en`: what there is too much of, as in “3 objects”."""
    return Finding(
        slug="too-complex",
        zh=f"PDF 的结构远比扫描件复杂：{zh}。{_ANEW_ZH}",
        en=f"The PDF is far more complex than any scan: {en}. {_ANEW_EN}",
        figures={"given": given, "allowed": allowed},
    )


def unreadable_page(page: int, zh: str, en: str, **figures: object) -> Finding:
    """`zh` and `en` say what is wrong with it, without a full stop. Page 0: it is not known on which."""
    where = (f"第 {page} 页", f"Page {page}") if page else ("文件中有图像", "A picture in the file")
    return Finding(
        slug="unreadable",
        zh=f"{where[0]}无法完整显示：{zh}。{_SCAN_ZH}",
        en=f"{where[1]} cannot be shown completely: {en}. {_SCAN_EN}",
        figures={"page": page, **figures},
    )


def blank(pages: int) -> Finding:
    return Finding(
        slug="blank-document",
        zh=f"文件共 {pages} 页，全部是空白，可能是扫描时放反了纸。请重新扫描后上传。",
        en=f"All of the document's {pages} pages are blank; the paper may have lain the wrong way round. Scan it anew, "
        "then upload it again.",
        figures={"given": pages},
    )
