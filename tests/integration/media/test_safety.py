"""One verdict each, whatever is killed, and nothing but what was judged is kept."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from uuid import UUID

import psutil
import pytest

from contracts.events import ObjectRef
from services.media.domain import ChangedMeanwhileError, MissingFileError, StorageAwayError
from services.media.objects import S3Objects, connect
from tests.integration.media.rig import Rig, WorkerProcess, eventually
from tests.media_corpus import photos, videos
from tests.support.servers import S3

pytestmark = pytest.mark.stack


def _no_two_alike(count: int) -> list[bytes]:
    sound = photos.jpeg(1200, 900)
    return [photos.with_segment(sound, 0xFE, b"photo %d" % number) for number in range(count)]


VERDICTS = {"material.accepted.v1", "material.rejected.v1"}


def _at_least(rig: Rig, count: int) -> bool:
    return len(rig.rows("SELECT 1 FROM materials")) >= count


def _verdicts(rig: Rig, materials: list[UUID]) -> Counter[str]:
    """States of these materials; fails unless each has exactly one event about its verdict."""
    counted = Counter(
        (event["data"]["material_id"], event["type"].split(".")[1])
        for material in materials
        for event in rig.events_of(material)
        if event["type"] in VERDICTS
    )
    assert sorted(counted.values()) == [1] * len(materials)
    return Counter(state for _, state in counted)


def test_killed_children_cost_no_verdict_and_no_other_file(lasting: Rig, worker: WorkerProcess) -> None:
    before = len(lasting.rows("SELECT 1 FROM materials"))
    materials = [lasting.submit(content) for content in _no_two_alike(16)]
    for share in (before + 1, before + 4, before + 8):
        eventually(partial(_at_least, lasting, share), seconds=60, every=0.01)
        for child in worker.children():
            child.kill()

    for material in materials:
        lasting.verdict(material, seconds=90)

    assert _verdicts(lasting, materials) == {"accepted": 16}


def test_two_workers_share_the_queue_and_a_killed_one_leaves_nothing_undone(
    rig: Rig, start_worker: Callable[..., WorkerProcess]
) -> None:
    rig.open_campaign()
    first, second = start_worker(), start_worker()
    first.until_ready()
    second.until_ready()
    bad = [photos.half(content) for content in _no_two_alike(6)]
    materials = [rig.submit(content) for content in (*_no_two_alike(16), *bad)]
    clips = [rig.submit(videos.made(seconds=2), "video") for _ in range(4)]

    eventually(lambda: len(rig.rows("SELECT 1 FROM materials")) >= 5)
    first.kill()
    start_worker()
    for material in (*materials, *clips):
        rig.verdict(material, seconds=120)

    assert _verdicts(rig, [*materials, *clips]) == {"accepted": 20, "rejected": 6}
    assert second.metric("laurel_media_verdicts_total", kind="photo") > 0
    for clip in clips:
        kept = rig.rendered(clip)["object"]["key"]
        assert rig.keys_below("laurel-materials", f"video/{clip}/") == [kept]
    assert rig.dead() == 0


def test_upload_that_overtakes_its_campaign_waits_for_the_rules(
    rig: Rig, start_worker: Callable[..., WorkerProcess]
) -> None:
    worker = start_worker().until_ready()
    material = rig.submit(photos.jpeg())
    eventually(lambda: worker.lines("event.retried") or worker.metric("laurel_events_total", outcome="retry"))

    rig.open_campaign()

    assert rig.verdict(material)["state"] in {"accepted", "rendered"}
    assert rig.dead() == 0


def test_upload_link_used_again_after_the_verdict_changes_nothing(lasting: Rig, worker: WorkerProcess) -> None:
    assert worker.process.poll() is None
    for kind, content in (("photo", photos.jpeg(500, 400)), ("video", videos.made())):
        event = lasting.uploaded(lasting.put(content), kind)
        lasting.send(event, str(event.entry_id))
        row = lasting.verdict(event.material_id)

        lasting.put(b"something else", event.object.key)
        again = lasting.send(event, str(event.entry_id))
        eventually(partial(lasting.rows, "SELECT 1 FROM inbox WHERE id = %s", again.id))

        assert lasting.get(row["object"]) == content
        assert lasting.rendered(event.material_id)["object"] == row["object"]
        assert sum(told["type"] in VERDICTS for told in lasting.events_of(event.material_id)) == 1


def test_upload_links_used_again_and_again_meanwhile_never_pass_off_another_file(
    lasting: Rig, worker: WorkerProcess
) -> None:
    """Whichever content is accepted, the copy that is kept has its digest."""
    assert worker.process.poll() is None
    chance = random.Random(5)
    contents = [*_no_two_alike(2), photos.half(photos.jpeg(1200, 900))]
    events = [lasting.uploaded(lasting.put(contents[0])) for _ in range(12)]
    for event in events:
        lasting.send(event, str(event.entry_id))
    while any(lasting.material(event.material_id) is None for event in events):
        lasting.put(chance.choice(contents), chance.choice(events).object.key)

    for event in events:
        row = lasting.verdict(event.material_id)
        if row["state"] != "rejected":
            photo = photos.sha256(lasting.get(row["object"]))
            assert row["object"]["key"].endswith(photo)
            assert row["facts"]["sha256"] == photo


def test_storage_refuses_to_copy_what_is_not_there_any_more(s3: S3) -> None:
    objects = S3Objects(connect(s3.endpoint, s3.access_key, s3.secret_key))
    key = f"{s3.prefix()}changing"
    ref = ObjectRef(bucket="laurel-quarantine", key=key, size=5)
    objects._client.put_object(ref.bucket, key, photos.stream(b"first"), 5)
    got: list[bytes] = []
    fetched = objects.fetch(ref, got.append, 100)
    assert fetched is not None
    assert b"".join(got) == b"first"
    assert objects.copy(ref, key, etag=fetched.etag).key == key
    objects._client.put_object(ref.bucket, key, photos.stream(b"other"), 5)

    with pytest.raises(ChangedMeanwhileError):
        objects.copy(ref, f"{key}-2", etag=fetched.etag)
    with pytest.raises(MissingFileError):
        objects.fetch(ref.model_copy(update={"key": "no/such/key"}), got.append, 100)
    with pytest.raises(MissingFileError):
        objects.copy(ref.model_copy(update={"key": "no/such/key"}), f"{key}-3")
    with pytest.raises(MissingFileError):
        objects.reader(ref.model_copy(update={"key": "no/such/key"}))
    assert objects.fetch(ref, got.append, 4) is None


def test_storage_that_cannot_be_reached_is_told_apart_from_a_missing_file() -> None:
    objects = S3Objects(connect("http://127.0.0.1:9", "k", "secret-of-tests"))

    with pytest.raises(StorageAwayError):
        objects.reader(ObjectRef(bucket="laurel-quarantine", key="k", size=1))


def test_worker_ends_in_time_and_takes_its_children_with_it(
    rig: Rig, start_worker: Callable[..., WorkerProcess]
) -> None:
    rig.open_campaign()
    worker = start_worker().until_ready()
    for content in _no_two_alike(20):
        rig.submit(content)
    eventually(lambda: rig.rows("SELECT 1 FROM materials"))
    children = worker.children()
    assert children

    began = time.monotonic()
    worker.end()

    assert time.monotonic() - began < 10
    _, alive = psutil.wait_procs(children, timeout=5)
    assert alive == []
