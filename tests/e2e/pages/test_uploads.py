"""Files in a real browser: several at once, broken lines, a browser that dies, captions, order, undo, verdicts."""

from __future__ import annotations

import hashlib
import io
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from contracts.storage import PUBLIC, rendition_key
from infra.store.buckets import QUARANTINE
from services.intake.domain.uploads import PART_BYTES
from tests.e2e.pages.conftest import axe, chromium
from tests.integration.intake.desk import Caller, Intake, definition
from tests.integration.intake.tabs import signed_in
from tests.integration.intake.verdicts import PLACEHOLDER, accept, reject, render
from tests.support.polling import wait_until
from tests.support.servers import S3

OpenPage = Callable[..., Page]
MEGABYTE = 1024 * 1024
VIDEO_BYTES = 200 * MEGABYTE


def photo(shade: int) -> bytes:
    """A small JPEG of its own."""
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (shade * 20, 90, 255 - shade * 20)).save(out, "JPEG")
    return out.getvalue()


def chosen(name: str, content: bytes, kind: str = "image/jpeg") -> Any:
    return {"name": name, "mimeType": kind, "buffer": content}


def campaign(intake: Intake, photos: int = 10) -> str:
    raw = definition()
    story = next(category for category in raw["categories"] if category["key"] == "story")
    story["materials"][0]["max_count"] = photos
    story["materials"].append(
        {
            "key": "video",
            "kind": "video",
            "label": {"zh": "视频", "en": "Video"},
            "formats": ["MP4"],
            "max_count": 1,
            "max_bytes": 500 * MEGABYTE,
            "max_seconds": 180,
        }
    )
    intake.caller("secretariat").post("/campaigns", definition=raw).ok(201)
    return str(raw["id"])


class Scene:
    """An entry of a unit, and its page of files in a browser."""

    def __init__(self, intake: Intake, page: Page, photos: int = 10) -> None:
        self.intake, self.page = intake, page
        self.unit: Caller = intake.unit()
        self.entry = self.unit.written(campaign(intake, photos), "story")
        self.path = f"/desk/entries/{self.entry['entry_id']}/files"
        page.goto(self.path)

    def kind(self, key: str = "photo") -> Any:
        return self.page.locator(f"[data-kind={key}]")

    def rows(self, key: str = "photo") -> Any:
        return self.kind(key).locator("li.file")

    def choose(self, *files: Any, key: str = "photo") -> None:
        self.kind(key).locator(".choose input[type=file]").set_input_files(list(files))

    def held(self) -> list[dict[str, Any]]:
        held: list[dict[str, Any]] = self.unit.get(f"/entries/{self.entry['entry_id']}").ok()["materials"]
        return held

    def arrived(self, count: int, key: str = "photo") -> None:
        arrived = self.kind(key).locator("li.file[data-state=uploaded], li.file[data-state=accepted]")
        expect(arrived).to_have_count(count, timeout=60_000)


@pytest.fixture
def scene(intake: Intake, open_page: OpenPage) -> Scene:
    return Scene(intake, open_page("unit", unit="unit-a"))


def test_several_photos_go_up_at_once_in_their_order_and_their_verdicts_appear_by_themselves(
    scene: Scene, s3: S3
) -> None:
    photos = [photo(shade) for shade in range(5)]

    scene.choose(*(chosen(f"{n}.jpg", content) for n, content in enumerate(photos)))

    scene.arrived(5)
    held = scene.held()
    assert [material["name"] for material in held] == [f"{n}.jpg" for n in range(5)]
    key = f"{scene.entry['campaign_id']}/unit-a/{scene.entry['entry_id']}/{held[3]['material_id']}"
    assert s3.client().get_object(QUARANTINE, key).read() == photos[3]
    assert held[3]["sha256"] == hashlib.sha256(photos[3]).hexdigest()
    accept(scene.intake, held[0]["material_id"], sha256=held[0]["sha256"])
    reject(scene.intake, held[1]["material_id"])
    expect(scene.rows().nth(0)).to_have_attribute("data-state", "accepted", timeout=5000)
    expect(scene.rows().nth(1)).to_have_attribute("data-state", "rejected", timeout=5000)
    expect(scene.rows().nth(1)).to_contain_text("这是 PNG 文件，请另存为 JPG。")
    expect(scene.kind().locator("[data-part=count]")).to_have_text("5/10")


