"""`python -m tests.bench [--short] [PART …]`: the speed rows, one part after the other; exit 1 if a bar is missed."""

from __future__ import annotations

import argparse
import importlib
import inspect
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from tests.bench import figures

PARTS = ("relay", "media", "review", "spine")
"""Modules of this folder, each with `rows() -> list[dict]` in the form of figures.json; `short` is passed if taken."""

ROOT = Path(__file__).resolve().parents[2]


def rows_of(part: str, *, short: bool) -> list[dict[str, Any]]:
    """The rows of one part. A part that breaks is a row that is not held: it must not pass as nothing measured."""
    try:
        measure = importlib.import_module(f"tests.bench.{part}").rows
        takes_short = "short" in inspect.signature(measure).parameters
        rows: list[dict[str, Any]] = measure(short=short) if takes_short else measure()
    except Exception as error:  # noqa: BLE001 - whatever broke it, the other parts are measured all the same
        traceback.print_exc()
        broken = {"error": f"{type(error).__name__}: {error}"}
        return [{"name": part, "value": 0, "unit": "", "bar": "runs", "held": False, "detail": broken}]
    return rows


def main() -> int:
    options = argparse.ArgumentParser(prog="bench", description=__doc__)
    options.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all if none is named")
    options.add_argument("--short", action="store_true", help="fewer samples, for CI")
    options.add_argument("--var", type=Path, default=ROOT / "var" / "bench")
    given = options.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        options.error(f"no such part: {', '.join(sorted(unknown))}")
    rows: list[dict[str, Any]] = []
    for part in given.parts or PARTS:
        began = time.monotonic()
        print(f"… {part}", flush=True)
        rows += rows_of(part, short=given.short)
        print(f"✓ {part}: {time.monotonic() - began:.1f} s", flush=True)
    figures.write(rows, given.var / "figures.json")
    figures.show(rows, "Speed")
    return 0 if all(row["held"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
