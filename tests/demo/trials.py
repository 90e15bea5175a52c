"""What must be refused, tried for real in the middle of honest work: each trial, the entry it happens at, its answer.

`TRIALS` is also what the report expects: one refusal per row, by that door, with that slug.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from tests.demo.clients import Refused, upload
from tests.demo.inputs import MadeFile
from tests.demo.inputs.plan import FULL_HOUSE
from tests.demo.inputs.texts import ARTICLE_LIMIT, SUMMARY_LIMIT, to_exactly
from tests.demo.run import DemoError
from tests.demo.units import API, Desk, Entry

PHOTO_LIMIT = 2 * 1024 * 1024
By = Literal["intake", "storage", "media"]


@dataclass(frozen=True, slots=True)
class Trial:
    """`at` is the number of the entry in the plan; the unit that tries is that entry's, unless `run` takes another."""

    key: str
    tried: str
    at: int
    by: By
    slug: str
    run: Callable[[Desk, Entry, Trial], Awaitable[None]] | None = None


async def declared_too_large(desk: Desk, entry: Entry, trial: Trial) -> None:
    """A photo of 2 MB + 1 byte, honestly announced."""
    file = desk.run.inputs.file(desk.run.inputs.plan.hostile.too_large)
    with desk.run.record.must_refuse(trial.key, trial.tried, desk.unit, entry.plan.key):
        await desk.declare(entry, "photo", file.name, file.size)


async def undeclared_too_large(desk: Desk, entry: Entry, trial: Trial) -> None:
    """The same photo announced as just small enough: storage counts the bytes; the user reads what intake says next."""
    run = desk.run
    file = run.inputs.file(run.inputs.plan.hostile.too_large)
    made = await desk.declare(entry, "photo", file.name, PHOTO_LIMIT)
    await _refused_by_storage(desk, entry, trial, made["material_id"], made["upload"], file)
    await desk.remove(made["material_id"])


async def _refused_by_storage(
    desk: Desk, entry: Entry, trial: Trial, material_id: str, form: dict[str, object], file: MadeFile
) -> None:
    run = desk.run
    try:
        await upload(run.http, form, file.read())
    except Refused as storage:
        try:
            await desk.complete(material_id)
        except Refused as said:
            told = Refused(storage.status, storage.slug, said.zh, said.en, said.body)
            more = {"intake_slug": said.slug, "storage_answer": storage.body["answer"]}
            run.record.refused(trial.key, trial.tried, desk.unit, entry.plan.key, trial.by, told, **more)
            return
    run.record.unrefused.append(trial.key)


async def png_named_jpg(desk: Desk, entry: Entry, trial: Trial) -> None:
    """A PNG under a .jpg name: found out by its content; the entry cannot be submitted until it is taken out."""
    material_id = await _refused_by_media(desk, entry, trial, "photo", desk.run.inputs.plan.hostile.png.seed)
    blocked = await desk.refused_submission(entry)
    if blocked is None or not any(finding["slug"] == "material-rejected" for finding in blocked.findings):
        raise DemoError(f"{entry.plan.key} could be submitted with a rejected photo: {blocked}")
    await desk.remove(material_id)


async def half_jpeg(desk: Desk, entry: Entry, trial: Trial) -> None:
    """A JPEG cut in half by a broken transfer."""
    await desk.remove(await _refused_by_media(desk, entry, trial, "photo", desk.run.inputs.plan.hostile.half.seed))


async def too_long_video(desk: Desk, entry: Entry, trial: Trial) -> None:
    """A video of 3 minutes and 1 second."""
    await desk.remove(await _refused_by_media(desk, entry, trial, "video", desk.run.inputs.plan.hostile.too_long.seed))


async def wrong_size_video(desk: Desk, entry: Entry, trial: Trial) -> None:
    """A video of 1440×1080."""
    await desk.remove(
        await _refused_by_media(desk, entry, trial, "video", desk.run.inputs.plan.hostile.wrong_size.seed)
    )


async def _refused_by_media(desk: Desk, entry: Entry, trial: Trial, kind: str, seed: int) -> str:
    """Upload a file that only its content gives away; note the verdict's sentences. The material's id."""
    run = desk.run
    material_id = await desk.attach(entry, kind, run.inputs.files[seed])
    material = await desk.verdict(material_id)
    if material["state"] == "accepted":
        run.record.unrefused.append(trial.key)
        return material_id
    findings = material["findings"]
    zh, en = "".join(f["zh"] for f in findings), " ".join(f["en"] for f in findings)
    slugs = [finding["slug"] for finding in findings]
    # The trial asks for its reason among all that are found: a file may break several rules.
    slug = trial.slug if trial.slug in slugs else slugs[0]
    refused = Refused(0, slug, zh, en, {"findings": findings})
    run.record.refused(trial.key, trial.tried, desk.unit, entry.plan.key, trial.by, refused, slugs=slugs)
    return material_id