def test_what_is_refused_says_which_file_and_how_to_mend_it(scene: Scene) -> None:
    too_large = photo(1) + b"\0" * (2 * MEGABYTE)

    scene.choose(chosen("IMG_2031.jpg", too_large), chosen("空.jpg", b""), chosen("好.jpg", photo(2)))

    scene.arrived(1)
    expect(scene.rows().nth(0)).to_contain_text("IMG_2031.jpg 为 2 MB")
    expect(scene.rows().nth(0)).to_contain_text("超过 2 MB（2097152 字节）")
    expect(scene.rows().nth(1)).to_contain_text("空.jpg 是空文件")
    scene.rows().nth(0).get_by_role("button", name="删除 Remove IMG_2031.jpg").click()
    expect(scene.rows()).to_have_count(2)


def test_the_eleventh_photo_is_refused_and_the_ten_are_there(scene: Scene) -> None:
    scene.choose(*(chosen(f"{n}.jpg", photo(n)) for n in range(11)))

    scene.arrived(10)
    expect(scene.rows().nth(10)).to_contain_text("最多 10 个")
    assert len(scene.held()) == 10


def test_the_same_file_twice_is_recognised_before_it_is_sent(scene: Scene) -> None:
    scene.choose(chosen("一.jpg", photo(1)))
    scene.arrived(1)

    scene.choose(chosen("二.jpg", photo(1)))

    second = scene.rows().nth(1)
    expect(second).to_contain_text("与 一.jpg 是同一个文件")
    assert len(scene.held()) == 1
    second.get_by_role("button", name="仍要上传").click()
    scene.arrived(2)
    expect(second).to_contain_text("是同一个文件")
    assert [len(material["warnings"]) for material in scene.held()] == [0, 1]


def test_what_is_cancelled_on_its_way_is_gone_and_the_others_arrive(scene: Scene) -> None:
    scene.page.route(f"**/{QUARANTINE}**", lambda _route: None)  # storage keeps silent
    scene.choose(chosen("算了.jpg", photo(1)))
    expect(scene.rows().nth(0)).to_have_attribute("data-state", "sending")
    scene.rows().nth(0).get_by_role("button", name="取消 Cancel 算了.jpg").click()
    expect(scene.rows()).to_have_count(0)
    wait_until(lambda: scene.held() == [], 5)
    scene.page.unroute(f"**/{QUARANTINE}**")

    scene.choose(chosen("要的.jpg", photo(2)))

    scene.arrived(1)
    assert [material["name"] for material in scene.held()] == ["要的.jpg"]


def test_what_is_cancelled_while_the_desk_is_asked_never_arrives(scene: Scene) -> None:
    asked: list[Any] = []
    sent: list[str] = []
    scene.page.on("request", lambda request: sent.append(request.url) if QUARANTINE in request.url else None)

    def hold(route: Any) -> None:
        asked.append(route)

    scene.page.route(re.compile(r"/entries/[^/]+/materials$"), hold)
    with scene.page.expect_request(re.compile(r"/entries/[^/]+/materials$")):
        scene.choose(chosen("算了.jpg", photo(1)))
    scene.rows().nth(0).get_by_role("button", name="取消 Cancel 算了.jpg").click()
    expect(scene.rows()).to_have_count(0)

    with scene.page.expect_response(lambda answer: answer.request.method == "DELETE"):
        for route in asked:
            route.continue_()

    assert scene.held() == []
    assert sent == []


def test_what_storage_turned_away_is_tried_again_by_a_button(scene: Scene) -> None:
    refusal = {"status": 403, "headers": {"Access-Control-Allow-Origin": "*"}, "body": "<Code>AccessDenied</Code>"}
    scene.page.route(f"**/{QUARANTINE}**", lambda route: route.fulfill(**refusal))
    scene.choose(chosen("一.jpg", photo(1)))
    row = scene.rows().nth(0)
    expect(row).to_contain_text("一.jpg 被存储拒收（AccessDenied）")
    scene.page.unroute(f"**/{QUARANTINE}**")

    row.get_by_role("button", name="重试 Try again 一.jpg").click()

    scene.arrived(1)
    assert [(material["name"], material["state"]) for material in scene.held()] == [("一.jpg", "uploaded")]
    expect(scene.rows()).to_have_count(1)


@pytest.mark.parametrize(
    "name", ["<img src=x onerror=alert(1)>.jpg", "'; DROP TABLE materials; --.jpg", "甲" * 190 + ".jpg"]
)
def test_hostile_names_are_shown_as_text(scene: Scene, name: str) -> None:
    scene.choose(chosen(name, photo(1)))

    scene.arrived(1)
    expect(scene.rows().nth(0).locator("[data-part=name]")).to_have_text(scene.held()[0]["name"])
    scene.page.reload()
    expect(scene.rows().nth(0).locator("[data-part=name]")).to_have_text(scene.held()[0]["name"])
    assert scene.page.locator("#materials img[src=x]").count() == 0


