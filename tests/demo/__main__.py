"""`python -m tests.demo`: the main job on real input, with a report that fails the run if any count is off."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from pathlib import Path

from rich.console import Console

from tests.demo.board import Board
from tests.demo.clients import Refused
from tests.demo.inputs import SCALES, Inputs, Scale, make_inputs
from tests.demo.play import play
from tests.demo.report import Report, Timing
from tests.demo.run import DemoError
from tests.demo.stack import ROOT, a_stack, folder_of


def inputs_of(scale: Scale, cache: Path, board: Board) -> Inputs:
    """The inputs, made if they are not there yet."""
    bar = board.stage("素材生成 inputs", 0)

    def progress(_name: str, done: int, of: int) -> None:
        if not bar.total:
            board.retotal(bar, of)
        bar.advance(done - bar.done)

    return make_inputs(scale, cache, progress)


def main() -> int:
    """Exit status 0 when every count is what the inputs imply, 1 when one is not or the run broke off."""
    options = argparse.ArgumentParser(prog="demo", description=__doc__)
    options.add_argument("--scale", choices=sorted(SCALES), default="full", help="full: the demo; small: few files")
    options.add_argument("--var", type=Path, default=ROOT / "var" / "demo", help="where inputs and reports are kept")
    given = options.parse_args()
    scale, folder = SCALES[given.scale], given.var
    board, began = Board(), time.monotonic()
    console = Console() if sys.stdout.isatty() else Console(width=150)
    try:
        with board.live():
            inputs = inputs_of(scale, folder / "inputs", board)
            made = time.monotonic()
            with a_stack(folder / "stack") as state:
                up = time.monotonic()
                board.say(f"stack: {state['url']} (in {folder_of(state)})")
                scenario, measured, expected = asyncio.run(play(state, inputs, board))
                ended = time.monotonic()
    except (DemoError, Refused) as problem:
        console.print(f"demo: {problem}", style="red", highlight=False)
        return 1
    seconds_of_inputs = made - began
    timing = Timing(ended - began, seconds_of_inputs, up - made, made=board.stages[0].done > 0)
    report = Report(scenario, expected, measured, timing)
    report.write(folder)
    report.show(console)
    console.print(f"report: {os.path.relpath(folder / 'report.json')}", highlight=False)
    return 1 if any(not row["held"] for row in report.rows()) else 0


if __name__ == "__main__":
    sys.exit(main())
