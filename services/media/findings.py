"""What a material can be refused for: slug, figures, and a sentence for those who upload.

Each sentence says what was given, what is allowed, and how to mend it.
"""

from __future__ import annotations

from collections.abc import Sequence

from contracts.events import Finding

_MEBIBYTE = 1024 * 1024
_NAMES = {"photo": ("照片", "photo"), "video": ("视频", "video"), "document": ("文档", "document")}

_CODINGS = ("H.264", "HEVC (H.265)", "MPEG-4 Part 2", "AV1", "VP8", "VP9", "ProRes", "Motion JPEG")


def _size(count: int) -> str:
    """Bytes as people read them: 2.00 MB."""
    return f"{count / _MEBIBYTE:.2f} MB"


def _pixel_sizes(sizes: Sequence[tuple[int, int]], word: str) -> str:
    return word.join(f"{width}×{height}" for width, height in sizes)


def _seconds(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _clock(value: float, minute: str, second: str) -> str:
    """181.5 → 3 分 1.5 秒."""
    minutes, seconds = divmod(round(value, 3), 60)
    return f"{int(minutes)} {minute} {_seconds(seconds)} {second}" if minutes else f"{_seconds(seconds)} {second}"


def too_large(kind: str, given: int, allowed: int) -> Finding:
    """photo-too-large, video-too-large, document-too-large."""
    zh, en = _NAMES[kind]
    return Finding(
        slug=f"{kind}-too-large",
        zh=f"{zh}大小为 {given} 字节（{_size(given)}），上限为 {allowed} 字节（{_size(allowed)}）。"
        f"请压缩或降低分辨率后重新上传。",
        en=f"The {en} has {given} bytes ({_size(given)}); at most {allowed} ({_size(allowed)}) are allowed. "
        "Compress it or lower its resolution, then upload it again.",
        figures={"given": given, "allowed": allowed, "unit": "byte"},
    )


def empty_file() -> Finding:
    return Finding(
        slug="empty-file",
        zh="文件是空的（0 字节），可能是复制或导出时出了问题。请确认文件能正常打开后重新上传。",
        en="The file is empty (0 bytes); copying or exporting it may have gone wrong. Make sure that it opens, "
        "then upload it again.",
        figures={"given": 0},
    )


def wrong_format(
    given: tuple[str, str, str], allowed: Sequence[str], *, recording: bool = False, paper: bool = False
) -> Finding:
    """`given`: the format's name, then as a Chinese and as an English sentence calls it."""
    name, zh, en = given
    how_zh = "请用剪映等剪辑软件打开，导出为该格式（编码选 H.264）" if recording else "请用看图软件打开并另存为该格式"
    how_en = (
        "Open it with a video editor and export it to that format (codec H.264)"
        if recording
        else "Open it and save it in that format"
    )
    if paper:
        how_zh = "请在扫描软件中选择存为 PDF，或在办公软件中“输出为 PDF”（多页 TIFF 也请这样转换）"
        how_en = "Choose PDF in the scanner's program, or export it to PDF (also a TIFF of several pages)"
    return Finding(
        slug="wrong-format",
        zh=f"文件内容是{zh}，此处只接受 {'、'.join(allowed)} 格式（以文件内容为准，改扩展名无效）。"
        f"{how_zh}后重新上传。",
        en=f"The file is {en}; only {', '.join(allowed)} is accepted here (by content; renaming does not help). "
        f"{how_en}, then upload it again.",
        figures={"given": name, "allowed": list(allowed)},
    )


def unreadable(zh: str, en: str, **figures: object) -> Finding:
    """The file cannot be opened as what it is; `zh` and `en` say why, without a full stop."""
    return Finding(
        slug="unreadable",
        zh=f"文件无法正常读取：{zh}。请在电脑上确认能完整打开，重新导出或另存后再上传。",
        en=f"The file cannot be read: {en}. Make sure that it opens completely on a computer, export or save it anew, "
        "then upload it again.",
        figures=dict(figures),
    )


def truncated(given: int, expected: int | None = None) -> Finding:
    """The file breaks off. `given`: its bytes; `expected`: how many its own structure announces."""
    zh = f"，应有 {expected} 字节" if expected is not None else ""
    en = f" of {expected}" if expected is not None else ""
    return Finding(
        slug="truncated",
        zh=f"文件不完整：实有 {given} 字节{zh}，后面的部分缺失，可能是录制、复制或上传中断。"
        "请重新导出完整的文件再上传。",
        en=f"The file is incomplete: {given} bytes{en} are there, the rest is missing. Recording, copying or uploading "
        "may have broken off. Export the whole file anew, then upload it again.",
        figures={"given": given} | ({"expected": expected} if expected is not None else {}),
    )


def too_many_scans(given: int, allowed: int) -> Finding:
    return Finding(
        slug="too-many-scans",
        zh=f"图片分成 {given} 遍扫描存储，最多允许 {allowed} 遍，这样的文件会拖垮看图的设备。"
        "请用看图软件另存为普通 JPG 后重新上传。",
        en=f"The picture is stored in {given} scans; at most {allowed} are allowed, since such files exhaust the "
        "devices that show them. Save it anew as an ordinary JPEG, then upload it again.",
        figures={"given": given, "allowed": allowed, "unit": "scan"},
    )


def too_many_pixels(width: int, height: int, allowed: int, *, recording: bool = False) -> Finding:
    return Finding(
        slug="too-many-pixels",
        zh=f"{'画面' if recording else '图片'}为 {width}×{height} 像素（共 {width * height} 像素），"
        f"最多允许 {allowed} 像素。请缩小尺寸后重新上传。",
        en=f"The picture has {width}×{height} = {width * height} pixels; at most {allowed} are allowed. "
        "Make it smaller, then upload it again.",
        figures={"given": width * height, "allowed": allowed, "width": width, "height": height, "unit": "pixel"},
    )


def trailing_data(name: str, count: int) -> Finding:
    return Finding(
        slug="trailing-data",
        zh=f"文件末尾藏有 {count} 字节与画面无关的 {name} 内容。请用看图或剪辑软件打开后另存为新文件，再重新上传。",
        en=f"Behind the end of the file hide {count} bytes of {name}, which are no part of it. Open it and save it "
        "as a new file, then upload that.",
        figures={"given": name, "bytes": count},
    )


def wrong_pixel_size(
    width: int, height: int, allowed: Sequence[tuple[int, int]], *, stretched: str = "", upright: bool = False
) -> Finding:
    """`stretched`: the shape of one pixel (4:3) where it is not square. `upright`: it would fit, lying on its side."""
    zh = f"（像素宽高比 {stretched}，播放时被拉伸）" if stretched else ""
    en = f" (its pixels are {stretched}, so it is stretched when shown)" if stretched else ""
    if upright:
        zh += "，是竖着拍摄的"
        en += " since it was filmed upright"
    return Finding(
        slug="wrong-pixel-size",
        zh=f"画面为 {width}×{height} 像素{zh}，只接受 {_pixel_sizes(allowed, ' 或 ')}。"
        + ("请横持手机重新拍摄，或用剪映等软件放进横屏画面" if upright else "请按其中一种尺寸")
        + "重新导出后上传。",
        en=f"The picture has {width}×{height} pixels{en}; only {_pixel_sizes(allowed, ' or ')} is accepted. "
        + (
            "Film it with the telephone held sideways, or place it on a lying frame with a video editor, and export"
            if upright
            else "Export it anew"
        )
        + " in one of these sizes, then upload it again.",
        figures={"given": [width, height], "allowed": [list(size) for size in allowed], "unit": "pixel"}
        | ({"pixel_aspect": stretched} if stretched else {}),
    )


def too_long(given: float, allowed: float) -> Finding:
    return Finding(
        slug="too-long",
        zh=f"视频长 {_seconds(given)} 秒（{_clock(given, '分', '秒')}），最长允许 {_seconds(allowed)} 秒"
        f"（{_clock(allowed, '分', '秒')}）。请剪短后重新上传。",
        en=f"The video lasts {_seconds(given)} s ({_clock(given, 'min', 's')}); at most {_seconds(allowed)} s "
        f"({_clock(allowed, 'min', 's')}) are allowed. Shorten it, then upload it again.",
        figures={"given": round(given, 3), "allowed": allowed, "unit": "second"},
    )


def unsupported_codec(given: str, *, protected: bool = False) -> Finding:
    """A video that cannot be decoded here, and so neither be checked nor be made to play in browsers."""
    zh = "视频已加密（DRM），无法播放" if protected else f"视频编码为 {given}，系统无法读取，许多电脑也放不出来"
    en = (
        "The video is encrypted (DRM) and cannot be played"
        if protected
        else f"The video is coded as {given}, which cannot be read here and on many computers"
    )
    return Finding(
        slug="unsupported-codec",
        zh=f"{zh}。请用剪映等剪辑软件打开，导出为 MP4（编码选 H.264）后重新上传；"
        "用手机拍摄时，可先在相机设置中选“兼容性最佳”（苹果：设置→相机→格式），或关闭“高效视频格式”。",
        en=f"{en}. Open it with a video editor and export it as MP4 (codec H.264), then upload it again; on a "
        "telephone, choose “most compatible” in the camera's settings, or switch “high efficiency video” off.",
        figures={"given": given, "allowed": list(_CODINGS)},
    )


def unsupported_jpeg(given: str) -> Finding:
    """A kind of JPEG that browsers do not show."""
    return Finding(
        slug="unsupported-codec",
        zh=f"图片采用少见的 JPEG 编码（{given}），浏览器无法显示。请用看图软件另存为普通 JPG 后重新上传。",
        en=f"The picture uses a rare kind of JPEG ({given}) that browsers cannot show. Save it anew as an ordinary "
        "JPEG, then upload it again.",
        figures={"given": given, "allowed": ["baseline", "progressive"]},
    )


def unsupported_container(zh: str, en: str, given: str) -> Finding:
    return Finding(
        slug="unsupported-container",
        zh=f"{zh}，暂不支持。请用剪映等剪辑软件打开，重新导出为普通 MP4（单路画面）后上传。",
        en=f"{en}, which is not supported. Export it anew as an ordinary MP4 with one picture track, then upload it "
        "again.",
        figures={"given": given},
    )


def too_heavy(seen: int, pages: int) -> Finding:
    """A document that takes longer to look through than is allowed: `seen` of its `pages` were looked at."""
    return Finding(
        slug="too-heavy",
        zh=f"文件共 {pages} 页，看完 {seen} 页时已用完检查所允许的计算量，说明页面图像过大或页数过多。"
        "请按每页 A4、200 DPI 重新扫描为 PDF 后上传。",
        en=f"Looking at {seen} of the document's {pages} pages has used up all the computing that is allowed: their "
        "pictures are too large, or there are too many. Scan it anew to PDF, in pages of A4 at 200 DPI, then upload it "
        "again.",
        figures={"given": pages, "seen": seen},
    )


def infected(name: str) -> Finding:
    """`name`: what the scanner calls what it has found."""
    return Finding(
        slug="infected",
        zh=f"查毒程序在文件中发现“{name}”。请先在电脑上查杀病毒，再用未感染的原始文件重新导出上传；"
        "如果确认是误报，请联系秘书处。",
        en=f"The virus scanner has found “{name}” in the file. Clean the computer, export the file anew from a clean "
        "original, then upload that; if it is a false alarm, tell the secretariat.",
        figures={"given": name},
    )


def missing_file() -> Finding:
    return Finding(
        slug="missing-file",
        zh="存储中没有找到这个文件，可能上传没有完成。请重新上传。",
        en="The file is not in storage; its upload may not have been completed. Upload it again.",
    )


def unknown_kind(kind: str, category: str) -> Finding:
    return Finding(
        slug="unknown-kind",
        zh=f"本活动的“{category}”类别没有“{kind}”这种材料。请核对类别后重新上传。",
        en=f"The category {category!r} of this campaign has no material {kind!r}. Check the category, then upload "
        "again.",
        figures={"given": kind, "category": category},
    )


_DEATHS = {
    "processor": (
        "解码所需的计算量远超同类文件",
        "decoding it takes far more computing than any sound file of its kind",
    ),
    "memory": ("解码所需的内存远超同类文件", "decoding it takes far more memory than any sound file of its kind"),
    "hung": ("解码过程长时间没有结果", "decoding it does not come to an end"),
}


def died(cause: str) -> Finding:
    """The file killed the process that looked at it. `cause`: processor, memory, hung, or anything else."""
    zh, en = _DEATHS.get(cause, ("文件使解码程序反复异常中止", "it makes the decoder break down, again and again"))
    return unreadable(zh, en, cause=cause)