def test_captions_save_by_themselves_and_survive_a_reload_in_between(scene: Scene) -> None:
    scene.choose(chosen("一.jpg", photo(1)))
    scene.arrived(1)
    caption = scene.rows().nth(0).locator("[data-part=caption]")

    caption.fill("读者在阅览室")
    expect(scene.rows().nth(0).locator("[data-part=kept]")).to_contain_text("已保存")
    assert scene.held()[0]["caption"] == "读者在阅览室"
    caption.press_sequentially("看报")  # and the page is gone before it is saved
    scene.page.reload()
    expect(caption).to_have_value("读者在阅览室看报")
    wait_until(lambda: scene.held()[0]["caption"] == "读者在阅览室看报", 10)
    caption.fill("字" * 51)
    expect(scene.rows().nth(0).locator("[data-part=zi]")).to_have_text("51/50 字")


def test_a_caption_that_was_changed_elsewhere_is_shown_beside_ones_own(scene: Scene) -> None:
    scene.choose(chosen("一.jpg", photo(1)))
    scene.arrived(1)
    row = scene.rows().nth(0)
    row.locator("[data-part=caption]").press_sequentially("我")
    scene.unit.put(f"/materials/{scene.held()[0]['material_id']}/caption", caption="他").ok()

    expect(row.locator("[data-part=dispute]")).to_contain_text("别处已改为“他”")
    row.get_by_role("button", name="保留我写的").click()

    wait_until(lambda: scene.held()[0]["caption"] == "我", 10)


def test_the_order_is_changed_by_keyboard_by_button_and_by_dragging(scene: Scene) -> None:
    scene.choose(*(chosen(f"{n}.jpg", photo(n)) for n in (1, 2, 3)))
    scene.arrived(3)

    def order() -> list[str]:
        return [material["name"] for material in scene.held()]

    scene.rows().nth(2).locator("[data-part=caption]").press("Alt+ArrowUp")
    expect(scene.page.locator("[data-part=said]")).to_contain_text("3.jpg 移到第 2 位")
    wait_until(lambda: order() == ["1.jpg", "3.jpg", "2.jpg"], 5)
    down = scene.page.get_by_role("button", name="下移 move down 1.jpg")
    down.focus()
    down.press("Enter")
    wait_until(lambda: order() == ["3.jpg", "1.jpg", "2.jpg"], 5)
    expect(down).to_be_focused()
    scene.rows().nth(2).locator("[data-part=name]").drag_to(scene.rows().nth(0), target_position={"x": 200, "y": 3})
    wait_until(lambda: order() == ["2.jpg", "3.jpg", "1.jpg"], 5)


def test_removing_can_be_undone_and_a_rejected_file_is_replaced_in_its_place(scene: Scene) -> None:
    scene.choose(chosen("一.jpg", photo(1)), chosen("二.jpg", photo(2)))
    scene.arrived(2)

    scene.rows().nth(0).get_by_role("button", name="删除 Remove 一.jpg").click()
    expect(scene.rows().nth(0)).to_contain_text("可以撤销")
    assert [material["name"] for material in scene.held()] == ["二.jpg"]
    scene.rows().nth(0).get_by_role("button", name="撤销删除").click()
    scene.arrived(2)
    reject(scene.intake, scene.held()[0]["material_id"])
    replace = scene.rows().nth(0).get_by_role("button", name="替换 Replace 一.jpg")
    expect(replace).to_be_visible(timeout=5000)
    with scene.page.expect_file_chooser() as chooser:
        replace.click()
    chooser.value.set_files(chosen("新.jpg", photo(3)))

    scene.arrived(2)
    assert [material["name"] for material in scene.held()] == ["新.jpg", "二.jpg"]


def test_undo_stays_when_the_line_tells_of_a_removal_before_the_desk_answers_it(scene: Scene) -> None:
    held: list[Any] = []
    scene.choose(chosen("一.jpg", photo(1)), chosen("二.jpg", photo(2)))
    scene.arrived(2)

    def hold(route: Any) -> None:
        if route.request.method == "DELETE":
            held.append((route, route.fetch()))
        else:
            route.continue_()

    scene.page.route(re.compile(r"/desk/materials/[^/]+$"), hold)
    scene.rows().nth(0).get_by_role("button", name="删除 Remove 一.jpg").click()
    wait_until(lambda: scene.page.evaluate("1") and [one["name"] for one in scene.held()] == ["二.jpg"], 5)
    accept(scene.intake, scene.held()[0]["material_id"])
    expect(scene.kind().locator("[data-state=accepted]")).to_have_count(1)  # the line has told of both
    [(route, answer)] = held
    route.fulfill(response=answer)

    expect(scene.rows().nth(0)).to_contain_text("可以撤销")
    scene.rows().nth(0).get_by_role("button", name="撤销删除").click()
    scene.arrived(2)


