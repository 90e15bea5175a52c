"""One verdict for each material, on what was read and on nothing else, whatever happens meanwhile."""

from __future__ import annotations

import hashlib
from uuid import UUID

import pytest

from contracts.events import Finding, MaterialUploadedV1
from infra.bus.errors import DuplicateError
from services.media.domain import (
    MATERIALS,
    PUBLIC,
    QUARANTINE,
    TRANSITIONS,
    ChangedMeanwhileError,
    Command,
    Judgement,
    NotWhatWasJudgedError,
    RenditionError,
    RulesUnknownError,
    State,
    after,
)
from services.media.resemblance import MOST_TOLD
from services.media.usecases import Media
from tests.media_corpus.case import document_rule
from tests.unit.media.fakes import (
    PLACEHOLDER,
    Objects,
    Store,
    Workshop,
    accepted,
    delivery,
    published,
    uploaded,
    video_facts,
    whole_facts,
)

BAD = Finding(slug="bad", zh="坏。", en="Bad.")


class Desk:
    """The use cases over ports in memory: content that begins with `bad` is refused."""

    def __init__(self, kind: str = "photo") -> None:
        facts = video_facts if kind == "video" else whole_facts
        self.kind = kind
        self.objects, self.store = Objects(), Store()
        self.workshop = Workshop(
            lambda content: Judgement(facts=facts(content), findings=(BAD,) if content.startswith(b"bad") else ())
        )
        self.media = Media(self.store, self.objects, self.workshop)
        self.media.learn_rules(delivery(published()))

    def upload(self, content: bytes | None) -> MaterialUploadedV1:
        return uploaded(self.objects, content, self.kind)


def test_photo_is_copied_under_the_digest_of_what_was_judged() -> None:
    desk = Desk()
    upload = desk.upload(b"good")

    verdict = desk.media.judge(delivery(upload))

    digest = hashlib.sha256(b"good").hexdigest()
    assert verdict is not None
    assert verdict.object is not None
    assert (verdict.object.key, verdict.object.sha256) == (f"{digest[:2]}/{digest}", digest)
    assert desk.objects.kept[MATERIALS, verdict.object.key] == b"good"


@pytest.mark.parametrize(("first", "second", "state"), [(b"good", b"bad", "rejected"), (b"bad", b"good", "rejected")])
def test_photo_replaced_while_it_is_judged_never_passes_off_another(first: bytes, second: bytes, state: str) -> None:
    desk = Desk()
    upload = desk.upload(first)

    def replace() -> None:
        desk.objects.kept[upload.object.bucket, upload.object.key] = second

    desk.objects.between = replace
    verdict = desk.media.judge(delivery(upload))

    assert verdict is not None
    assert desk.store.states[upload.material_id] == state
    assert desk.objects.keys(MATERIALS) == []


def test_photo_replaced_by_a_sound_one_is_judged_anew() -> None:
    desk = Desk()
    upload = desk.upload(b"good")
    desk.objects.between = lambda: desk.objects.kept.__setitem__((QUARANTINE, upload.object.key), b"good too")

    verdict = desk.media.judge(delivery(upload))

    assert verdict is not None
    assert verdict.object is not None
    assert verdict.judgement.facts == whole_facts(b"good too")
    assert desk.objects.kept[MATERIALS, verdict.object.key] == b"good too"


def test_photo_that_never_stops_changing_is_tried_again_later() -> None:
    desk = Desk()
    upload = desk.upload(b"good")
    count = iter(range(100))
    desk.objects.between = lambda: desk.objects.kept.__setitem__(
        (QUARANTINE, upload.object.key), b"good %d" % next(count)
    )

    with pytest.raises(ChangedMeanwhileError):
        desk.media.judge(delivery(upload))

    assert desk.store.verdicts == []
    assert desk.objects.keys(MATERIALS) == []


