"""`laurel media check`: the worker's verdict on files of this machine."""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts.campaign import MaterialRule
from contracts.campaign_loader import CAMPAIGNS, load_definition
from services.media.checking import Checked, Outcome, RuleBook, check
from services.media.checking.rules import RulesError
from services.media.judge import judge_file
from services.media.pool import Pool, PoolError
from services.media.pool import process as process_module
from tests.demo.inputs import hostile
from tests.demo.inputs.photos import PhotoPlan, photo
from tests.demo.inputs.plan import SMALL, input_plan
from tests.media_corpus import photos, videos
from tests.media_corpus.mutations import mutated

HAN = re.compile(r"[\u4e00-\u9fff]")
SHIPPED = CAMPAIGNS / "cls-2017.yaml"


@pytest.fixture(scope="module")
def book() -> RuleBook:
    return RuleBook.of(load_definition(SHIPPED), None)


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    pool = Pool(1)
    yield pool
    pool.close()


def _plan() -> PhotoPlan:
    return next(picture for entry in input_plan(SMALL).entries for picture in entry.photos)


def _written(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def _slugs(checked: Checked) -> set[str]:
    assert checked.judgement is not None, checked.problem
    return {finding.slug for finding in checked.judgement.findings}


def test_photo_of_the_demo_is_accepted_with_its_facts(pool: Pool, book: RuleBook, tmp_path: Path) -> None:
    content = photo(_plan())
    path = _written(tmp_path, "馆舍.jpg", content)

    (checked,) = check([path], book, pool)

    assert checked.outcome is Outcome.ACCEPTED
    assert checked.kind == "photo"
    assert checked.judgement is not None
    assert checked.judgement.facts is not None
    assert checked.judgement.facts.sha256 == hashlib.sha256(content).hexdigest()
    assert checked.judgement.facts.bytes == len(content)


def test_flawed_files_of_the_demo_are_refused_for_their_flaw(pool: Pool, book: RuleBook, tmp_path: Path) -> None:
    plan = _plan()
    paths = [
        _written(tmp_path, "large.jpg", hostile.one_byte_too_large(plan)),
        _written(tmp_path, "half.jpg", hostile.cut_in_half(plan)),
        _written(tmp_path, "really-a-png.jpg", hostile.png(plan)),
        _written(tmp_path, "small.mp4", videos.made(640, 480, 2)),
        _written(tmp_path, "empty.mov", b""),
    ]

    checked = list(check(paths, book, pool))

    assert [one.path for one in checked] == paths
    assert [_slugs(one) for one in checked] == [
        {"photo-too-large"},
        {"truncated"},
        {"wrong-format"},
        {"wrong-pixel-size"},
        {"empty-file"},
    ]
    assert [one.kind for one in checked] == ["photo", "photo", "photo", "video", "video"]


def test_mutated_files_get_what_the_judge_itself_says(pool: Pool, book: RuleBook, tmp_path: Path) -> None:
    chance = random.Random(4)
    rules: dict[str, MaterialRule | None] = {"photo": book.rule("photo"), "video": book.rule("video")}
    video = videos.made(320, 240, 2)
    begin, size = videos.top_boxes(video)[b"moov"]
    contents = [mutated(photos.jpeg(320, 240), 0, 4000, chance) for _ in range(8)]
    contents += [mutated(video, begin, begin + size - 40, chance) for _ in range(8)]
    paths = [_written(tmp_path, f"{number}.bin", content) for number, content in enumerate(contents)]

    refused = 0
    for one in check(paths, book, pool):
        assert one.kind is not None
        rule = rules[one.kind]
        assert rule is not None
        said = judge_file(one.path, rule)
        assert _slugs(one) == {finding.slug for finding in said.findings}
        refused += not said.accepted

    assert refused > 4


def test_files_that_kill_or_stall_their_process_are_refused_and_the_next_one_is_judged(
    book: RuleBook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_module, "WALL_SECONDS", 2.0)
    words = ["crash", "hang", "spin", "devour", "sound"]
    paths = [_written(tmp_path, f"{word}.jpg", word.encode()) for word in words]
    pool = Pool(1, work="tests.media_corpus.hostile_judge")
    try:
        checked = list(check(paths, book, pool, kind="photo"))
    finally:
        pool.close()

    assert [one.outcome for one in checked] == [Outcome.REJECTED] * 4 + [Outcome.ACCEPTED]
    for one in checked[:4]:
        assert one.judgement is not None
        assert _slugs(one) == {"unreadable"}
        assert HAN.search(one.judgement.findings[0].zh)


def test_what_is_no_file_is_not_judged(pool: Pool, book: RuleBook, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "folder").mkdir()
    paths = [tmp_path / "pipe.jpg", tmp_path / "folder", tmp_path / "missing.jpg", Path("/dev/null")]

    checked = list(check(paths, book, pool))

    problems = [one.problem for one in checked]
    assert [one and one.slug for one in problems] == ["no-regular-file", "folder", "no-such-file", "no-regular-file"]
    assert all(one and HAN.search(one.zh) and one.en.endswith(".") for one in problems)
    assert {one.outcome for one in checked} == {Outcome.NOT_JUDGED}


def test_pool_that_cannot_start_blames_no_file(book: RuleBook, tmp_path: Path) -> None:
    class Broken(Pool):
        def slot(self, deference: float = 0.0) -> Any:  # noqa: ARG002 - the signature of a pool
            raise PoolError("no memory")

    pool = Broken(1)
    try:
        (checked,) = check([_written(tmp_path, "a.jpg", photos.jpeg(64, 64))], book, pool)
    finally:
        pool.close()

    assert checked.outcome is Outcome.NOT_JUDGED
    assert checked.problem is not None
    assert "no memory" in checked.problem.en


def test_kind_that_a_campaign_does_not_take_is_refused(pool: Pool, tmp_path: Path) -> None:
    book = RuleBook.of(load_definition(CAMPAIGNS / "reading-photos.yaml"), None)

    (checked,) = check([_written(tmp_path, "a.mp4", videos.made(320, 240, 2))], book, pool)

    assert _slugs(checked) == {"unknown-kind"}


def test_category_is_asked_for_where_rules_differ() -> None:
    definition = load_definition(SHIPPED)
    first, *others = definition.categories
    photo_rule, *rest = first.materials
    stricter = first.model_copy(update={"materials": (photo_rule.model_copy(update={"max_bytes": 1000}), *rest)})
    differing = definition.model_copy(update={"categories": (stricter, *others)})

    with pytest.raises(RulesError, match="--category"):
        RuleBook.of(differing, None).rule("photo")
    rule = RuleBook.of(differing, first.key).rule("photo")
    assert rule is not None
    assert rule.max_bytes == 1000
    with pytest.raises(RulesError, match="poem"):
        RuleBook.of(definition, "poem")


def _laurel(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The command as it is called, from a folder of its own, with nothing of a stack in the environment."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("LAUREL_", "AMQP_"))}
    argv = [str(Path(sys.executable).parent / "laurel"), "media", "check", *words]
    return subprocess.run(argv, cwd=cwd, env=env, capture_output=True, text=True, timeout=120, check=False)


def test_command_prints_a_table_in_both_languages_and_ends_with_1_for_a_refusal(tmp_path: Path) -> None:
    _written(tmp_path, "good.jpg", photos.jpeg(320, 240))
    _written(tmp_path, "bad [red].jpg", photos.png())
    (tmp_path / "services").mkdir()  # must not stand in for the project's own

    done = _laurel("good.jpg", "bad [red].jpg", cwd=tmp_path)

    assert done.returncode == 1, done.stderr
    table = "".join(done.stdout.replace("│", " ").split())
    for expected in ("good.jpg", "bad[red].jpg", "接受", "accepted", "退回", "refused", "320×240", "baseline"):
        assert expected in table
    assert "文件内容是PNG图片" in table
    assert "ThefileisaPNGpicture" in table
    assert "2files,1accepted,1refused,0notjudged" in table


def test_command_answers_programs_with_json(tmp_path: Path) -> None:
    _written(tmp_path, "good.jpg", photos.jpeg(320, 240))
    _written(tmp_path, "half.jpg", photos.half(photos.jpeg()))

    accepted = _laurel("--json", "good.jpg", cwd=tmp_path)
    mixed = _laurel("--json", "good.jpg", "half.jpg", "missing.jpg", cwd=tmp_path)

    assert accepted.returncode == 0, accepted.stderr
    (good,) = json.loads(accepted.stdout)["files"]
    assert good["verdict"] == "accepted"
    assert good["facts"]["width"] == 320
    assert mixed.returncode == 2
    told = json.loads(mixed.stdout)
    assert told["campaign"] == "cls-2017"
    assert [one["verdict"] for one in told["files"]] == ["accepted", "rejected", "not-judged"]
    assert [finding["slug"] for finding in told["files"][1]["findings"]] == ["truncated"]
    assert told["files"][2]["problem"]["slug"] == "no-such-file"


@pytest.mark.parametrize(
    "words", [("--campaign", "nowhere.yaml"), ("--campaign", "broken.yaml"), ("--category", "poem")]
)
def test_command_that_cannot_tell_the_rules_ends_with_2_and_a_sentence(words: tuple[str, str], tmp_path: Path) -> None:
    _written(tmp_path, "good.jpg", photos.jpeg(64, 64))
    broken = SHIPPED.read_text().replace("Asia/Shanghai", "Asia/Nowhere")
    _written(tmp_path, "broken.yaml", broken.encode())

    done = _laurel(*words, "good.jpg", cwd=tmp_path)

    assert done.returncode == 2
    assert HAN.search(done.stderr)
    assert "Traceback" not in done.stderr
    assert not done.stdout


def test_command_is_not_led_by_strange_names(tmp_path: Path) -> None:
    _written(tmp_path, "a\x1b[2Jb\udcff.jpg".encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape"), b"")

    done = _laurel(*(path.name for path in tmp_path.iterdir()), cwd=tmp_path)

    assert done.returncode == 1, done.stderr
    assert "\x1b" not in done.stdout
