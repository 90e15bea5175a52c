"""Processes with posts: each post is filled again as soon as its process has died, whoever killed it."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from infra.stack.process import is_ours, started_at
from tests.faults.programs.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
SETTLED_SECONDS = 0.7
"""A process younger than this is still starting: killing it would disturb nobody."""
MOST_ACCIDENTS = 15


class FaultsError(Exception):
    """The run says nothing: the harness could not do what it set out to do."""


class Nursery:
    """tests.faults.programs.nursery as a process: starts programs by forking."""

    def __init__(self, kind: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.programs.nursery", kind],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self.programs: frozenset[str] = frozenset()

    def wait(self) -> None:
        """Until it can start programs."""
        self.programs = frozenset(self._answer()["ready"])

    def start(self, program: str, settings: Settings, log: Path) -> int:
        """Start a program; its pid."""
        assert self._process.stdin is not None
        asked = {"program": program, "settings": asdict(settings), "log": str(log)}
        self._process.stdin.write(json.dumps(asked).encode() + b"\n")
        self._process.stdin.flush()
        return int(self._answer()["pid"])

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise FaultsError("a nursery of programs has ended; what it printed says why")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End it, and with it all programs that it has started."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


@dataclass
class Post:
    """One place in the crew, and who fills it now."""

    program: str
    settings: Settings
    pid: int = 0
    since: float = 0.0
    begun: float = 0.0
    done: bool = False
    """Whether it ended by itself, with nothing left to do."""

    @property
    def alive(self) -> bool:
        return is_ours(self.pid, self.since)

    @property
    def settled(self) -> bool:
        return self.alive and time.monotonic() - self.begun > SETTLED_SECONDS


@dataclass
class Crew:
    """All posts of a scene."""

    nurseries: tuple[Nursery, ...]
    logs: Path
    posts: dict[str, Post] = field(default_factory=dict)
    kills: dict[str, int] = field(default_factory=dict)
    """By program."""
    accidents: int = 0
    """Deaths that nobody here ordered."""

    def add(self, program: str, settings: Settings) -> Post:
        """A new post, filled at once."""
        post = self.posts[settings.name] = Post(program, settings)
        self._fill(post)
        return post

    def _fill(self, post: Post) -> None:
        nursery = next(one for one in self.nurseries if post.program in one.programs)
        post.pid = nursery.start(post.program, post.settings, self._log(post))
        post.since, post.begun = started_at(post.pid), time.monotonic()

    def _log(self, post: Post) -> Path:
        return self.logs / f"{post.settings.name}.log"

    def tend(self, *, finite: frozenset[str] = frozenset({"producer"})) -> None:
        """Fill the posts of the dead. Producers end when their share is done; who else ends has had an accident."""
        for post in self.posts.values():
            if post.done or post.alive:
                continue
            if post.program.split("-")[0] in finite:
                post.done = True
                continue
            self.accidents += 1
            if self.accidents > MOST_ACCIDENTS:
                tail = self._log(post).read_text(errors="replace").splitlines()[-15:]
                raise FaultsError(f"{post.settings.name} does not stay up:\n" + "\n".join(tail))
            self._fill(post)

    def kill(self, post: Post) -> None:
        """Kill -9, and start another one in its place."""
        self._signal(post, signal.SIGKILL)
        self._gone(post, 5)
        self.kills[post.program] = self.kills.get(post.program, 0) + 1
        self._fill(post)

    def said(self, name: str, words: str) -> bool:
        """Whether these words are in the log of a post."""
        return words in self._log(self.posts[name]).read_text(errors="replace")

    def finished(self, program: str) -> bool:
        """Whether all of a program's posts have nothing left to do."""
        return all(post.done for post in self.posts.values() if post.program == program)

    def victim(self, chance: random.Random, weights: dict[str, float]) -> Post | None:
        """Somebody at work, by the weights of the programs; None if nobody is old enough to be killed."""
        able = [post for post in self.posts.values() if post.program in weights and not post.done and post.settled]
        return chance.choices(able, [weights[post.program] for post in able])[0] if able else None

    def dismiss(self, *names: str, hard: bool = False) -> None:
        """End these for good: by SIGTERM, after 12 s (or at once if `hard`) by SIGKILL."""
        leaving = [self.posts.pop(name) for name in names]
        for post in leaving:
            self._signal(post, signal.SIGKILL if hard else signal.SIGTERM)
        for post in leaving:
            self._gone(post, 12)
            self._signal(post, signal.SIGKILL)
            self._gone(post, 5)

    def disband(self) -> None:
        """End everybody at once."""
        self.dismiss(*list(self.posts), hard=True)

    def _signal(self, post: Post, number: int) -> None:
        if post.alive:
            os.kill(post.pid, number)

    def _gone(self, post: Post, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while post.alive and time.monotonic() < deadline:
            time.sleep(0.005)


def until(look: Callable[[], bool], seconds: float, what: str, *, pause: float = 0.05) -> float:
    """Seconds until `look` says yes. Raises FaultsError at the deadline."""
    began = time.monotonic()
    while not look():
        if time.monotonic() - began > seconds:
            raise FaultsError(f"{what}: not within {seconds:g} s")
        time.sleep(pause)
    return time.monotonic() - began
