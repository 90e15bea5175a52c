"""Progress that people watch: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

_LINE_EVERY = 5.0


@dataclass
class Stage:
    """One kind of work with a known amount."""

    title: str
    total: int
    board: Board
    done: int = 0
    began: float = field(default_factory=time.monotonic)
    ended: float | None = None
    task: TaskID | None = None
    _said: float = field(default_factory=time.monotonic)

    def advance(self, count: int = 1) -> None:
        """`count` more are done."""
        if count == 0:
            return
        self.done += count
        if self.done >= self.total and self.ended is None:
            self.ended = time.monotonic()
        self.board.show(self)

    @property
    def seconds(self) -> float:
        return (self.ended or time.monotonic()) - self.began

    @property
    def rate(self) -> str:
        return f"{self.done / self.seconds:.1f}/s" if self.seconds > 0 and self.done else ""

    def due(self) -> bool:
        """Whether a plain line about it is due."""
        now = time.monotonic()
        if self.done != self.total and now - self._said < _LINE_EVERY:
            return False
        self._said = now
        return True


class Board:
    """All stages of a run, in the order in which they began."""

    def __init__(self) -> None:
        self.console = Console()
        self.stages: list[Stage] = []
        self._bars: Progress | None = None

    @contextmanager
    def live(self) -> Iterator[Board]:
        """Draw bars while the block runs, if anybody watches."""
        if not self.console.is_terminal:
            yield self
            return
        columns = (
            TextColumn("{task.description}", justify="left"),
            BarColumn(bar_width=32),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}", justify="right"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self.console) as self._bars:
            yield self
        self._bars = None

    def stage(self, title: str, total: int) -> Stage:
        """Begin a stage of `total` pieces."""
        stage = Stage(title, total, self)
        self.stages.append(stage)
        if self._bars is not None:
            stage.task = self._bars.add_task(title, total=total, rate="")
        elif total:
            self.say(f"… {title}: {total}")
        return stage

    def retotal(self, stage: Stage, total: int) -> None:
        """Say how much there is, where it was not known when the stage began."""
        stage.total = total
        if self._bars is not None and stage.task is not None:
            self._bars.update(stage.task, total=total)

    def show(self, stage: Stage) -> None:
        if self._bars is not None and stage.task is not None:
            self._bars.update(stage.task, completed=stage.done, rate=stage.rate)
        elif stage.total and stage.due():
            mark = "✓" if stage.done >= stage.total else "…"
            self.say(f"{mark} {stage.title}: {stage.done}/{stage.total}  {stage.rate}  {stage.seconds:.1f} s")

    def say(self, text: str) -> None:
        """One line, above the bars where there are any."""
        if self.console.is_terminal:
            self.console.print(text, highlight=False)
        else:
            print(text, flush=True, file=sys.stdout)
