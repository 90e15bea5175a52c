"""Fixtures of the end-to-end tests: small inputs, and the main job played once for the tests that look at it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.demo.board import Board
from tests.demo.inputs import SMALL, Inputs, make_inputs
from tests.demo.play import play
from tests.demo.report import Report, Timing
from tests.demo.stack import ROOT


class Stack(Protocol):
    """What the tests need of the stack fixture: the content of its state.json."""

    @property
    def state(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Played:
    """The main job on small inputs, and the report on it."""

    state: dict[str, Any]
    report: Report

    @property
    def an_entry(self) -> str:
        """The id of an entry that went all the way to scores."""
        scenario = self.report.scenario
        return scenario.experts[0].scored[0]


@pytest.fixture(scope="session")
def small_inputs() -> Inputs:
    """Few and small files; kept between sessions, since they are the same every time."""
    return make_inputs(SMALL, Path(ROOT) / "var" / "demo" / "inputs")


@pytest.fixture(scope="session")
def played(stack: Stack, small_inputs: Inputs) -> Played:
    """The demo's run at small scale."""
    began = time.monotonic()
    scenario, measured, expected = asyncio.run(play(stack.state, small_inputs, Board()))
    timing = Timing(time.monotonic() - began, 0.0, 0.0, made=False)
    return Played(stack.state, Report(scenario, expected, measured, timing))
