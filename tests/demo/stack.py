"""The stack a run uses: the one that runs already, or one of its own that ends with it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from tests.demo.run import DemoError

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 180


def laurel(*arguments: str, var: Path | None = None, seconds: float = 60) -> str:
    """Run the operators' command line; what it printed. Raises DemoError with its output when it fails."""
    env = {**os.environ, **({"LAUREL_VAR": str(var)} if var else {})}
    done = subprocess.run(
        [sys.executable, "-m", "infra.stack.cli", *arguments],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    if done.returncode != 0:
        raise DemoError(f"laurel {' '.join(arguments)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def state_of(var: Path) -> dict[str, Any] | None:
    """The state of the stack in this folder, if it is up: every process that has a health address answers."""
    try:
        state: dict[str, Any] = json.loads((var / "state.json").read_text())
        urls = [str(one["health_url"]) for one in state["processes"] if one.get("health_url")]
        return state if urls and all(_answers(url) for url in urls) else None
    except (OSError, ValueError, KeyError):
        return None


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=2) as answer:  # noqa: S310 - a process of the stack
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


@contextmanager
def a_stack(own: Path) -> Iterator[dict[str, Any]]:
    """The state of a running stack. One that is started here, in `own`, is ended here."""
    running = Path(os.environ.get("LAUREL_VAR", ROOT / "var" / "stack"))
    state = state_of(running)
    if state is not None:
        yield state
        return
    with started(own) as (state, _):
        yield state


@contextmanager
def started(var: Path) -> Iterator[tuple[dict[str, Any], float]]:
    """A stack started in this folder and ended again; with the seconds until all of it was ready."""
    began = time.monotonic()
    laurel("up", var=var, seconds=START_SECONDS)
    try:
        state = state_of(var)
        if state is None:
            raise DemoError(f"laurel up has ended, but the stack in {var} does not answer; see its logs folder")
        with urlopen(state["url"], timeout=10) as page:  # noqa: S310 - the stack of ours
            page.read()
        yield state, time.monotonic() - began
    finally:
        laurel("down", var=var, seconds=60)


def folder_of(state: Mapping[str, Any]) -> Path:
    """The folder of a stack, which LAUREL_VAR names to the command line."""
    return Path(state["logs_dir"]).parent


def create_secretariat(state: Mapping[str, Any], login: str, name: str) -> str:
    """An account made by the operator; its one-time activation code.

    `account_command` in the state, where given, makes accounts in place of this machine's `laurel account create`.
    """
    about = ("--login", login, "--name", name, "--role", "secretariat")
    if "account_command" in state:
        command, env = [*state["account_command"], *about], dict(state["account_environment"])
        printed = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True).stdout
    else:
        printed = laurel("account", "create", *about, var=folder_of(state))
    found = re.search(r'activation[ _]code"?:\s*"?([A-Z0-9-]+)', printed)  # as JSON, or as the command line words it
    if found is None:
        raise DemoError("creating an account printed no activation code")
    return found[1]
