"""`python -m tests.bench_media [--short] [PART …]`: media's speed, memory and judgement; exit 1 if a bar is missed."""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import os
import platform
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from tests.bench import figures
from tests.bench.figures import Figure
from tests.bench_media.stage import MEMORY_BARS, Stage

PARTS = ("verdicts", "video_reads", "waits", "rivalry", "corpus", "renditions", "likes")
"""Modules of this folder, each with `rows(stage, *, short) -> list[Figure]`."""
ROOT = Path(__file__).resolve().parents[2]
_LIBRARIES = ("simplejpeg", "pillow", "av", "pymediainfo", "pikepdf", "pypdfium2", "celery", "pyvips-binary")


def rows_of(part: str, stage: Stage, *, short: bool) -> list[dict[str, Any]]:
    """The rows of one part. A part that breaks is a row that is not held: it must not pass as nothing measured."""
    try:
        found: list[Figure] = importlib.import_module(f"tests.bench_media.{part}").rows(stage, short=short)
    except Exception as error:  # noqa: BLE001 - whatever broke it, the other parts are measured all the same
        traceback.print_exc()
        broken = {"error": f"{type(error).__name__}: {error}"}
        return [{"name": part, "value": 0, "unit": "", "bar": "runs", "held": False, "detail": broken}]
    return [figure.row() for figure in found]


def memory_rows(stage: Stage) -> list[dict[str, Any]]:
    """High-water marks of a worker and its children over all that was measured."""
    rows = [
        Figure(f"media-memory-{who}", most, "MiB", f"≤ {MEMORY_BARS[who]}")
        for who, most in sorted(stage.memory.most.items())
    ]
    return [row.row() for row in rows]


def machine() -> dict[str, Any]:
    """What the figures were measured with."""
    versions = {name: importlib.metadata.version(name) for name in _LIBRARIES}
    return {"cores": len(os.sched_getaffinity(0)), "python": platform.python_version(), **versions}


def _interrupted(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt  # what was started is ended


def main() -> int:
    options = argparse.ArgumentParser(prog="bench-media", description=__doc__)
    options.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all if none is named")
    options.add_argument("--short", action="store_true", help="fewer samples and smaller files, in about a minute")
    options.add_argument("--var", type=Path, default=ROOT / "var" / "bench-media")
    given = options.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        options.error(f"no such part: {', '.join(sorted(unknown))}")
    for number in (signal.SIGTERM, signal.SIGINT):  # a shell's background jobs are born deaf to the latter
        signal.signal(number, _interrupted)
    rows: list[dict[str, Any]] = []
    began = time.monotonic()
    with Stage() as stage:
        for part in given.parts or PARTS:
            begun = time.monotonic()
            print(f"… {part}", flush=True)
            rows += rows_of(part, stage, short=given.short)
            print(f"✓ {part}: {time.monotonic() - begun:.1f} s", flush=True)
        rows += memory_rows(stage)
    rows.append(Figure("bench-media-seconds", round(time.monotonic() - began, 1), "s", "", machine()).row())
    figures.write(rows, given.var / "figures.json")
    figures.show(rows, "Media")
    return 0 if all(row["held"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
