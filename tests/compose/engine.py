"""A container engine and the compose command that this machine has, wrapped so far as the smoke run needs it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

NO_ENGINE = (
    "没有可用的 Docker 引擎。请安装 docker 与 compose 插件并启动,或用 DOCKER_HOST 指明一个。\n"
    "No Docker engine answers. Install docker with its compose plugin and start it, or name one in DOCKER_HOST."
)


class ComposeError(Exception):
    """The engine or a compose command failed; the message holds what it printed."""


def compose_command() -> list[str]:
    """`docker compose` where the plugin is there, else `docker-compose`. Raises ComposeError without an engine."""
    if shutil.which("docker") is None or _quiet(["docker", "info"]) != 0:
        raise ComposeError(NO_ENGINE)
    if _quiet(["docker", "compose", "version"]) == 0:
        return ["docker", "compose"]
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    raise ComposeError(NO_ENGINE)


def _quiet(command: list[str]) -> int:
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode


class Project:
    """One compose project of the repository's docker-compose.yml and an `extra` file, with its own environment."""

    def __init__(self, name: str, environment: Mapping[str, str], *, extra: Path) -> None:
        files = (ROOT / "docker-compose.yml", extra)
        self.command = [*compose_command(), "--project-name", name]
        self.command += [word for file in files for word in ("--file", str(file))]
        self.name = name
        self.environment = {**os.environ, **environment}

    def run(self, *arguments: str, seconds: float = 600, echo: bool = False) -> str:
        """Run a compose command and return what it printed. Raises ComposeError with its output when it fails."""
        done = subprocess.run(
            [*self.command, *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=not echo,
            text=True,
            timeout=seconds,
            check=False,
        )
        if done.returncode != 0:
            raise ComposeError(f"{' '.join(arguments)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout or ""

    def containers(self, service: str) -> list[dict[str, object]]:
        """What the engine says of each container of a service (docker inspect)."""
        ids = self.run("ps", "-q", service).split()
        if not ids:
            return []
        told = subprocess.run(
            ["docker", "inspect", *ids], env=self.environment, capture_output=True, text=True, check=True
        ).stdout
        found: list[dict[str, object]] = json.loads(told)
        return found

    def published(self, service: str, inner: int) -> list[int]:
        """The ports on 127.0.0.1 that stand for a port inside of each container of a service."""
        found = []
        for container in self.containers(service):
            network = container["NetworkSettings"]
            assert isinstance(network, dict)
            found += [int(binding["HostPort"]) for binding in network["Ports"].get(f"{inner}/tcp") or ()]
        if not found:
            raise ComposeError(f"{service} publishes no port for {inner}")
        return found

    def wait_healthy(self, service: str, *, count: int = 1, seconds: float = 180) -> None:
        """Until `count` containers of a service are healthy. Raises ComposeError with their logs at the deadline."""
        deadline = time.monotonic() + seconds
        while True:
            states = [_health(container) for container in self.containers(service)]
            if states.count("healthy") >= count:
                return
            if time.monotonic() > deadline:
                logs = self.run("logs", "--tail=60", service)
                raise ComposeError(f"{service}: {states} after {seconds:.0f} s; wanted {count} healthy\n{logs}")
            time.sleep(0.5)


def _health(container: dict[str, object]) -> str:
    state = container["State"]
    assert isinstance(state, dict)
    health = state.get("Health") or {}
    return str(health.get("Status", state.get("Status")))


def say(text: str) -> None:
    """A line of progress, at once."""
    print(text, flush=True, file=sys.stderr)
