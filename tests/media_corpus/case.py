"""What a case is, and the rules that cases are judged by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from contracts.campaign import MaterialRule, Text

TWO_MEBIBYTES = 2 * 1024 * 1024
_LABEL = Text(zh="材料", en="Material")


def photo_rule(**changes: object) -> MaterialRule:
    """The rule of the 2017 notice for photos."""
    usual = {"key": "photo", "kind": "photo", "label": _LABEL, "formats": ("JPEG",), "max_count": 10}
    return MaterialRule.model_validate({**usual, "max_bytes": TWO_MEBIBYTES, "max_pixels": 40_000_000, **changes})


def video_rule(**changes: object) -> MaterialRule:
    """The rule of the 2017 notice for videos."""
    usual = {"key": "video", "kind": "video", "label": _LABEL, "formats": ("MP4",), "max_count": 1}
    limits = {"max_bytes": 500 * 1024 * 1024, "pixel_sizes": ((1920, 1080), (1280, 720)), "max_seconds": 180}
    return MaterialRule.model_validate({**usual, **limits, **changes})


def document_rule(**changes: object) -> MaterialRule:
    """A rule for documents; the notices of our campaigns ask for them on paper."""
    usual = {"key": "proof", "kind": "document", "label": _LABEL, "formats": ("PDF",), "max_count": 1}
    return MaterialRule.model_validate({**usual, "max_bytes": TWO_MEBIBYTES, **changes})


@dataclass(frozen=True, slots=True)
class Case:
    """`slugs` is exactly what must be found; nothing for a file that is accepted, of which `facts` must hold."""

    name: str
    make: Callable[[], bytes]
    slugs: frozenset[str] = frozenset()
    facts: Mapping[str, object] = field(default_factory=dict)
    rule: MaterialRule = field(default_factory=photo_rule)


def refused(name: str, make: Callable[[], bytes], *slugs: str, rule: MaterialRule | None = None) -> Case:
    """A case with these findings and no others."""
    return Case(name, make, frozenset(slugs), rule=rule or photo_rule())
