"""What a stack keeps between runs: its id, ports and passwords, in one file (`stack.json`) for its owner alone."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import socket
from dataclasses import asdict, dataclass, field
from pathlib import Path

from infra.stack.files import password, write_file
from infra.stack.process import free_ports

ROOT = Path(__file__).resolve().parents[2]
ORIGIN_PORT = 8017
"""Where the one origin stands if nobody else does; else the next free port."""
SERVICES = ("intake", "media", "review", "notify")
_SEAWEED = tuple(f"seaweed-{n}" for n in range(8))
_PORTS = (
    "supervisor",
    "postgres",
    "rabbitmq",
    "rabbitmq-dist",
    "epmd",
    *_SEAWEED,
    "smtp",
    "intake-api",
    "intake-files",
    "review-api",
    "notify-api",
    "intake-worker",
    "review-worker",
    "notify-worker",
)
_PASSWORDS = ("supervisor", "postgres", "rabbitmq", "s3", *SERVICES)


class StackError(Exception):
    """The stack cannot be started, or not be reached; the message says why and what to do, in both languages."""


@dataclass
class StackConfig:
    """A stack's folder and what was chosen for it once."""

    folder: Path
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    ports: dict[str, int] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    s3_access_key: str = field(default_factory=lambda: f"laurel{secrets.token_hex(7)}")
    media_workers: int = 2

    @property
    def file(self) -> Path:
        return self.folder / "stack.json"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def keys(self) -> Path:
        return self.folder / "keys"

    @property
    def mail(self) -> Path:
        return self.folder / "mail"

    @property
    def seaweed_ports(self) -> tuple[int, ...]:
        return tuple(self.ports[name] for name in _SEAWEED)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports['origin']}"

    @property
    def mark(self) -> str:
        """What tells this stack from others without giving its id away."""
        return hashlib.sha256(self.id.encode()).hexdigest()[:16]

    @property
    def worker_names(self) -> tuple[str, ...]:
        """The media workers' process names."""
        return tuple(f"media-worker-{n}" for n in range(1, self.media_workers + 1))

    def choose(self) -> None:
        """Give every process a port that is free now, keeping the known ones where that is possible."""
        if not _is_free(self.ports.get("origin", 0)):
            self.ports["origin"] = next(port for port in range(ORIGIN_PORT, 2**16) if _is_free(port))
        self.fill_in()
        for name, port in self.ports.items():
            if not _is_free(port):
                self.ports[name] = free_ports(1)[0]

    def fill_in(self) -> None:
        """Ports and passwords for what has none yet."""
        lacking = [name for name in (*_PORTS, *self.worker_names) if name not in self.ports]
        self.ports |= dict(zip(lacking, free_ports(len(lacking)), strict=True))
        self.passwords = {name: password() for name in _PASSWORDS} | self.passwords

    def save(self) -> None:
        told = asdict(self)
        del told["folder"]
        write_file(self.file, json.dumps(told, indent=1))

    @classmethod
    def load(cls, folder: Path) -> StackConfig:
        """The stack in a folder; a new one if there is none. Raises StackError for a file that cannot be read."""
        file = folder / "stack.json"
        if not file.exists():
            return cls(folder)
        try:
            return cls(folder, **json.loads(file.read_text()))
        except (OSError, ValueError, TypeError) as error:
            raise StackError(
                f"无法读取 {file}（{error}）。如不需要其中的数据，请运行 laurel reset 后重试。\n"
                f"{file} cannot be read ({error}). If its data are not needed, run `laurel reset` and try again."
            ) from error


def stack_folder() -> Path:
    """The folder of the stack that commands are about: $LAUREL_VAR, else var/stack of the project."""
    given = os.environ.get("LAUREL_VAR", "").strip()
    folder = (Path(given) if given else ROOT / "var" / "stack").absolute()
    if any(mark in str(folder) for mark in "\"'%\\\n") or " ;" in str(folder) or " #" in str(folder):
        raise StackError(
            f"路径 {folder} 含有引号、百分号、反斜杠、换行或注释符，请改用其他目录（LAUREL_VAR）。\n"
            f"The path {folder} holds a quote, %, \\, a line end or a comment sign; choose another (LAUREL_VAR)."
        )
    return folder


def _is_free(port: int) -> bool:
    """Whether we could listen on this port of 127.0.0.1."""
    if port <= 0:
        return False
    with socket.socket() as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
