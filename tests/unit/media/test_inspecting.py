"""The slower queue's use case: each video once, whatever happens to it on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.events import MaterialRenderedV1, ObjectRef, Rendition
from contracts.storage import playable_key, video_folder, video_of
from infra.bus.errors import DuplicateError
from infra.bus.messages import Message
from services.media.domain import Inspection, StorageAwayError
from services.media.inspecting import Inspector
from services.media.pool import Answer, Reader, WorkDiedError, Writer
from tests.unit.media.fakes import delivery

_WARNING = {"slug": "no-sound", "zh": "没有声音。", "en": "No sound.", "place": "elsewhere"}


def _rendered(kind: str = "video") -> MaterialRenderedV1:
    return MaterialRenderedV1(
        material_id=uuid4(),
        entry_id=uuid4(),
        campaign_id="cls-2017",
        kind=kind,
        renditions=(Rendition(key="a/1600.jpg", format="JPEG", width=1, height=1, bytes=1),),
        rendered_at=datetime.now(UTC),
    )


@dataclass
class _Store:
    videos: dict[UUID, ObjectRef] = field(default_factory=dict)
    recorded: dict[UUID, Inspection] = field(default_factory=dict)
    inbox: set[UUID] = field(default_factory=set)

    def waiting(self, material_id: UUID) -> ObjectRef | None:
        return None if material_id in self.recorded else self.videos.get(material_id)

    def settle(self, message: Message[Any]) -> None:
        if message.envelope.id in self.inbox:
            raise DuplicateError
        self.inbox.add(message.envelope.id)

    def record(self, message: Message[MaterialRenderedV1], inspection: Inspection) -> bool:
        self.settle(message)
        if message.data.material_id in self.recorded:
            return False
        self.recorded[message.data.material_id] = inspection
        return True


@dataclass
class _Upload:
    objects: _Objects
    key: str
    content: bytes = b""

    def write(self, offset: int, piece: bytes) -> None:
        self.content = self.content[:offset] + piece

    def finish(self) -> None:
        self.objects.public[self.key] = self.content

    def abort(self) -> None:
        self.objects.aborted += 1


class _Source:
    size = 4

    def read(self, offset: int, length: int) -> bytes:
        return b"film"[offset : offset + length]


@dataclass
class _Objects:
    public: dict[str, bytes] = field(default_factory=dict)
    aborted: int = 0

    def reader(self, _ref: ObjectRef) -> Reader:
        return _Source()

    def upload(self, key: str, content_type: str) -> _Upload:
        assert content_type == "video/mp4"
        return _Upload(self, key)


@dataclass
class _Bench:
    """Answers, or what it raises, one for each run."""

    outcomes: list[dict[str, Any] | Exception]

    def run(self, do: str, _arguments: dict[str, Any], reader: Reader, writer: Writer) -> Answer:
        assert do == "inspect"
        outcome = self.outcomes.pop(0)
        writer.write(0, b"copy of " + reader.read(0, 4))
        if isinstance(outcome, Exception):
            raise outcome
        return Answer(outcome)


def _set(*outcomes: dict[str, Any] | Exception) -> tuple[Inspector, _Store, _Objects, Message[Any]]:
    store, objects = _Store(), _Objects()
    event = _rendered()
    store.videos[event.material_id] = ObjectRef(bucket="laurel-materials", key="video/x/y", size=4)
    return Inspector(store, objects, _Bench(list(outcomes))), store, objects, delivery(event)


def test_copy_is_published_and_told_with_the_advice() -> None:
    inspector, store, objects, message = _set({"remedy": "encode", "size": [2, 2], "warnings": [_WARNING]})

    inspection = inspector.inspect(message)

    key = playable_key(str(message.data.material_id))
    assert inspection is not None
    assert (inspection.outcome, inspection.playable) == ("encode", key)
    assert objects.public == {key: b"copy of film"}
    assert [warning.place for warning in inspection.warnings] == [f"material:{message.data.material_id}"]
    assert store.recorded == {message.data.material_id: inspection}


def test_video_that_plays_itself_leaves_no_copy() -> None:
    inspector, _, objects, message = _set({"remedy": "none", "warnings": []})

    inspection = inspector.inspect(message)

    assert inspection is not None
    assert inspection.playable is None
    assert (objects.public, objects.aborted) == ({}, 1)


def test_photo_passes_through_and_is_not_looked_at() -> None:
    inspector, store, _, _ = _set()
    message = delivery(_rendered("photo"))

    assert inspector.inspect(message) is None
    assert message.envelope.id in store.inbox


def test_second_event_about_a_video_is_settled_without_work() -> None:
    inspector, store, _, message = _set({"remedy": "none"})
    inspector.inspect(message)

    assert inspector.inspect(delivery(message.data)) is None
    assert len(store.recorded) == 1


@pytest.mark.parametrize("cause", ["processor", "hung", "memory", "broken", "out-of-place"])
def test_video_that_ends_its_child_is_told_of_once_and_nothing_of_it_is_kept(cause: str) -> None:
    inspector, store, objects, message = _set(WorkDiedError(cause))

    inspection = inspector.inspect(message)

    assert inspection is not None
    assert (inspection.outcome, inspection.playable) == ("failed", None)
    assert [warning.slug for warning in inspection.warnings] == ["not-inspected"]
    assert (objects.public, objects.aborted) == ({}, 1)
    assert len(store.recorded) == 1


def test_child_that_was_ended_from_outside_begins_again() -> None:
    inspector, _, objects, message = _set(WorkDiedError("died"), {"remedy": "remux"})

    inspection = inspector.inspect(message)

    assert inspection is not None
    assert inspection.outcome == "remux"
    assert list(objects.public.values()) == [b"copy of film"]
    assert objects.aborted == 1


def test_child_that_dies_twice_is_the_files_fault() -> None:
    inspector, _, _, message = _set(WorkDiedError("died"), WorkDiedError("died"))

    inspection = inspector.inspect(message)

    assert inspection is not None
    assert inspection.outcome == "failed"


def test_storage_that_is_away_blames_no_file() -> None:
    inspector, store, objects, message = _set(StorageAwayError("away"))

    with pytest.raises(StorageAwayError):
        inspector.inspect(message)

    assert (store.recorded, objects.aborted) == ({}, 1)


@pytest.mark.parametrize("nonsense", [{}, {"remedy": "eat"}, {"remedy": "none", "warnings": [{"slug": "X Y"}]}])
def test_child_that_talks_nonsense_is_not_believed(nonsense: dict[str, Any]) -> None:
    inspector, _, objects, message = _set(nonsense)

    inspection = inspector.inspect(message)

    assert inspection is not None
    assert (inspection.outcome, objects.public) == ("failed", {})


def test_copy_of_a_video_tells_as_which_material_it_was_judged() -> None:
    material = uuid4()

    assert video_of(f"{video_folder(material)}0123abc") == material
    assert [video_of(key) for key in ("ab/abcd", f"{video_folder(material)}", "video/x/y")] == [None, None, None]