async def eleventh_photo(desk: Desk, entry: Entry, trial: Trial) -> None:
    """One photo more than ten."""
    with desk.run.record.must_refuse(trial.key, trial.tried, desk.unit, entry.plan.key):
        await desk.declare(entry, "photo", "第十一张.jpg", 1_000_000)


async def second_entry(desk: Desk, entry: Entry, trial: Trial) -> None:
    """A second entry of the unit in the same category."""
    with desk.run.record.must_refuse(trial.key, trial.tried, desk.unit, entry.plan.key):
        await desk.create(entry.plan.category)


async def article_too_long(desk: Desk, entry: Entry, trial: Trial) -> None:
    """3 001 字 are saved but cannot be submitted; exactly 3 000 can."""
    await _text_too_long(desk, entry, trial, "article", ARTICLE_LIMIT)


async def summary_too_long(desk: Desk, entry: Entry, trial: Trial) -> None:
    """201 字 in a summary; exactly 200 can be submitted."""
    await _text_too_long(desk, entry, trial, "summary", SUMMARY_LIMIT)


async def _text_too_long(desk: Desk, entry: Entry, trial: Trial, field: str, limit: int) -> None:
    await desk.refresh(entry)
    text = entry.fields[field]
    problems = await desk.save(entry, {field: to_exactly(text, limit + 1)})
    refused = await desk.refused_submission(entry)
    if refused is None:
        desk.run.record.unrefused.append(trial.key)
        return
    reasons = [f for f in refused.findings if f["place"] == field]
    at_once = [p for p in problems if p["place"] == field]
    said = Refused(refused.status, reasons[0]["slug"], reasons[0]["zh"], reasons[0]["en"], refused.body)
    more = {"problem": refused.slug, "figures": reasons[0]["figures"], "said_when_saving": bool(at_once)}
    desk.run.record.refused(trial.key, trial.tried, desk.unit, entry.plan.key, trial.by, said, **more)
    await desk.save(entry, {field: to_exactly(text, limit)})


async def others_key(desk: Desk, entry: Entry, trial: Trial) -> None:
    """An upload with one's own form, but under the key of another unit's file."""
    run = desk.run
    file = run.inputs.file(run.inputs.plan.probes[0])
    made = await desk.declare(entry, "photo", file.name, file.size)
    own_key = made["upload"]["fields"]["key"]
    own_unit = f"/{desk.unit}/"
    other = next(code for code in run.inputs.plan.scale.units if code != desk.unit)
    forged = {**made["upload"], "fields": {**made["upload"]["fields"], "key": own_key.replace(own_unit, f"/{other}/")}}
    await _refused_by_storage(desk, entry, trial, made["material_id"], forged, file)
    await desk.remove(made["material_id"])


async def others_token(desk: Desk, entry: Entry, trial: Trial) -> None:
    """Another unit's token on this unit's entry: for that unit the entry does not exist."""
    with desk.run.record.must_refuse(trial.key, trial.tried, desk.unit, entry.plan.key):
        await desk.account.door.put(
            f"{API}/entries/{entry.entry_id}/fields", version=entry.version, fields={"title": "改"}
        )


TRIALS: tuple[Trial, ...] = (
    Trial(
        "photo-2mb-plus-1-declared",
        "申报大小为 2 MB + 1 字节的照片",
        0,
        "intake",
        "material-too-large",
        declared_too_large,
    ),
    Trial(
        "photo-2mb-plus-1-undeclared",
        "少报大小、实际 2 MB + 1 字节的照片",
        1,
        "storage",
        "entity-too-large",
        undeclared_too_large,
    ),
    Trial("png-named-jpg", "改名为 .jpg 的 PNG 图片", 2, "media", "wrong-format", png_named_jpg),
    Trial("jpeg-cut-in-half", "只传了一半的 JPEG 照片", 3, "media", "truncated", half_jpeg),
    Trial("eleventh-photo", "第 11 张照片", FULL_HOUSE, "intake", "too-many-materials", eleventh_photo),
    Trial("second-entry", "同一类别的第二项推荐", 0, "intake", "quota-used", second_entry),
    Trial("article-3001", "3001 字的正文", 5, "intake", "text-too-long", article_too_long),
    Trial("summary-201", "201 字的简介", 6, "intake", "text-too-long", summary_too_long),
    Trial("video-3min-1s", "3 分 1 秒的视频", 1, "media", "too-long", too_long_video),
    Trial("video-1440x1080", "1440×1080 的视频", 4, "media", "wrong-pixel-size", wrong_size_video),
    Trial("others-key", "用本单位的表单上传到其他单位的文件位置", 2, "storage", "access-denied", others_key),
)
"""Tried by an entry's own unit while it works on that entry."""

OTHERS_TOKEN = Trial("others-token", "用其他单位的登录凭证修改申报材料", 0, "intake", "not-found", others_token)
"""Tried by the unit that comes next in the plan."""
LATE = Trial("one-second-late", "截止后一秒提交", -1, "intake", "deadline-passed")
"""Tried by the silent unit once the deadline has been moved close."""

EVERY_TRIAL = (*TRIALS, OTHERS_TOKEN, LATE)
