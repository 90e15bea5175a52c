"""`python -m tests.demo`: the main job on real input, with a report that fails the run if any count is off."""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from tests.demo.board import Board
from tests.demo.campaign import definition_for
from tests.demo.clients import Refused
from tests.demo.expected import Expected, expected_of
from tests.demo.inputs import SCALES, Inputs, Scale, make_inputs
from tests.demo.measure import Before, Measured, measure
from tests.demo.people import cast
from tests.demo.report import Report, Timing
from tests.demo.run import DemoError, Run, until
from tests.demo.scenario import Scenario
from tests.demo.stack import ROOT, a_stack, create_secretariat

LEAD = {"full": timedelta(seconds=15), "small": timedelta(seconds=4)}
"""From opening the campaign to the reminder that falls due within the run."""
SETTLE_SECONDS = 60.0


def inputs_of(scale: Scale, cache: Path, board: Board) -> Inputs:
    """The inputs, made if they are not there yet."""
    bar = board.stage("素材生成 inputs", 0)

    def progress(_name: str, done: int, of: int) -> None:
        if not bar.total:
            board.retotal(bar, of)
        bar.advance(done - bar.done)

    return make_inputs(scale, cache, progress)


async def play(state: dict[str, Any], var: Path, inputs: Inputs, board: Board) -> tuple[Scenario, Measured, Expected]:
    """The main job on a stack that is up, and what its stores say once everything has settled."""
    stamp = time.strftime("%m%d%H%M%S") + secrets.token_hex(2)
    before = Before.of(state)
    limits = httpx.Limits(max_connections=32, max_keepalive_connections=32)
    async with httpx.AsyncClient(timeout=60, limits=limits, trust_env=False) as http:
        run = Run(state, stamp, http, inputs, definition_for(stamp), board)
        secretariat, _, _ = cast(inputs.plan.scale, run.definition, stamp)
        code = await asyncio.to_thread(create_secretariat, var, secretariat.login, secretariat.name)
        scenario = Scenario(run, LEAD[inputs.plan.scale.name])
        await scenario.play(secretariat, code)
        expected = expected_of(inputs.plan)
        measured = await settled(state, run, before, expected)
    return scenario, measured, expected


async def settled(state: dict[str, Any], run: Run, before: Before, expected: Expected) -> Measured:
    """The measurement once all that was begun has arrived; at the deadline, as far as it got."""
    bar = run.board.stage("事件与邮件送达 events and mails", 1)
    last: Measured | None = None

    async def look() -> Measured | None:
        nonlocal last
        last = await asyncio.to_thread(measure, state, run.campaign_id, run.stamp, before)
        wanted = expected.counts
        arrived = all(last.counts.get(name, 0) >= wanted[name] for name in ("events consumed", "mails delivered"))
        arrived &= last.counts["public photo renditions"] >= wanted["public photo renditions"]
        return last if arrived and not last.events.waiting else None

    with run.record.stage("settling"):
        try:
            return await until(look, "everything to arrive", SETTLE_SECONDS, first_wait=0.2, longest_wait=1.0)
        except DemoError:
            assert last is not None
            return last
        finally:
            bar.advance()


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
            with a_stack(folder / "stack") as (state, var):
                up = time.monotonic()
                board.say(f"stack: {state['url']} (in {var})")
                scenario, measured, expected = asyncio.run(play(state, var, inputs, board))
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
