"""The stack's supervisor: `supervisord` (package supervisor) with a configuration of ours, asked through its XML-RPC.

It starts, watches and restarts the stack's programs, keeps their logs bounded, and stays in the background. All
processes of a stack carry its id in their environment: by that they are found again after the supervisor was killed,
and no other process can ever be taken for one of them.
"""

from __future__ import annotations

import contextlib
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from xmlrpc.client import Error as RpcError
from xmlrpc.client import ServerProxy

import psutil

from infra.stack.config import StackConfig, StackError
from infra.stack.files import write_file
from infra.stack.process import Program, base_env, end

MARK = "LAUREL_STACK"
_LOG_MEGABYTES = 10
_START_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Process:
    """One program as the supervisor sees it. `seconds` it has been up; `restarts` since the stack was started."""

    name: str
    pid: int
    state: str
    seconds: int
    restarts: int


class Supervisor:
    """The supervisor of one stack."""

    def __init__(self, config: StackConfig) -> None:
        self.config = config

    @property
    def _log(self) -> Path:
        return self.config.logs / "supervisor.log"

    def _ask(self, method: str, *given: object) -> Any:
        """Call one of supervisor's own methods. Raises OSError if it is gone, RpcError for what it refuses."""
        word, port = self.config.passwords["supervisor"], self.config.ports["supervisor"]
        with ServerProxy(f"http://laurel:{word}@127.0.0.1:{port}/RPC2") as server:
            return getattr(server.supervisor, method)(*given)

    def is_up(self) -> bool:
        """Whether it answers. Its password is the stack's own, so nobody else can answer for it."""
        if "supervisor" not in self.config.ports:
            return False
        try:
            return bool(self._ask("getIdentification") == f"laurel-{self.config.id}")
        except (OSError, RpcError):
            return False

    def write(self, programs: Iterable[Program], at_once: Iterable[Program]) -> None:
        """Write the configuration; `at_once` are started with the supervisor, the others by start()."""
        immediate = {program.name for program in at_once}
        parts = [self._head(), *(self._section(program, at_once=program.name in immediate) for program in programs)]
        write_file(self.config.folder / "supervisor.conf", "\n".join(parts))

    def launch(self) -> None:
        """Start the supervisor in the background. Raises StackError with its own words."""
        self.config.logs.mkdir(parents=True, exist_ok=True)
        self._log.unlink(missing_ok=True)  # restarts are counted in it, from this start on
        argv = [sys.executable, "-m", "supervisor.supervisord", "-c", str(self.config.folder / "supervisor.conf")]
        env = {**base_env(), MARK: self.config.id}
        done = subprocess.run(argv, env=env, cwd="/", capture_output=True, text=True, check=False)
        deadline = time.monotonic() + _START_SECONDS
        while not self.is_up():
            if done.returncode != 0 or time.monotonic() > deadline:
                said = (done.stdout + done.stderr).strip() or "it does not answer"
                raise StackError(f"进程管理器未能启动：{said}\nThe supervisor did not start: {said}")
            time.sleep(0.02)

    def start(self, programs: Iterable[Program]) -> None:
        """Start those that do not run; does not wait for them."""
        running = {process.name for process in self.processes() if process.pid}
        for program in programs:
            if program.name not in running:
                with contextlib.suppress(RpcError):  # it has just been started by the supervisor itself
                    self._ask("startProcess", program.name, False)

    def take_in(self) -> None:
        """Take a changed configuration over: new programs are started, those no longer in it stopped and forgotten."""
        added, _changed, removed = self._ask("reloadConfig")[0]
        for name in removed:
            self._ask("stopProcessGroup", name)
            self._ask("removeProcessGroup", name)
        for name in added:
            self._ask("addProcessGroup", name)

    def stop(self, programs: Iterable[Program], seconds: float) -> None:
        """Stop these side by side and wait until they have ended, at most so long."""
        names = {program.name for program in programs}
        for process in self.processes():
            if process.name in names and process.pid:
                with contextlib.suppress(RpcError):  # it has just ended by itself
                    self._ask("stopProcess", process.name, False)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and any(p.pid for p in self.processes() if p.name in names):
            time.sleep(0.05)

    def shut_down(self, seconds: float = 40.0) -> None:
        """End the supervisor, and with it whatever still runs."""
        pid = int(self._ask("getPID"))
        process = psutil.Process(pid)
        with contextlib.suppress(RpcError, OSError):
            self._ask("shutdown")
        with contextlib.suppress(psutil.Error):
            process.wait(timeout=seconds)

    def processes(self) -> list[Process]:
        """All programs, in the order of their names. Raises OSError if the supervisor is gone."""
        spawned = self._spawned()
        told = cast("list[dict[str, Any]]", self._ask("getAllProcessInfo"))
        return [
            Process(
                str(one["name"]),
                int(one["pid"]),
                str(one["statename"]).lower(),
                max(0, int(one["now"]) - int(one["start"])) if one["pid"] else 0,
                max(0, spawned.get(str(one["name"]), 0) - 1),
            )
            for one in told
        ]

    def _spawned(self) -> dict[str, int]:
        """How often each program has been started since the supervisor was."""
        counts: dict[str, int] = {}
        for log in (self._log.with_name(f"{self._log.name}.1"), self._log):
            with contextlib.suppress(FileNotFoundError):
                for name in re.findall(r" INFO spawned: '([^']+)' with pid ", log.read_text(errors="replace")):
                    counts[name] = counts.get(name, 0) + 1
        return counts

    def orphans(self) -> list[psutil.Process]:
        """Every process of this stack, the supervisor itself among them, found by the id in its environment."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.environ().get(MARK) == self.config.id:
                    found.append(process)
        return found

    def sweep(self, programs: Iterable[Program]) -> int:
        """End, side by side, what a killed supervisor has left behind; returns how many processes there were."""
        known = {program.name: program for program in programs}
        left = self.orphans()

        def finish(process: psutil.Process) -> None:
            with contextlib.suppress(psutil.Error):
                program = known.get(process.environ().get("SUPERVISOR_PROCESS_NAME", ""))
                number, patience = (program.stop_signal, program.stop_seconds) if program else (signal.SIGTERM, 10.0)
                end(process.pid, process.create_time(), stop_signal=number, patience=patience)

        with ThreadPoolExecutor(max_workers=max(1, len(left))) as pool:
            list(pool.map(finish, left))
        return len(left)

    def _head(self) -> str:
        folder, port = _escaped(str(self.config.folder)), self.config.ports["supervisor"]
        word = self.config.passwords["supervisor"]
        return (
            f"[supervisord]\nidentifier = laurel-{self.config.id}\nnodaemon = false\n"
            f"directory = {folder}\npidfile = {folder}/supervisor.pid\nlogfile = {folder}/logs/supervisor.log\n"
            f"childlogdir = {folder}/logs\nlogfile_maxbytes = 5MB\nlogfile_backups = 1\nloglevel = info\n\n"
            f"[inet_http_server]\nport = 127.0.0.1:{port}\nusername = laurel\npassword = {word}\n\n"
            "[rpcinterface:supervisor]\n"
            "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n"
        )

    def _section(self, program: Program, *, at_once: bool) -> str:
        env = {**program.env, MARK: self.config.id}
        words = ",".join(f'{name}="{_escaped(value)}"' for name, value in env.items())
        log = _escaped(str(self.config.logs / f"{program.name}.log"))
        number = signal.Signals(program.stop_signal).name.removeprefix("SIG")
        return (
            f"[program:{program.name}]\ncommand = {_escaped(shlex.join(program.argv))}\n"
            f"directory = {_escaped(program.cwd)}\nenvironment = {words}\n"
            f"autostart = {str(at_once).lower()}\nautorestart = true\n"
            # One second up counts as started; then a death restarts at once, before it ever more seconds later.
            "startsecs = 1\nstartretries = 1000000\n"
            f"stopsignal = {number}\nstopwaitsecs = {max(1, round(program.stop_seconds))}\n"
            "killasgroup = true\nredirect_stderr = true\n"
            f"stdout_logfile = {log}\nstdout_logfile_maxbytes = {_LOG_MEGABYTES}MB\nstdout_logfile_backups = 2\n"
        )


def _escaped(value: str) -> str:
    """A value as supervisor's configuration takes it."""
    return value.replace("%", "%%")
