"""What the template of the files' section shows: the rules in words, the files as the scripts know them, too."""

from __future__ import annotations

from dataclasses import dataclass

from contracts import words
from contracts.campaign import MaterialRule
from services.intake.api.material_answers import MaterialOut
from services.intake.domain import uploads
from services.intake.domain.entries import EDITABLE, MaterialState
from services.intake.usecases.entries import View
from services.intake.usecases.materials import shown

_ENDINGS = {"JPEG": ".jpg,.jpeg", "PNG": ".png", "MP4": ".mp4", "MOV": ".mov", "PDF": ".pdf"}
_TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "MP4": "video/mp4",
    "MOV": "video/quicktime",
    "PDF": "application/pdf",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """Files of one kind: their rule in words, and the files that there are."""

    rule: MaterialRule
    accept: str
    zh: str
    en: str
    files: tuple[MaterialOut, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """The whole section of an entry."""

    entry_id: str
    editable: bool
    kinds: tuple[Kind, ...]
    parts_from: int
    part_bytes: int
    grace_zh: str
    grace_en: str
    pending: bool


def section_of(view: View, grace_minutes: int) -> Section:
    """The files of an entry, by the kinds that its category takes, and how long a late one may take to arrive."""
    grace_zh, grace_en = _grace(grace_minutes)
    kinds = kinds_of(view)
    return Section(
        entry_id=str(view.entry.entry_id),
        editable=view.entry.state in EDITABLE,
        kinds=kinds,
        parts_from=uploads.IN_PARTS_FROM,
        part_bytes=uploads.PART_BYTES,
        grace_zh=grace_zh,
        grace_en=grace_en,
        pending=any(file.state == MaterialState.UPLOADED for kind in kinds for file in kind.files),
    )


def kinds_of(view: View) -> tuple[Kind, ...]:
    """The kinds of file that the entry's category takes."""
    files = MaterialOut.list_of(shown(view.entry.materials))
    return tuple(_kind(rule, files) for rule in view.category.materials)


def _grace(minutes: int) -> tuple[str, str]:
    if not minutes:
        return "文件须在截止时间前传完。", "Files have to arrive before the deadline."
    zh = f"截止前已开始的上传，可在截止后 {minutes} 分钟内传完并提交；其间请勿改动其他内容。"
    en = f"An upload begun in time may be finished and submitted within {minutes} minutes after the deadline."
    return zh, f"{en} Change nothing else then."


def _kind(rule: MaterialRule, files: list[MaterialOut]) -> Kind:
    accept = ",".join(f"{_TYPES[wanted]},{_ENDINGS[wanted]}" for wanted in rule.formats if wanted in _TYPES)
    zh, en = _in_words(rule)
    return Kind(rule, accept, zh, en, tuple(file for file in files if file.kind == rule.key))


def _in_words(rule: MaterialRule) -> tuple[str, str]:
    """What a file of this kind must be like."""
    formats = [{"JPEG": "JPG"}.get(wanted, wanted) for wanted in rule.formats]
    zh = [f"{'、'.join(formats)} 格式", f"每个不超过 {words.size(rule.max_bytes)}", f"最多 {rule.max_count} 个"]
    en = [" or ".join(formats), f"at most {words.size(rule.max_bytes)} each", f"at most {rule.max_count}"]
    if rule.pixel_sizes:
        sizes = [f"{width}×{height}" for width, height in rule.pixel_sizes]
        zh.append(f"画面 {' 或 '.join(sizes)}")
        en.append(" or ".join(sizes))
    if rule.max_seconds is not None:
        zh.append(f"不超过 {_length_zh(rule.max_seconds)}")
        en.append(f"at most {rule.max_seconds:g} seconds")
    if rule.max_pages is not None or rule.min_pages is not None:
        pages_zh, pages_en = _pages(rule.min_pages, rule.max_pages)
        zh.append(pages_zh)
        en.append(pages_en)
    if rule.min_count:
        zh.append(f"至少 {rule.min_count} 个")
        en.append(f"at least {rule.min_count}")
    return "；".join(zh) + "。", "; ".join(en) + "."


def _pages(least: int | None, most: int | None) -> tuple[str, str]:
    if least == most or most is None:
        exactly = least == most
        return (f"{'' if exactly else '至少 '}{least} 页", f"{'' if exactly else 'at least '}{least} pages")
    if least is None:
        return f"不超过 {most} 页", f"at most {most} pages"
    return f"{least} 至 {most} 页", f"{least} to {most} pages"


def _length_zh(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes:g} 分钟" if not rest else f"{seconds:g} 秒"
