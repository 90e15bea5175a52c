"""Making the files of a plan, on all cores, once: a folder per version and plan, filled atomically and resumed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path

from tests.demo.inputs import hostile
from tests.demo.inputs.photos import PhotoPlan, photo
from tests.demo.inputs.plan import VERSION, InputPlan, Scale, input_plan
from tests.demo.inputs.videos import VideoPlan, video

Plan = PhotoPlan | VideoPlan
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class MadeFile:
    """A file on disk, as its plan's name calls it."""

    name: str
    path: Path
    size: int
    sha256: str

    def read(self) -> bytes:
        return self.path.read_bytes()


@dataclass(frozen=True, slots=True)
class Inputs:
    """A plan with its files, found by the plan of each."""

    plan: InputPlan
    folder: Path
    files: dict[int, MadeFile]

    def file(self, plan: Plan) -> MadeFile:
        return self.files[plan.seed]


@dataclass(frozen=True, slots=True)
class _Task:
    kind: str
    plan: Plan

    @property
    def weight(self) -> float:
        """Roughly the seconds it takes: long ones go first, so that no core waits at the end."""
        return self.plan.seconds * 0.06 if isinstance(self.plan, VideoPlan) else 0.2

    @property
    def file_name(self) -> str:
        return f"{self.plan.seed}-{self.kind}.{'mp4' if isinstance(self.plan, VideoPlan) else 'jpg'}"


def _tasks(plan: InputPlan) -> Iterator[_Task]:
    yield from (_Task("photo", item) for item in plan.photos)
    yield from (_Task("video", item) for item in plan.videos)
    yield _Task("too-large", plan.hostile.too_large)
    yield _Task("half", plan.hostile.half)
    yield _Task("png", plan.hostile.png)
    yield _Task("video", plan.hostile.too_long)
    yield _Task("video", plan.hostile.wrong_size)


_PICTURES: dict[str, Callable[[PhotoPlan], bytes]] = {
    "photo": photo,
    "too-large": hostile.one_byte_too_large,
    "half": hostile.cut_in_half,
    "png": hostile.png,
}


def _make(task: _Task, folder: Path) -> tuple[str, int, str]:
    """Make one file under its final name, in one step; its name, bytes and SHA-256."""
    target = folder / task.file_name
    part = target.with_name(f"{target.name}.part")
    if isinstance(task.plan, VideoPlan):
        video(task.plan, part)
        data = part.read_bytes()
    else:
        data = _PICTURES[task.kind](task.plan)
        part.write_bytes(data)
    part.replace(target)
    return task.file_name, len(data), sha256(data).hexdigest()


def make_inputs(scale: Scale, cache: Path, progress: Progress | None = None) -> Inputs:
    """The inputs of `scale`, from `cache` where they are there already.

    Each file appears whole or not at all; a run that was interrupted goes on where it stopped; a list of sizes and
    digests is written last and is what says that the folder is complete. `progress(name, done, all)` hears of every
    file. Raises CalledProcessError when ffmpeg fails.
    """
    plan = input_plan(scale)
    folder = cache / f"{scale.name}-v{VERSION}-{_digest(plan)[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    listing = folder / "files.json"
    tasks = list(_tasks(plan))
    if not _complete(listing, tasks, folder):
        known = _fill(folder, tasks, progress)
        part = listing.with_suffix(".part")
        part.write_text(json.dumps(known, indent=1))
        part.replace(listing)
    known = json.loads(listing.read_text())
    files = {
        task.plan.seed: MadeFile(task.plan.name, folder / task.file_name, *known[task.file_name]) for task in tasks
    }
    return Inputs(plan, folder, files)


def _digest(plan: InputPlan) -> str:
    """Changes with anything that changes a file."""
    media = [*map(asdict, plan.photos), *map(asdict, plan.videos), asdict(plan.hostile)]
    return sha256(json.dumps(media, default=str, sort_keys=True).encode()).hexdigest()


def _complete(listing: Path, tasks: list[_Task], folder: Path) -> bool:
    """Whether the folder holds every file, each of the size that is written down."""
    try:
        written = json.loads(listing.read_text())
        return all((folder / task.file_name).stat().st_size == written[task.file_name][0] for task in tasks)
    except (OSError, ValueError, KeyError):
        return False


def _fill(folder: Path, tasks: list[_Task], progress: Progress | None) -> dict[str, tuple[int, str]]:
    """Make what is missing; size and digest of every file by its name."""
    known: dict[str, tuple[int, str]] = {}
    missing: list[_Task] = []
    for task in tasks:
        path = folder / task.file_name
        if path.exists():
            data = path.read_bytes()
            known[task.file_name] = (len(data), sha256(data).hexdigest())
        else:
            missing.append(task)
    missing.sort(key=lambda task: -task.weight)
    # Not by fork: the caller may hold threads and an event hub, and their locks would be copied as they happen to be.
    with ProcessPoolExecutor(max_workers=os.cpu_count() or 1, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(_make, task, folder): task for task in missing}
        for done in as_completed(waiting):
            name, size, digest = done.result()
            known[name] = (size, digest)
            if progress is not None:
                progress(name, len(known), len(tasks))
    return known