def test_video_is_judged_on_its_copy_whatever_becomes_of_the_upload() -> None:
    desk = Desk("video")
    upload = desk.upload(b"good")
    desk.objects.between = lambda: desk.objects.kept.__setitem__((QUARANTINE, upload.object.key), b"bad")

    verdict = desk.media.judge(delivery(upload))

    assert verdict is not None
    assert verdict.object is not None
    assert desk.objects.kept[MATERIALS, verdict.object.key] == b"good"


def test_rejected_video_leaves_no_copy() -> None:
    desk = Desk("video")

    verdict = desk.media.judge(delivery(desk.upload(b"bad")))

    assert verdict is not None
    assert verdict.object is None
    assert desk.objects.keys(MATERIALS) == []


def test_material_with_a_verdict_is_not_looked_at_again() -> None:
    desk = Desk()
    upload = desk.upload(b"good")
    desk.media.judge(delivery(upload))
    desk.workshop.seen.clear()

    assert desk.media.judge(delivery(upload, redelivered=True)) is None
    assert desk.media.judge(delivery(upload, attempt=2)) is None

    assert desk.workshop.seen == []
    assert len(desk.store.verdicts) == 1


def test_two_events_of_one_material_give_one_verdict() -> None:
    desk = Desk()
    upload = desk.upload(b"good")

    assert desk.media.judge(delivery(upload)) is not None
    assert desk.media.judge(delivery(upload)) is None

    assert len(desk.store.verdicts) == 1


@pytest.mark.parametrize("kind", ["photo", "video"])
def test_verdict_of_another_worker_in_the_meantime_stands_and_no_copy_is_left(kind: str) -> None:
    desk = Desk(kind)
    upload = desk.upload(b"good")
    other = delivery(upload)

    def overtake() -> None:
        desk.store.before_record = lambda: None
        desk.media.judge(other)

    desk.store.before_record = overtake

    assert desk.media.judge(delivery(upload)) is None

    assert len(desk.store.verdicts) == 1
    kept = desk.store.verdicts[0][1].object
    assert kept is not None
    assert desk.objects.keys(MATERIALS) == [kept.key]


def test_same_delivery_twice_at_once_counts_once_and_leaves_no_copy() -> None:
    desk = Desk("video")
    message = delivery(desk.upload(b"good"))
    desk.store.before_record = lambda: desk.store.inbox.add(message.envelope.id)

    with pytest.raises(DuplicateError):
        desk.media.judge(message)

    assert desk.objects.keys(MATERIALS) == []


def test_copy_left_by_an_attempt_that_was_cut_short_is_removed() -> None:
    desk = Desk("video")
    upload = desk.upload(b"good")
    desk.objects.kept[MATERIALS, f"video/{upload.material_id}/left"] = b"good"

    verdict = desk.media.judge(delivery(upload, redelivered=True))

    assert verdict is not None
    assert verdict.object is not None
    assert desk.objects.keys(MATERIALS) == [verdict.object.key]


@pytest.mark.parametrize("cause", ["processor", "memory", "hung", "died", "broken"])
@pytest.mark.parametrize("kind", ["photo", "video"])
def test_file_that_kills_its_judge_is_refused_for_it(kind: str, cause: str) -> None:
    desk = Desk(kind)
    desk.workshop.dies = cause

    verdict = desk.media.judge(delivery(desk.upload(b"good")))

    assert verdict is not None
    assert [finding.slug for finding in verdict.judgement.findings] == ["unreadable"]
    assert desk.objects.keys(MATERIALS) == []


def test_answer_that_is_no_judgement_refuses_the_file() -> None:
    desk = Desk()
    desk.workshop.judge = lambda _content: Judgement()

    verdict = desk.media.judge(delivery(desk.upload(b"good")))

    assert verdict is not None
    assert [finding.slug for finding in verdict.judgement.findings] == ["unreadable"]


def test_upload_that_is_gone_is_refused() -> None:
    desk = Desk()
    verdict = desk.media.judge(delivery(desk.upload(None)))

    assert verdict is not None
    assert [finding.slug for finding in verdict.judgement.findings] == ["missing-file"]


