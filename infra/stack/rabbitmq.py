"""A private RabbitMQ node of the installed `rabbitmq-server`: own name, ports, data, cookie; 127.0.0.1 only.

The machine's own RabbitMQ service, if there is one, is never touched: another node name, another epmd, another cookie,
other ports, other folders.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import secrets
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import amqp

from infra.stack.files import password, write_file
from infra.stack.process import Program

# Debian's script of that name in /usr/sbin switches to the user of the machine's service; this one runs as its caller.
_SERVER_SCRIPTS = (Path("/usr/lib/rabbitmq/bin/rabbitmq-server"),)
_LOGIN = "laurel"
_CALLS = 6


class RabbitError(Exception):
    """The private RabbitMQ node is missing, or did not start."""


@dataclass(frozen=True, slots=True)
class Rabbit:
    """A node's folder, its three ports, its only user's password, and the virtual hosts that it starts with."""

    folder: Path
    port: int
    dist_port: int
    epmd_port: int
    password: str
    vhosts: tuple[str, ...] = ("laurel",)

    def url(self, vhost: str = "laurel") -> str:
        """The AMQP URL of a virtual host."""
        return f"amqp://{_LOGIN}:{self.password}@127.0.0.1:{self.port}/{quote(vhost, safe='')}"

    def prepare(self) -> None:
        """Write the node's cookie, configuration, user and virtual hosts."""
        home = self.folder / "home"
        home.mkdir(parents=True, exist_ok=True)
        cookie = home / ".erlang.cookie"
        if not cookie.exists():
            write_file(cookie, secrets.token_hex(20), 0o400)
        (self.folder / "enabled_plugins").write_text("[].\n")
        write_file(self.folder / "definitions.json", json.dumps(self._definitions()))
        write_file(
            self.folder / "rabbitmq.conf",
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\n"
            f"load_definitions = {self.folder / 'definitions.json'}\n"
            "log.console = true\nlog.console.level = warning\nlog.file = false\n"
            # A publisher is stopped by these alarms; a private node must not fill the machine either.
            "vm_memory_high_watermark.relative = 0.25\ndisk_free_limit.absolute = 200MB\n",
        )

    def _definitions(self) -> dict[str, object]:
        salt = os.urandom(4)
        digest = base64.b64encode(salt + hashlib.sha256(salt + self.password.encode()).digest()).decode()
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        return {
            "users": [
                {
                    "name": _LOGIN,
                    "password_hash": digest,
                    "hashing_algorithm": "rabbit_password_hashing_sha256",
                    "tags": [],
                }
            ],
            "vhosts": [{"name": vhost} for vhost in self.vhosts],
            "permissions": [{"user": _LOGIN, "vhost": vhost, **everything} for vhost in self.vhosts],
        }

    def programs(self) -> tuple[Program, Program]:
        """The port mapper (epmd) and the node, in the order of their start; each is one process in the foreground."""
        epmd = shutil.which("epmd")
        if epmd is None:
            raise RabbitError("epmd (part of Erlang, which rabbitmq-server needs) is not on PATH")
        env = {
            "HOME": str(self.folder / "home"),
            "ERL_EPMD_PORT": str(self.epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RUNNING_UNDER_SYSTEMD": "1",  # the script then becomes the node instead of waiting beside it
            "RABBITMQ_NODENAME": "laurel@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self.dist_port),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "no-env.conf"),  # never the machine's
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self.folder / "no-advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false",
        }
        return (
            Program("epmd", (epmd, "-port", str(self.epmd_port), "-address", "127.0.0.1"), cwd=str(self.folder)),
            Program("rabbitmq", *self._lean(server_script(), env), cwd=str(self.folder)),
        )

    def _lean(self, script: Path, env: dict[str, str]) -> tuple[tuple[str, ...], dict[str, str]]:
        """The command and environment that start the node without the plugins that it does not need.

        Erlang looks for each of 800 modules in the folder of every installed plugin, 60 of them: half of the time
        that a node takes to start. So the node gets a home in which only the needed ones stand, as links.
        """
        server, home = script.resolve().parent.parent, self.folder / "server"
        needed = _needed_by("rabbit", server / "plugins")
        if " " in str(home) or not needed:  # its shell scripts cannot bear a space
            return (str(script),), env
        shutil.rmtree(home, ignore_errors=True)
        (home / "plugins").mkdir(parents=True)
        (home / "sbin").symlink_to(script.resolve().parent)
        for plugin in needed:
            (home / "plugins" / plugin.name).symlink_to(plugin)
        return (str(home / "sbin" / script.name),), {**env, "RABBITMQ_SCRIPTS_DIR": str(home / "sbin")}

    def wait(self, seconds: float = 60.0) -> None:
        """Until the node lets its user in. Raises RabbitError."""
        wait_for_broker(self.url(self.vhosts[0]), seconds)

    def create_vhost(self, name: str) -> str:
        """A further virtual host for the node's user. Returns its AMQP URL. Raises RabbitError."""
        every = '<<".*">>'
        self._evaluate(
            f'begin ok = rabbit_vhost:add(<<"{name}">>, <<"{_LOGIN}">>), '
            f'ok = rabbit_auth_backend_internal:set_permissions(<<"{_LOGIN}">>, <<"{name}">>, '
            f'{every}, {every}, {every}, <<"{_LOGIN}">>) end'
        )
        return self.url(name)

    def drop_vhost(self, name: str) -> None:
        """Remove a virtual host with everything in it; its connections are closed."""
        self._evaluate(f'rabbit_vhost:delete(<<"{name}">>, <<"{_LOGIN}">>)')

    def unacknowledged(self, vhost: str = "laurel") -> dict[str, int]:
        """How many messages of each queue are with a consumer; AMQP has no word for that. Raises RabbitError."""
        told = self._evaluate(
            f'lists:flatten([io_lib:format("~s ~b;", [element(4, Q), N]) || '
            f"[{{name, Q}}, {{messages_unacknowledged, N}}] <- "
            f'rabbit_amqqueue:info_all(<<"{vhost}">>, [name, messages_unacknowledged]), is_integer(N)])'
        )
        return {name: int(count) for name, count in re.findall(r"([\w.-]+) (\d+);", told)}

    def _evaluate(self, expression: str) -> str:
        """Have the node evaluate an Erlang expression: 10 ms, where rabbitmqctl starts a virtual machine of its own.

        Returns how the node prints its value. Raises RabbitError.
        """
        caller = shutil.which("erl_call", path=f"{os.environ.get('PATH', '')}:/usr/lib/erlang/bin")
        if caller is None:
            raise RabbitError("erl_call (part of Erlang, package erlang-base) is not installed")
        env = {"HOME": str(self.folder / "home"), "ERL_EPMD_PORT": str(self.epmd_port)}
        for _ in range(_CALLS):
            done = subprocess.run(
                [caller, "-n", "laurel@localhost", "-e"],
                input=f'{{done, lists:flatten(io_lib:format("~0p", [{expression}]))}}.\n',
                env=env,
                capture_output=True,
                text=True,
                check=False,
            )
            if "failed to connect" not in done.stderr + done.stdout:
                break
            time.sleep(0.5)  # a node with much to do answers late; nothing was evaluated
        if not done.stdout.startswith("{ok, {done,"):
            raise RabbitError(f"the node refused {expression!r}: {done.stdout}{done.stderr}")
        return done.stdout


def new_rabbit(folder: Path, ports: tuple[int, int, int], vhosts: tuple[str, ...] = ("laurel",)) -> Rabbit:
    """A node with a fresh random password; `ports` are AMQP's, the node's own, epmd's."""
    return Rabbit(folder, *ports, password(), vhosts)


def server_script() -> Path:
    """The start script of the installed RabbitMQ. Raises RabbitError."""
    candidates = list(_SERVER_SCRIPTS)
    if found := shutil.which("rabbitmq-server"):
        candidates.append(Path(found).resolve())
    for script in candidates:
        # Beside a real start script stand its defaults; Debian's wrapper is alone, and is of no use to us.
        if script.is_file() and (script.resolve().parent / "rabbitmq-defaults").is_file():
            return script
    raise RabbitError("rabbitmq-server is not installed")


def _needed_by(name: str, plugins: Path) -> set[Path]:
    """The folder of an Erlang application in `plugins`, and of those that it names as needed, and so on."""
    found: set[Path] = set()
    waiting = [name, "rabbitmq_prelaunch"]  # started by the script itself, and so named by nobody
    while waiting:
        one = waiting.pop()
        for folder in plugins.glob(f"{one}-[0-9]*"):
            described = folder / "ebin" / f"{one}.app"
            if folder not in found and described.is_file():
                found.add(folder)
                app = described.read_text()
                for listed in re.findall(r"\{(?:included_)?applications\s*,\s*\[(.*?)\]", app, re.DOTALL):
                    waiting += re.findall(r"\w+", listed)
    return found


def connect(url: str, timeout: float = 5.0) -> amqp.Connection:
    """An open connection to the broker that `url` names. Raises OSError or amqp.AMQPError."""
    parts = urlsplit(url)
    connection = amqp.Connection(
        f"{parts.hostname or '127.0.0.1'}:{parts.port or 5672}",
        userid=unquote(parts.username or "guest"),
        password=unquote(parts.password or "guest"),
        virtual_host=unquote(parts.path[1:]) or "/",
        connect_timeout=timeout,
        read_timeout=timeout,
        write_timeout=timeout,
        ssl=parts.scheme == "amqps",
    )
    try:
        connection.connect()
    except (OSError, amqp.AMQPError):
        connection.collect()  # py-amqp leaves the socket of a refused connection open
        raise
    return connection


def wait_for_broker(url: str, seconds: float) -> None:
    """Until the broker lets the URL's user in. Raises RabbitError with its last answer."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            connect(url).close()
        except (OSError, amqp.AMQPError) as error:
            if time.monotonic() > deadline:
                raise RabbitError(f"the broker did not let us in within {seconds:g} s: {error}") from error
            time.sleep(0.1)
        else:
            return