def test_files_can_be_dropped_on_the_page(scene: Scene) -> None:
    dropped = scene.page.evaluate_handle(
        "bytes => { const held = new DataTransfer();"
        " held.items.add(new File([new Uint8Array(bytes)], '拖放.jpg', {type: 'image/jpeg'})); return held; }",
        list(photo(7)),
    )

    scene.kind().dispatch_event("dragover", {"dataTransfer": dropped})
    expect(scene.kind()).to_have_class(re.compile("over"))
    scene.kind().dispatch_event("drop", {"dataTransfer": dropped})

    scene.arrived(1)
    assert scene.held()[0]["name"] == "拖放.jpg"


def test_the_page_is_sound_at_both_widths(intake: Intake, open_page: OpenPage, width: str) -> None:
    scene = Scene(intake, open_page("unit", unit="unit-a", width=width))
    axe(scene.page)
    scene.choose(chosen("一.jpg", photo(1)), chosen("名" * 100 + ".jpg", photo(2)), chosen("三.jpg", photo(1)))
    scene.arrived(2)
    held = scene.held()
    accept(intake, held[0]["material_id"])
    reject(intake, held[1]["material_id"])
    expect(scene.rows().nth(1)).to_have_attribute("data-state", "rejected", timeout=5000)
    axe(scene.page)


def test_a_picture_comes_by_itself_over_what_stands_for_it_and_nothing_moves(
    intake: Intake, open_page: OpenPage, s3: S3
) -> None:
    scene = Scene(intake, open_page("unit", unit="unit-a"))
    watching = open_page("unit", unit="unit-a")
    scene.choose(chosen("一.jpg", photo(1)))
    scene.arrived(1)
    watching.goto(scene.path)
    material = scene.held()[0]["material_id"]
    digest_of_it = accept(intake, material)
    row = watching.locator("li.file").first
    expect(row).to_have_attribute("data-state", "accepted", timeout=5000)
    image, blurred = row.locator("[data-part=picture]"), row.locator("[data-part=blurred]")
    expect(image).to_be_hidden()  # there is none yet: nothing broken is shown, nor the whole file
    box = row.locator(".framed").bounding_box()

    content = photo(5)
    for ending in ("jpg", "webp"):
        key = rendition_key(digest_of_it, 480, ending)
        s3.client().put_object(PUBLIC, key, io.BytesIO(content), len(content), content_type="image/jpeg")
    render(intake, material, digest_of_it)

    expect(image).to_be_visible(timeout=5000)
    expect(blurred).to_have_attribute("src", PLACEHOLDER)
    wait_until(lambda: image.evaluate("one => one.complete && one.naturalWidth") == 64)
    assert row.locator(".framed").bounding_box() == box
    over = """framed => {
      const {x, y, width, height} = framed.getBoundingClientRect();
      return document.elementFromPoint(x + width / 2, y + height / 2).dataset.part;
    }"""
    assert row.locator(".framed").evaluate(over) == "picture"


def test_the_page_shows_nothing_to_another_unit(intake: Intake, open_page: OpenPage) -> None:
    scene = Scene(intake, open_page("unit", unit="unit-a"))
    scene.choose(chosen("一.jpg", photo(1)))
    scene.arrived(1)
    material = scene.held()[0]["material_id"]
    other = open_page("unit", unit="unit-b")

    for path in (
        scene.path,
        scene.path.replace("/files", "/materials"),
        scene.path.replace("/files", "/materials/live"),
        f"/desk/materials/{material}/picture",
        f"/desk/materials/{material}/file",
        f"/desk/materials/{material}/parts",
    ):
        answer = other.request.get(path, headers={"Accept": "application/json"})
        assert (answer.status, answer.json()["slug"]) == (404, "not-found"), path