def test_finding_names_its_material() -> None:
    desk = Desk()
    upload = desk.upload(b"bad")

    verdict = desk.media.judge(delivery(upload))

    assert verdict is not None
    assert verdict.judgement.findings[0].place == f"material:{upload.material_id}"


def test_upload_before_its_campaign_waits_for_the_rules() -> None:
    desk = Desk()
    upload = desk.upload(b"good").model_copy(update={"campaign_version": 2})

    with pytest.raises(RulesUnknownError):
        desk.media.judge(delivery(upload))
    desk.media.learn_rules(delivery(published(2)))

    assert desk.media.judge(delivery(upload)) is not None


def test_rendition_is_published_under_a_key_that_follows_from_the_material() -> None:
    for kind in ("photo", "video"):
        desk = Desk(kind)
        upload = desk.upload(b"good")
        verdict = desk.media.judge(delivery(upload))
        assert verdict is not None
        message = delivery(accepted(upload, verdict))

        desk.media.render(message)

        digest = hashlib.sha256(b"good").hexdigest()
        stem = digest if kind == "photo" else upload.material_id
        published = {
            f"{stem}/1600.jpg": b"1600 JPEG doog",
            f"{stem}/1600.webp": b"1600 WebP doog",
            f"{stem}/480.jpg": b"480 JPEG doog",
            f"{stem}/480.webp": b"480 WebP doog",
        }
        assert {key: desk.objects.kept[PUBLIC, key] for key in desk.objects.keys(PUBLIC)} == published
        shown = desk.store.renditions[upload.material_id]
        assert [rendition.key for rendition in shown.renditions] == list(published)
        assert desk.store.digests[upload.material_id] == digest
        assert shown.main == f"{stem}/1600.jpg"
        assert shown.placeholder == PLACEHOLDER
        assert desk.objects.keys(QUARANTINE) == []


def _rendered(desk: Desk, content: bytes) -> MaterialUploadedV1:
    upload = desk.upload(content)
    verdict = desk.media.judge(delivery(upload))
    assert verdict is not None
    desk.media.render(delivery(accepted(upload, verdict)))
    return upload


def _alike(desk: Desk, upload: MaterialUploadedV1) -> list[tuple[UUID, str]]:
    return [(one.other.material_id, one.likeness) for one in desk.store.alike[upload.material_id].found]


def test_same_file_and_near_picture_are_told_the_same_file_first() -> None:
    desk = Desk()
    desk.workshop.correlation = 0.95
    near, same = _rendered(desk, b"good"), _rendered(desk, b"gooc")

    last = _rendered(desk, b"gooc")

    assert _alike(desk, near) == []
    assert _alike(desk, last) == [(same.material_id, "same-file"), (near.material_id, "near")]
    (_, found) = desk.store.alike[last.material_id].found
    assert found.near is not None
    assert (found.near.correlation, found.near.distance) == (0.95, 3)


def test_picture_that_does_not_stand_up_to_comparison_is_not_told_of() -> None:
    desk = Desk()
    desk.workshop.correlation = 0.91
    _rendered(desk, b"good")

    assert _alike(desk, _rendered(desk, b"gooc")) == []


def test_video_is_compared_as_a_file_alone() -> None:
    desk = Desk("video")
    first = _rendered(desk, b"good")

    assert _alike(desk, _rendered(desk, b"gooc")) == []
    assert _alike(desk, _rendered(desk, b"good")) == [(first.material_id, "same-file")]


def test_no_more_are_told_of_than_anybody_reads_and_that_there_are_more_is_said() -> None:
    desk = Desk()
    for _ in range(MOST_TOLD + 1):
        last = _rendered(desk, b"good")
        assert not desk.store.alike[last.material_id].more

    crowded = desk.store.alike[_rendered(desk, b"good").material_id]

    assert (len(crowded.found), crowded.more) == (MOST_TOLD, True)


def test_crowded_index_is_told_as_such() -> None:
    desk = Desk()
    desk.store.crowded = True

    assert desk.store.alike[_rendered(desk, b"good").material_id].more


