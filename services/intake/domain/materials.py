"""Materials: the names of files, the key and form of an upload, how many and how large."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from uuid import UUID

from contracts import storage, words
from contracts.campaign import Category, MaterialRule
from contracts.events import Finding
from services.intake.domain.entries import Material, MaterialState, Place
from services.intake.domain.errors import (
    MaterialTooLargeError,
    NotFoundError,
    TooManyMaterialsError,
    UnknownMaterialKindError,
)

MAX_NAME = 200

MAX_CAPTION = 2000
"""Characters of a caption that are kept, whatever is wrong with it; what a rule allows is told as a finding."""

CONTENT_TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "MP4": "video/mp4",
    "MOV": "video/quicktime",
    "PDF": "application/pdf",
}
TAKEN_OVER = frozenset({MaterialState.UPLOADED, MaterialState.ACCEPTED})
"""What goes on with an entry that is begun again: neither what was refused nor what never arrived."""
PICTURES = frozenset({"JPEG", "PNG"})
"""Formats that a browser shows as they are."""
SHOWN = PICTURES | {"MP4", "MOV"}
"""Formats that a browser may open; it keeps all others as files."""
_EXTENSIONS = {"jpg": "JPEG", "jpeg": "JPEG", "jpe": "JPEG", "png": "PNG", "mp4": "MP4", "mov": "MOV", "pdf": "PDF"}


def file_name(given: str) -> str:
    """A file's name to show: without folders. Raises ValueError, bilingual, if nothing usable is left."""
    name = re.split(r"[\\/]", given)[-1].strip().rstrip(".").strip()
    if not name:
        raise ValueError("文件名无效，请改名后重新上传。 | This is not a file name; rename the file.")
    if len(name) > MAX_NAME:
        raise ValueError(
            f"文件名现有 {len(name)} 个字符，最多 {MAX_NAME} 个，请缩短后重新上传。"
            f" | The file name has {len(name)} characters; at most {MAX_NAME}."
        )
    return name


def object_key(place: Place, material_id: UUID) -> str:
    """Where an upload lands in quarantine. The file's name is no part of it."""
    return f"{place.campaign_id}/{place.unit_code}/{place.entry_id}/{material_id}"


def content_type(rule: MaterialRule, name: str) -> str:
    """What the upload is declared as: by the name's ending, if the rule takes that; what it is, media finds out."""
    by_name = _EXTENSIONS.get(name.rpartition(".")[2].lower())
    formats = [wanted for wanted in rule.formats if wanted in CONTENT_TYPES]
    wanted = by_name if by_name in formats else (formats or ["PDF"])[0]
    return CONTENT_TYPES[wanted]


def rendition_key(material: Material) -> str | None:
    """Where the picture made of an accepted file stands, as media files it; None for a file of which none is made."""
    if material.facts is None:
        return None
    return storage.rendition_key(material.facts.sha256 or str(material.material_id))


def first_page_key(material: Material) -> str | None:
    """Where the picture of a document's first page stands, among the materials; None for what is no PDF."""
    facts = material.facts
    return storage.preview_key(facts.sha256) if facts and facts.format == "PDF" and facts.sha256 else None


def rule_of(category: Category, kind: str) -> MaterialRule:
    """Raises UnknownMaterialKindError."""
    rule = category.material(kind)
    if rule is None:
        known = "、".join(f"{m.label.zh}（{m.key}）" for m in category.materials) or "无"
        keys = ", ".join(m.key for m in category.materials) or "none"
        raise UnknownMaterialKindError(
            f"“{category.title.zh}”不收此种材料。可上传：{known}。",
            f"{category.key} takes no such material; it takes {keys}.",
        )
    return rule


def findings_at(material_id: UUID, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """What media says of one file as it is said of another that shares its object."""
    return tuple(finding.model_copy(update={"place": f"material:{material_id}"}) for finding in findings)


def check_size(rule: MaterialRule, name: str, given: int) -> None:
    """Raises MaterialTooLargeError."""
    if given > rule.max_bytes:
        raise MaterialTooLargeError(
            f"{rule.label.zh} {name} 为 {words.size(given)}（{given} 字节），超过 {words.size(rule.max_bytes)}"
            f"（{rule.max_bytes} 字节）。可另存为较小的文件后重新上传。",
            f"{name} has {given} bytes; at most {rule.max_bytes}. Save it smaller and upload it again.",
            given=given,
            allowed=rule.max_bytes,
        )


def check_room(rule: MaterialRule, materials: Iterable[Material]) -> None:
    """Raises TooManyMaterialsError if the entry holds as many of this kind as it may, rejected ones included."""
    held = sum(1 for m in materials if m.kind == rule.key and m.state is not MaterialState.REMOVED)
    if held >= rule.max_count:
        raise TooManyMaterialsError(
            f"{rule.label.zh}已有 {held} 个，最多 {rule.max_count} 个。请先删除不需要的再上传。",
            f"The entry holds {held} of {rule.key}; at most {rule.max_count}. Remove one first.",
            given=held + 1,
            allowed=rule.max_count,
        )


def check_replaced(rule: MaterialRule, replaced: Material | None) -> None:
    """Raises NotFoundError unless the file to be replaced is held, and is of the same kind."""
    if replaced is None or replaced.state is MaterialState.REMOVED or replaced.kind != rule.key:
        raise NotFoundError(
            f"要替换的{rule.label.zh}不存在或已删除，请直接上传。",
            f"There is no such {rule.key} to replace; upload it anew.",
        )


def reordered(materials: Iterable[Material], wanted: Sequence[UUID]) -> list[UUID]:
    """Every file in the order that is wanted; those not named keep their order behind. Raises NotFoundError."""
    held = sorted(
        (m for m in materials if m.state is not MaterialState.REMOVED), key=lambda m: (m.position, m.material_id)
    )
    known = [m.material_id for m in held]
    named = list(dict.fromkeys(wanted))
    if not set(named) <= set(known):
        raise NotFoundError(
            "排序中有不存在或已删除的文件，请刷新页面后重试。",
            "The order names a file that is not here; load the page again.",
        )
    return [*named, *(material_id for material_id in known if material_id not in set(named))]
