"""What an owner should look at in an accepted file; it keeps nothing from being submitted."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.events import Finding
from services.intake.domain.entries import Material


def advice_on(material: Material) -> Iterator[Finding]:
    """From the facts that validation measured."""
    blank = material.facts.blank_pages if material.facts else None
    if blank:
        numbers = [str(number) for number in blank]
        yield Finding(
            slug="blank-pages",
            zh=f"第 {'、'.join(numbers)} 页是空白页。如果不是有意留空，请重新扫描后替换。",
            en=f"Blank: page {', '.join(numbers)}. Unless that is meant, scan the document anew and replace it.",
            place=f"material:{material.material_id}",
            figures={"pages": list(blank)},
        )