def test_process_that_fell_between_the_steps_goes_on_and_leaves_nothing_out() -> None:
    desk = Desk()
    desk.workshop.correlation = 1.0
    first = _rendered(desk, b"good")
    upload = desk.upload(b"gooc")
    verdict = desk.media.judge(delivery(upload))
    assert verdict is not None
    desk.store.before_rendered = _fall

    with pytest.raises(ConnectionError):
        desk.media.render(delivery(accepted(upload, verdict)))
    desk.store.before_rendered = lambda: None
    desk.media.render(delivery(accepted(upload, verdict)))

    assert _alike(desk, upload) == [(first.material_id, "near")]


def _fall() -> None:
    raise ConnectionError


def test_rendition_is_made_once() -> None:
    desk = Desk()
    upload = desk.upload(b"good")
    verdict = desk.media.judge(delivery(upload))
    assert verdict is not None
    desk.media.render(delivery(accepted(upload, verdict)))
    desk.workshop.seen.clear()

    desk.media.render(delivery(accepted(upload, verdict)))

    assert desk.workshop.seen == []


def test_copy_that_is_not_what_was_judged_is_removed_and_never_shown() -> None:
    """Two files of one ETag: the guard of the copy cannot tell them apart, the rendition's reading can."""
    desk = Desk()
    desk.objects.etag = lambda _content: "collision"
    upload = desk.upload(b"good")
    desk.objects.between = lambda: desk.objects.kept.__setitem__((QUARANTINE, upload.object.key), b"evil")
    verdict = desk.media.judge(delivery(upload))
    assert verdict is not None

    with pytest.raises(NotWhatWasJudgedError):
        desk.media.render(delivery(accepted(upload, verdict)))

    assert desk.objects.keys(MATERIALS) == []
    assert desk.objects.keys(PUBLIC) == []


def test_rendition_that_kills_its_child_is_an_error_of_its_own() -> None:
    desk = Desk()
    upload = desk.upload(b"good")
    verdict = desk.media.judge(delivery(upload))
    assert verdict is not None
    desk.workshop.dies = "died"

    with pytest.raises(RenditionError):
        desk.media.render(delivery(accepted(upload, verdict)))


def test_table_of_states_lets_each_thing_happen_once() -> None:
    reached = {(state, command): after(state, command) for state in (None, *State) for command in Command}

    assert {pair: to for pair, to in reached.items() if to is not None} == TRANSITIONS
    assert after(State.REJECTED, Command.ACCEPT) is None
    assert after(State.RENDERED, Command.RENDER) is None


def _paper_desk() -> Desk:
    """A campaign that asks for a scanned proof as well."""
    desk = Desk()
    rules = desk.store.known["cls-2017", 1].rules
    rules["story", "proof"] = document_rule()
    desk.kind = "proof"
    return desk


def test_document_is_previewed_among_the_materials_and_nothing_of_it_is_public() -> None:
    desk = _paper_desk()
    upload = desk.upload(b"%PDF good")
    verdict = desk.media.judge(delivery(upload))
    assert verdict is not None

    desk.media.render(delivery(accepted(upload, verdict)))

    digest = hashlib.sha256(b"%PDF good").hexdigest()
    assert desk.objects.kept[MATERIALS, f"preview/{digest}.jpg"] == b"%PDF good"[::-1]
    assert desk.objects.keys(PUBLIC) == []
    assert desk.objects.keys(QUARANTINE) == []
    assert desk.store.states[upload.material_id] is State.RENDERED


def test_document_that_is_not_what_was_judged_is_removed_and_never_previewed() -> None:
    desk = _paper_desk()
    upload = desk.upload(b"%PDF good")
    verdict = desk.media.judge(delivery(upload))
    assert verdict is not None
    assert verdict.object is not None
    desk.objects.kept[MATERIALS, verdict.object.key] = b"%PDF another"

    with pytest.raises(NotWhatWasJudgedError):
        desk.media.render(delivery(accepted(upload, verdict)))

    assert desk.objects.keys(MATERIALS) == []