# A video of 200 MB.


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bytes of which no two parts are alike; what they show is media's business."""
    path = tmp_path_factory.mktemp("video") / "图书馆的一天.mp4"
    with path.open("wb") as file:
        for number in range(VIDEO_BYTES // MEGABYTE):
            file.write(hashlib.shake_128(number.to_bytes(4)).digest(MEGABYTE))
    return path


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def stored(scene: Scene, s3: S3) -> str:
    """What storage holds of the entry's one video."""
    (event,) = [e for e in scene.intake.events(scene.entry["entry_id"]) if e["type"] == "material.uploaded.v1"]
    assert event["data"]["object"]["size"] == VIDEO_BYTES
    found = hashlib.sha256()
    for chunk in s3.client().get_object(QUARANTINE, event["data"]["object"]["key"]).stream(MEGABYTE):
        found.update(chunk)
    return found.hexdigest()


def parts_sent(page: Page) -> list[str]:
    """The numbers of the parts that storage took from this page, as they come."""
    sent: list[str] = []

    def look(answer: Any) -> None:
        number = re.search(r"partNumber=(\d+)", answer.url)
        if number and answer.request.method == "PUT" and answer.ok:
            sent.append(number[1])

    page.on("response", look)
    return sent


def progressed(scene: Scene, percent: int) -> None:
    """Until so much of the video is sent."""
    scene.page.wait_for_function(
        "percent => (document.querySelector('[data-kind=video] progress')?.value ?? 0) >= percent",
        arg=percent,
        timeout=120_000,
    )


def test_a_large_video_goes_on_where_it_was_when_the_line_comes_back(scene: Scene, video: Path, s3: S3) -> None:
    sent = parts_sent(scene.page)
    scene.choose(video, key="video")
    progressed(scene, 25)

    scene.page.context.set_offline(True)
    expect(scene.rows("video").nth(0)).to_contain_text("网络中断", timeout=30_000)
    assert scene.held()[0]["state"] == "uploading"
    scene.page.context.set_offline(False)

    scene.arrived(1, "video")
    assert sorted(set(sent), key=int) == [str(n + 1) for n in range(VIDEO_BYTES // PART_BYTES)]
    assert len(sent) <= VIDEO_BYTES // PART_BYTES + 1  # no more than was under way at that moment
    assert stored(scene, s3) == digest(video)


def test_a_large_video_survives_the_death_of_the_browser(
    browser: Browser, intake: Intake, video: Path, s3: S3, tmp_path: Path
) -> None:
    profile = tmp_path / "profile"
    with signed_in(intake, "unit", unit="unit-a") as tab:
        cookie = {"name": "laurel", "value": tab.cookie, "url": intake.url}

        def launch() -> Page:
            context = browser.browser_type.launch_persistent_context(
                profile, executable_path=chromium(), args=["--no-sandbox"], base_url=intake.url, locale="zh-CN"
            )
            context.add_cookies([cookie])  # type: ignore[list-item]  # a plain dict says the same
            return context.pages[0]

        scene = Scene(intake, launch())
        first = parts_sent(scene.page)
        scene.choose(video, key="video")
        progressed(scene, 40)
        kill(profile)
        assert scene.held()[0]["state"] == "uploading"

        scene.page = launch()
        again = parts_sent(scene.page)
        scene.page.goto(scene.path)
        row = scene.rows("video").nth(0)
        expect(row).to_contain_text("上传中断")
        with scene.page.expect_file_chooser() as chooser:
            row.get_by_role("button", name="继续上传").click()
        chooser.value.set_files(video)

        scene.arrived(1, "video")
        assert stored(scene, s3) == digest(video)
        assert len(first) >= 5
        assert len(first) + len(again) <= VIDEO_BYTES // PART_BYTES + 3  # what was sent was not sent again
        scene.page.context.close()


def test_another_file_is_not_taken_for_the_one_that_was_broken_off(scene: Scene, video: Path, tmp_path: Path) -> None:
    other = tmp_path / "别的.mp4"
    other.write_bytes(b"x" * (17 * MEGABYTE))
    body = {"kind": "video", "name": video.name, "bytes": VIDEO_BYTES, "in_parts": True}
    scene.unit.post(f"/entries/{scene.entry['entry_id']}/materials", **body).ok(201)
    scene.page.reload()

    row = scene.rows("video").nth(0)
    with scene.page.expect_file_chooser() as chooser:
        row.get_by_role("button", name="继续上传").click()
    chooser.value.set_files(other)

    expect(row).to_contain_text("不是中断的那个文件")
    row.get_by_role("button", name="取消 Cancel").click()
    expect(scene.rows("video")).to_have_count(0)
    wait_until(lambda: scene.held() == [], 5)


def kill(profile: Path) -> None:
    """End the browser that uses this profile, as a power cut would: all of its processes, by their ids."""
    ours = [
        p for p in psutil.process_iter(["cmdline"]) if any(str(profile) in word for word in p.info["cmdline"] or ())
    ]
    assert ours
    for process in ours:
        os.kill(process.pid, signal.SIGKILL)
    psutil.wait_procs(ours, timeout=10)
