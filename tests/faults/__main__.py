"""`python -m tests.faults [--full | --short] [ROW …]`: faults while events flow; exit 1 if a bar is missed."""

from __future__ import annotations

import argparse
import random
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from tests.bench import figures
from tests.faults.crew import ROOT
from tests.faults.rig import Rig
from tests.faults.rows import ROWS
from tests.support.servers import Servers


def _interrupted(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def measure(rows: list[str], *, short: bool, seed: int) -> list[dict[str, Any]]:
    """The figures of these rows. A row that breaks is one that is not held: it must not pass as nothing measured."""
    servers = Servers()
    found: list[dict[str, Any]] = []
    try:
        rig = Rig(servers)
        try:
            for row in rows:
                began = time.monotonic()
                print(f"… {row}", flush=True)
                found += _figures_of(row, rig, short=short, seed=seed)
                print(f"✓ {row}: {time.monotonic() - began:.1f} s", flush=True)
        finally:
            rig.close()
    finally:
        servers.stop()
    return found


def _figures_of(row: str, rig: Rig, *, short: bool, seed: int) -> list[dict[str, Any]]:
    try:
        return [figure.row() for figure in ROWS[row](rig, short=short, seed=seed)]
    except Exception as error:  # noqa: BLE001 - whatever broke it, the other rows are measured all the same
        traceback.print_exc()
        told = {"error": f"{type(error).__name__}: {error}", "seed": seed}
        return [{"name": row, "value": 0, "unit": "", "bar": "runs", "held": False, "detail": told}]


def main() -> int:
    options = argparse.ArgumentParser(prog="faults", description=__doc__)
    options.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(ROWS)}; all if none is named")
    size = options.add_mutually_exclusive_group()
    size.add_argument("--full", action="store_true", help="as the bars are set (the default)")
    size.add_argument("--short", action="store_true", help="less of everything, for CI")
    options.add_argument("--seed", type=int, default=random.randrange(10**6), help="repeats the choice of victims")
    options.add_argument("--var", type=Path, default=ROOT / "var" / "faults")
    given = options.parse_args()
    if unknown := set(given.rows) - set(ROWS):
        options.error(f"no such row: {', '.join(sorted(unknown))}")
    for number in (signal.SIGTERM, signal.SIGINT):  # a shell's background jobs are born deaf to the latter
        signal.signal(number, _interrupted)
    print(f"seed {given.seed}", flush=True)
    try:
        found = measure(given.rows or list(ROWS), short=given.short, seed=given.seed)
    except KeyboardInterrupt:
        print("interrupted; everything that was started has been ended", file=sys.stderr)
        return 130
    figures.write(found, given.var / "figures.json")
    figures.show(found, f"Faults ({'short' if given.short else 'full'})")
    return 0 if all(row["held"] for row in found) else 1


if __name__ == "__main__":
    sys.exit(main())
