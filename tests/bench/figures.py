"""Figures: what a suite measured, the bar it is held against, and the table and file that say so."""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. `bar` reads `≤ 0.5` or `≥ 0.7` or `= 0`; without a bar it is told, not judged."""

    name: str
    value: float
    unit: str
    bar: str = ""
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def held(self) -> bool:
        if not self.bar:
            return True
        sign, _, bound = self.bar.partition(" ")
        return bool(_SIGNS[sign](self.value, float(bound)))

    def row(self) -> dict[str, Any]:
        """As it stands in figures.json."""
        return {**asdict(self), "held": self.held}


_SIGNS = {"≤": operator.le, "≥": operator.ge, "=": operator.eq}


def percentile(samples: Sequence[float], share: float) -> float:
    """The smallest sample that at least `share` (0 to 1) of all samples do not exceed; nan without samples."""
    if not samples:
        return math.nan
    return sorted(samples)[max(0, math.ceil(share * len(samples)) - 1)]


def spread(samples: Sequence[float]) -> dict[str, Any]:
    """Count, p50, p95 and the largest of samples in seconds, rounded for people."""
    if not samples:
        return {"count": 0}
    shares = {"p50": percentile(samples, 0.5), "p95": percentile(samples, 0.95), "max": max(samples)}
    return {"count": len(samples), **{name: round(value, 4) for name, value in shares.items()}}


def write(document: Sequence[dict[str, Any]] | dict[str, Any], path: Path) -> None:
    """Write figures.json or a report, in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(document, indent=1, ensure_ascii=False, default=str) + "\n", encoding="utf-8")
    part.replace(path)


def show(rows: Sequence[dict[str, Any]], title: str, console: Console | None = None) -> None:
    """The figures as a table."""
    table = Table(title=title, title_justify="left")
    for heading in ("figure", "value", "unit", "bar", "held", "detail"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        detail = ", ".join(f"{key} {value}" for key, value in dict(row.get("detail") or {}).items())
        mark = "—" if not row.get("bar") else ("✓" if row["held"] else "✗")
        table.add_row(row["name"], f"{row['value']:.4g}", row["unit"], str(row.get("bar") or ""), mark, detail)
    (console or Console(width=140)).print(table)
