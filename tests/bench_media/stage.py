"""What the measurements run on: real servers, media's workers as processes, and what all of these use up."""

from __future__ import annotations

import tempfile
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import UUID

import psutil

from contracts.catalog import queue_of
from contracts.events import MaterialAcceptedV1, MaterialRenderedV1, MaterialUploadedV1
from services.media.inspecting import WORK as ASIDE
from tests.integration.media.rig import Rig, WorkerProcess, eventually, workers
from tests.support.servers import Servers

MEMORY_BARS = {"parent": 256, "child": 1280, "aside": 1792}
"""MiB: what docs/operating.md says that a worker's processes take at most."""
_WATCH_SECONDS = 0.25
_SERVERS = {"postgres": "database", "rabbitmq": "broker", "epmd": "broker", "seaweedfs": "storage"}
_KIBIBYTE = 1024


class Stage:
    """Servers and a worker, begun when they are first asked for and ended with the block."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self.workers: list[WorkerProcess] = []
        self.memory = Memory(self.workers)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @cached_property
    def servers(self) -> Servers:
        servers = Servers()
        self._stack.callback(servers.stop)
        for name in ("rabbitmq", "seaweed", "postgres"):
            servers.begin(name)
        return servers

    @cached_property
    def rig(self) -> Rig:
        s3 = self.servers.s3
        dsn = self.servers.postgres.create_database(self.servers.name("laurel_media"), "pw-of-bench")
        url = self.servers.rabbit.create_vhost(self.servers.name("bench"))
        rig = Rig(url, dsn, s3.client(), s3.endpoint, (s3.access_key, s3.secret_key))
        rig.open_campaign()
        return rig

    @cached_property
    def _start(self) -> Callable[..., WorkerProcess]:
        folder = self.folder / "workers"
        folder.mkdir(exist_ok=True)
        start = self._stack.enter_context(workers(self.rig, folder))
        self._stack.enter_context(self.memory)
        return start

    @cached_property
    def folder(self) -> Path:
        return Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="laurel-bench-media-")))

    def start(self) -> WorkerProcess:
        """One more worker, ready."""
        self.workers.append(self._start())
        return self.workers[-1].until_ready()

    @cached_property
    def worker(self) -> WorkerProcess:
        """The one that works in every part."""
        worker = self.start()
        eventually(lambda: self.rig.rows("SELECT 1 FROM campaign_rules"), what="the campaign's rules")
        return worker

    # --- what happens to files -------------------------------------------------------------------------------------

    def send(self, contents: list[bytes], kind: str = "photo", lane: str = "") -> list[UUID]:
        """Upload all of them, then say so of all of them."""
        events = [self.rig.uploaded(self.rig.put(content), kind) for content in contents]
        return self.tell(events, lane)

    def tell(self, events: list[MaterialUploadedV1], lane: str = "") -> list[UUID]:
        self.rig.send_all([(event, str(event.entry_id)) for event in events], lane=lane)
        return [event.material_id for event in events]

    def judged(self, materials: list[UUID], seconds: float = 300) -> list[float]:
        """When the verdict on each was committed, in the order of verdicts, once all were."""

        def look() -> list[float]:
            rows = self.rig.rows(
                "SELECT extract(epoch FROM judged_at) AS at FROM materials WHERE material_id = ANY(%s)", materials
            )
            return sorted(float(row["at"]) for row in rows) if len(rows) == len(materials) else []

        return eventually(look, seconds=seconds, what="all verdicts", every=0.1)

    def rendered(self, materials: list[UUID], seconds: float = 300) -> None:
        """Until the renditions of all that were accepted are made."""

        def look() -> bool:
            left = self.rig.rows(
                "SELECT 1 FROM materials WHERE material_id = ANY(%s) AND state = 'accepted' LIMIT 1", materials
            )
            return not left

        eventually(look, seconds=seconds, what="all renditions", every=0.2)

    def rate(self, contents: list[bytes], kind: str = "photo") -> float:
        """Verdicts a second over a full queue, by the moments at which they were committed."""
        return self.pace(self.send(contents, kind))

    def pace(self, materials: list[UUID]) -> float:
        """The same of what was sent. Renditions come after verdicts, are measured elsewhere, and are left out here."""
        moments = self.judged(materials)
        self._leave_renditions()
        middle = moments[len(moments) // 10 :]  # past the beginning, when not every worker has begun
        return (len(middle) - 1) / (middle[-1] - middle[0])

    def _leave_renditions(self) -> None:
        """Until nobody works on any, and none waits."""
        unpublished = "SELECT 1 FROM outbox WHERE published_at IS NULL LIMIT 1"
        eventually(lambda: not self.rig.rows(unpublished), seconds=60, what="all verdicts are published", every=0.1)
        self.rig.purge(queue_of("media", MaterialAcceptedV1.TYPE))
        busy = lambda worker: worker.metric("laurel_media_pool_busy") > 0  # noqa: E731 - a word for it
        eventually(lambda: not any(map(busy, self.workers)), seconds=120, what="no worker is busy", every=0.1)

    def leave_inspections(self) -> None:
        """The same of videos that wait to be watched through: the one that is being watched is waited for."""
        self._leave_renditions()
        self.rig.purge(queue_of("media", MaterialRenderedV1.TYPE))
        watching = lambda worker: worker.metric("laurel_media_aside_busy") > 0  # noqa: E731 - a word for it
        eventually(lambda: not any(map(watching, self.workers)), seconds=300, what="no video is watched", every=0.2)

    # --- what they cost --------------------------------------------------------------------------------------------

    def processor(self) -> dict[str, float]:
        """Seconds of processor time so far: of workers' parents and children, of each server."""
        used = defaultdict[str, float](float)
        for worker in self.workers:
            if worker.process.poll() is None:
                parent = psutil.Process(worker.process.pid)
                own = parent.cpu_times()
                used["parent"] += own.user + own.system
                used["child"] += sum(map(_with_ended_children, parent.children(recursive=True)))
                used["child"] += own.children_user + own.children_system
        for name, pid in self.servers.pids.items():
            root = psutil.Process(pid)
            for process in (root, *root.children(recursive=True)):
                used[_SERVERS[name]] += _with_ended_children(process)
        return used

    @contextmanager
    def spending(self) -> Iterator[dict[str, float]]:
        """Of the time of the block, known once that has ended."""
        before, spent = self.processor(), dict[str, float]()
        yield spent
        after = self.processor()
        spent.update({who: used - before[who] for who, used in after.items()})


def _with_ended_children(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)


class Memory:
    """The most memory that workers and their children ever held, MiB, by what they are."""

    def __init__(self, watched: list[WorkerProcess]) -> None:
        self._watched = watched
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.most: Counter[str] = Counter()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ends.wait(_WATCH_SECONDS):
            for worker in list(self._watched):
                self._look("parent", worker.process.pid)
                for pid in _children(worker.process.pid):
                    self._look("aside" if ASIDE.encode() in _read(pid, "cmdline") else "child", pid)

    def _look(self, who: str, pid: int) -> None:
        for line in _read(pid, "status").splitlines():
            if line.startswith(b"VmHWM:"):
                self.most[who] = max(self.most[who], int(line.split()[1]) // _KIBIBYTE)


def _children(pid: int) -> list[int]:
    return [int(one) for one in _read(pid, f"task/{pid}/children").split()]


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""
