"""Which rule of a campaign a file is judged by."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from contracts.campaign import CampaignDefinition, Category, MaterialRule
from services.media.formats import sniff as formats

Kind = Literal["photo", "video", "document"]

_RECORDINGS = frozenset({
    *(formats.MP4, formats.MOV, formats.GPP, formats.AVI, formats.MATROSKA, formats.FLV, formats.WMV),
    *(formats.MPEG, formats.MPEG_TS, formats.OGG, formats.REAL, formats.RAW_H264),
    *(formats.AUDIO, formats.MP3, formats.WAV, formats.AAC, formats.AMR, formats.FLAC),
})  # fmt: skip
_PAPERS = frozenset({formats.PDF, formats.OLE, formats.ZIP})
_NAMELESS = frozenset({formats.EMPTY, formats.UNKNOWN, formats.TEXT})
_LIMITS = {"formats", "max_bytes", "max_pixels", "pixel_sizes", "max_seconds", "min_pages", "max_pages"}


class RulesError(Exception):
    """The definition and the options do not say which rule to judge by; the message does, in both languages."""


@dataclass(frozen=True, slots=True)
class RuleBook:
    """The material rules of a campaign, or of one of its categories."""

    categories: tuple[Category, ...]

    @classmethod
    def of(cls, definition: CampaignDefinition, category: str | None) -> RuleBook:
        """Raises RulesError if there is no such category."""
        chosen = tuple(one for one in definition.categories if category in {None, one.key})
        if not chosen:
            known = "、".join(one.key for one in definition.categories)
            raise RulesError(
                f"活动 {definition.id} 没有类别 {category!r}，可选：{known}。\n"
                f"The campaign {definition.id} has no category {category!r}; there are: {known}."
            )
        return cls(chosen)

    @property
    def names(self) -> str:
        """The categories, as a sentence lists them."""
        return "、".join(one.key for one in self.categories)

    def rule(self, kind: Kind) -> MaterialRule | None:
        """The rule for files of a kind; None if none are taken. Raises RulesError if several differ in their limits."""
        found = [(one.key, rule) for one in self.categories for rule in one.materials if rule.kind == kind]
        if len({rule.model_dump_json(include=_LIMITS) for _, rule in found}) > 1:
            places = "、".join(f"{category}/{rule.key}" for category, rule in found)
            raise RulesError(
                f"这个活动对 {kind} 有几套不同的规则（{places}），请用 --category 指明类别。\n"
                f"This campaign has several different rules for a {kind} ({places}); say which with --category."
            )
        return found[0][1] if found else None

    def kind_of(self, head: bytes, path: Path) -> Kind:
        """What a file is meant to be: by its content, by its name where the content says nothing."""
        format_ = formats.sniff(head)
        if format_ in _RECORDINGS:
            return "video"
        if format_ in _PAPERS and self.rule("document") is not None:
            return "document"
        if format_ in _NAMELESS and (mimetypes.guess_type(path.name)[0] or "").startswith("video/"):
            return "video"
        return "photo"
