"""The second, slower queue: what is done about a video once its verdict and its poster are out."""

from __future__ import annotations

import time
from typing import Any, Protocol
from uuid import UUID

import structlog
from pydantic import Field, ValidationError

from contracts.events import Fact, Finding, MaterialRenderedV1, ObjectRef
from contracts.storage import playable_key
from services.media.domain import Inspection
from services.media.inspection import say
from services.media.inspection.remedy import Remedy
from services.media.pool import Answer, Limits, Reader, WorkDiedError, Writer
from services.media.ports import Delivery
from services.media.verdict import in_print

WORK = "services.media.inspection.work"
LIMITS = Limits(
    memory=1536 * 1024 * 1024,
    processor_seconds=900,
    reads=8192,
    read_bytes=4 * 1024 * 1024 * 1024,
    written_bytes=1024 * 1024 * 1024,
    nice=10,
)
"""Of the child that does the work; the memory is what decoding 4K of ten bits takes, and more."""
WALL_SECONDS = 1500.0
"""Less than the broker's limit on unacknowledged messages (half an hour)."""
_LUCK = frozenset({"died"})
"""Somebody else may have ended the child (a machine short of memory does): then it is tried once more."""
_ATTEMPTS = 2
_log = structlog.get_logger()


class Upload(Writer, Protocol):
    """A public file that is being written; there is none of it before `finish`."""

    def finish(self) -> None: ...

    def abort(self) -> None:
        """Nothing of it is kept. Raises nothing."""
        ...


class Storage(Protocol):
    """Object storage, as far as it is needed here. All raise StorageError."""

    def reader(self, ref: ObjectRef) -> Reader:
        """Raises MissingFileError."""
        ...

    def upload(self, key: str, content_type: str) -> Upload: ...


class Bench(Protocol):
    """Where the slow work is done: services.media.pool.aside."""

    def run(self, do: str, arguments: dict[str, Any], reader: Reader, writer: Writer) -> Answer:
        """Raises WorkDiedError, PoolError, and what reader and writer raise."""
        ...


class Inspections(Protocol):
    """Media's own database. What writes does so once for each delivery, in one transaction with its inbox row."""

    def waiting(self, material_id: UUID) -> ObjectRef | None:
        """The immutable copy of a video that has not been watched through; None if nothing is to be done."""
        ...

    def settle(self, delivery: Delivery[Any]) -> None: ...

    def record(self, delivery: Delivery[MaterialRenderedV1], inspection: Inspection) -> bool:
        """The outcome and its event; False, and no event, if the material has one already."""
        ...


class _Told(Fact):
    """What a child answers."""

    remedy: Remedy
    size: tuple[int, int] | None = None
    warnings: tuple[Finding, ...] = Field(default=(), max_length=16)


class Inspector:
    """The use case, over its ports."""

    def __init__(self, store: Inspections, objects: Storage, bench: Bench) -> None:
        self._store = store
        self._objects = objects
        self._bench = bench

    def inspect(self, delivery: Delivery[MaterialRenderedV1]) -> Inspection | None:
        """Watch a video through, and make the copy that plays if one is needed; None if nothing was to be done.

        Raises StorageError, MissingFileError, PoolError.
        """
        material_id = delivery.data.material_id
        copy = self._store.waiting(material_id)
        if copy is None:
            self._store.settle(delivery)
            return None
        began = time.monotonic()
        place = f"material:{material_id}"
        try:
            told, playable = self._watch(copy, material_id)
            outcome, warnings = told.remedy.value, told.warnings
        except WorkDiedError as died:
            outcome, warnings, playable = "failed", (say.not_inspected(died.cause),), None
        inspection = Inspection(
            outcome=outcome,
            warnings=tuple(warning.model_copy(update={"place": place}) for warning in warnings),
            playable=playable,
            seconds=round(time.monotonic() - began, 3),
        )
        return inspection if self._store.record(delivery, inspection) else None

    def _watch(self, copy: ObjectRef, material_id: UUID) -> tuple[_Told, str | None]:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self._watch_once(copy, playable_key(str(material_id)))
            except WorkDiedError as died:
                if attempt == _ATTEMPTS or died.cause not in _LUCK:
                    raise
        raise AssertionError("every attempt returns or raises")

    def _watch_once(self, copy: ObjectRef, key: str) -> tuple[_Told, str | None]:
        reader = self._objects.reader(copy)
        upload = self._objects.upload(key, "video/mp4")
        done = False
        try:
            told = _believed(self._bench.run("inspect", {}, reader, upload))
            if told.remedy is not Remedy.NONE:
                upload.finish()
                done = True
        finally:
            if not done:
                upload.abort()
        return told, key if done else None


def _believed(answer: Answer) -> _Told:
    """What a child says, checked. Raises WorkDiedError: what talks nonsense is as good as dead."""
    try:
        return _Told.model_validate(in_print(answer.data))
    except ValidationError as error:
        raise WorkDiedError("answer") from error
