"""What `laurel media check` prints."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from contracts.campaign import CampaignDefinition
from contracts.events import MaterialFacts
from services.media.checking.check import Checked, Outcome

_KINDS = {"photo": "照片 photo", "video": "视频 video", "document": "文档 document", None: "–"}
_OUTCOMES = {
    Outcome.ACCEPTED: ("✓ 接受\naccepted", "green"),
    Outcome.REJECTED: ("✗ 退回\nrefused", "red"),
    Outcome.NOT_JUDGED: ("? 未能判断\nnot judged", "yellow"),
}
_MEBIBYTE = 1024 * 1024
_WIDE = 140


def as_json(definition: CampaignDefinition, checked: Sequence[Checked]) -> str:
    """One object: the campaign, and of every file what was said about it."""
    return json.dumps({"campaign": definition.id, "files": [_row(one) for one in checked]}, ensure_ascii=False)


def _row(one: Checked) -> dict[str, Any]:
    judgement, problem = one.judgement, one.problem
    told: dict[str, Any] = {
        "file": click.format_filename(one.path),
        "kind": one.kind,
        "verdict": one.outcome.value,
        "findings": [],
        "facts": None,
        "problem": None,
    }
    if judgement is not None:
        told["findings"] = [finding.model_dump(mode="json", exclude={"place"}) for finding in judgement.findings]
        told["facts"] = judgement.facts.model_dump(mode="json") if judgement.facts else None
    if problem is not None:
        told["problem"] = {"slug": problem.slug, "zh": problem.zh, "en": problem.en}
    return told


def render(definition: CampaignDefinition, checked: Sequence[Checked]) -> None:
    """Print a table, and a line that sums it up."""
    console = Console(width=None if sys.stdout.isatty() else _WIDE)
    table = Table("文件 file", "类型 kind", "结论 verdict", "说明 what it says", "实测 measured", show_lines=True)
    for one in checked:
        words, style = _OUTCOMES[one.outcome]
        name = _harmless(click.format_filename(one.path))
        facts = _facts(one.judgement.facts if one.judgement else None)
        table.add_row(
            Text(name, overflow="fold"),
            _KINDS[one.kind],
            Text(words, style=style),
            Text(_said(one), overflow="fold"),
            Text(facts),
        )
    console.print(table)
    counts = Counter(one.outcome for one in checked)
    accepted, refused, other = (counts[outcome] for outcome in (Outcome.ACCEPTED, Outcome.REJECTED, Outcome.NOT_JUDGED))
    console.print(
        f"按活动 {definition.id} 的规则，共 {len(checked)} 个文件：接受 {accepted}，退回 {refused}，"
        f"未能判断 {other}。\n"
        f"By the rules of {definition.id}: {len(checked)} files, {accepted} accepted, {refused} refused, "
        f"{other} not judged.",
        markup=False,
        highlight=False,
    )


def _said(one: Checked) -> str:
    if one.problem is not None:
        return f"{one.problem.zh}\n{one.problem.en}"
    findings = one.judgement.findings if one.judgement else ()
    return "\n".join(_harmless(f"{finding.zh}\n{finding.en}") for finding in findings) or "–"


def _facts(facts: MaterialFacts | None) -> str:
    if facts is None:
        return "–"
    lines = [f"{facts.format}, {facts.bytes / _MEBIBYTE:.2f} MB", f"{facts.bytes} 字节 bytes"]
    if facts.width and facts.height:
        lines.append(f"{facts.width}×{facts.height}")
    if facts.pages is not None:
        lines.append(f"{facts.pages} 页 pages")
    if facts.page_width is not None and facts.page_height is not None:
        lines.append(f"{facts.page_width:g}×{facts.page_height:g} 毫米 mm")
    if facts.blank_pages:
        lines.append(f"空白页 blank: {', '.join(map(str, facts.blank_pages))}")
    if facts.seconds is not None:
        lines.append(f"{facts.seconds:g} 秒 s")
    if facts.codec:
        lines.append(_harmless(facts.codec))
    return "\n".join(lines)


def _harmless(text: str) -> str:
    """Without characters that a terminal would obey: names of files and of codecs are strangers' words."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "\ufffd" for letter in text)
