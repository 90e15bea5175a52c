"""The files' pages without a browser: uploading without scripts, and the stream of verdicts."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from infra.store.buckets import QUARANTINE
from services.intake.pages.uploads import live
from tests.integration.intake.desk import PUBLIC_URL, Intake, send
from tests.integration.intake.tabs import Tab, hidden, signed_in
from tests.integration.intake.verdicts import PLACEHOLDER, QUIET, accept, render, watch
from tests.support.servers import S3

PHOTO = b"\xff\xd8 a photo of a reading room"


@pytest.fixture
def tab(intake: Intake) -> Iterator[Tab]:
    with signed_in(intake, "unit", unit="unit-a") as tab:
        yield tab


def test_a_file_is_uploaded_without_scripts(intake: Intake, tab: Tab, s3: S3) -> None:
    unit = intake.unit()
    entry = unit.entry(intake.open(), "story")
    files = f"/desk/entries/{entry['entry_id']}/files"
    page = tab.send(tab.get(files).text, f"/desk/entries/{entry['entry_id']}/upload")
    assert page.status_code == 200, page.text
    action = unescape(re.search(r'<form[^>]* action="(http[^"]*)"', page.text)[1])  # type: ignore[index]  # it is there
    assert urlsplit(action).netloc in page.headers["content-security-policy"].split("form-action")[1]

    arrived = send({"url": action, "fields": hidden(page.text, action)}, PHOTO)
    assert arrived.status_code == 303, arrived.text
    # Not the host that was asked: that is the request's own word.
    assert arrived.headers["location"].startswith(f"{PUBLIC_URL}/desk/entries/")
    back = tab.get(arrived.headers["location"].removeprefix(PUBLIC_URL))

    assert back.headers["location"] == f"{files}#materials"
    (material,) = unit.get(f"/entries/{entry['entry_id']}").ok()["materials"]
    assert (material["state"], material["bytes"], material["name"]) == ("uploaded", len(PHOTO), "照片 1.jpg")
    key = f"{entry['campaign_id']}/unit-a/{entry['entry_id']}/{material['material_id']}"
    assert s3.client().get_object(QUARANTINE, key).read() == PHOTO
    gone = tab.send(tab.get(files).text, f"/desk/materials/{material['material_id']}/removal")
    assert gone.status_code == 303
    assert unit.get(f"/entries/{entry['entry_id']}").ok()["materials"] == []


@pytest.mark.parametrize(("minutes", "says"), [(45, "可在截止后 45 分钟内传完并提交"), (0, "文件须在截止时间前传完")])
def test_the_grace_of_a_late_upload_is_stated(intake: Intake, tab: Tab, minutes: int, says: str) -> None:
    entry = intake.unit().entry(intake.open(upload_grace_minutes=minutes), "story")
    for path in ("", "/files"):
        assert says in tab.get(f"/desk/entries/{entry['entry_id']}{path}").text


def test_lists_show_the_small_picture_over_what_stands_for_it(intake: Intake, tab: Tab) -> None:
    unit = intake.unit()
    entry = unit.written(intake.open(), "story")
    new, old = unit.upload(entry), unit.upload(entry)
    digest = accept(intake, new)
    accept(intake, old)
    render(intake, new, digest, portrait=True)

    listed = tab.get(f"/desk/entries/{entry['entry_id']}/files").text
    shown = tab.get(f"/desk/entries/{entry['entry_id']}/preview").text

    at = f"/desk/materials/{new}/picture?side="
    assert f'src="{at}480"' in listed
    assert f'src="{at}480" srcset="{at}480 360w, {at}1600 1200w" sizes="240px"' in shown
    for page in (listed, shown):
        assert page.count(f'src="{PLACEHOLDER}"') == 1
        assert page.count(f'src="/desk/materials/{old}/picture?side=480"') == 1
        for image in re.findall(r"<img[^>]*>", page.partition("<main")[2]):
            assert re.search(r' width="\d+" height="\d+"', image), image
            assert "lazy" in image or "blurred" in image


def test_advice_about_a_video_stands_beside_it_with_a_link_to_play_it(intake: Intake, tab: Tab) -> None:
    unit = intake.unit()
    entry = unit.written(intake.open(), "story")
    material = unit.upload(entry, name="采访.jpg")
    accept(intake, material)
    watch(intake, material, QUIET, playable=True)

    for path in ("files", "preview"):
        shown = tab.get(f"/desk/entries/{entry['entry_id']}/{path}").text
        assert "提示：声音太小，请提高音量后替换。" in shown
        assert "Note: The sound is too quiet." in shown
        assert f'href="/desk/materials/{material}/playable"' in shown
    assert tab.get(f"/desk/materials/{material}/playable").status_code == 303


def test_a_picture_is_sent_as_webp_to_who_takes_it(intake: Intake, tab: Tab) -> None:
    unit = intake.unit()
    material = unit.upload(unit.entry(intake.open(), "story"), PHOTO)
    render(intake, material, accept(intake, material))
    path = f"/desk/materials/{material}/picture"

    browser = tab.get(f"{path}?side=480", Accept="image/avif,image/webp,*/*;q=0.8")
    other = tab.get(f"{path}?side=480", Accept="image/png,*/*")

    assert browser.headers["location"].split("?")[0].endswith("/480.webp")
    assert other.headers["location"].split("?")[0].endswith("/480.jpg")
    assert tab.get(path).headers["location"].split("?")[0].endswith("/1600.jpg")
    assert browser.headers["vary"] == "Accept"
    assert tab.get(f"{path}?side=7").status_code == 422


def test_a_picture_leads_to_storage_with_a_link_made_for_its_viewer(intake: Intake, tab: Tab) -> None:
    unit = intake.unit()
    material = unit.upload(unit.entry(intake.open(), "story"), PHOTO)
    assert tab.get(f"/desk/materials/{material}/picture").status_code == 409
    accept(intake, material)

    found = tab.get(f"/desk/materials/{material}/picture")

    assert found.status_code == 303
    assert found.headers["cache-control"].startswith("private")
    assert found.headers["location"].startswith(intake.ports.objects.public_origin)
    with signed_in(intake, "unit", unit="unit-b") as other:
        assert other.get(f"/desk/materials/{material}/picture").status_code == 404


def test_who_reads_an_entry_sees_its_pictures_with_their_captions(intake: Intake, tab: Tab) -> None:
    unit = intake.unit()
    entry = unit.written(intake.open(), "story")
    shown, waiting = unit.upload(entry, PHOTO), unit.upload(entry, PHOTO + b"2")
    unit.put(f"/materials/{shown}/caption", caption="书车 <进山>").ok()
    accept(intake, shown)
    with signed_in(intake, "secretariat") as office:
        pages = [
            tab.get(f"/desk/entries/{entry['entry_id']}/preview"),
            tab.get(f"/desk/entries/{entry['entry_id']}/submit"),
            office.get(f"/office/entries/{entry['entry_id']}"),
        ]
        assert office.get(f"/desk/materials/{shown}/picture").status_code == 303

    for page in pages:
        assert f'src="/desk/materials/{shown}/picture?side=480" alt="书车 &lt;进山&gt;"' in page.text
        assert f'href="/desk/materials/{shown}/file"' in page.text
        assert "<p>书车 &lt;进山&gt;</p>" in page.text
        assert waiting not in page.text
        assert intake.ports.objects.public_origin in page.headers["content-security-policy"].split("img-src")[1]


def test_the_stream_tells_the_files_at_once_and_each_change_within_seconds(intake: Intake, tab: Tab) -> None:
    unit = intake.unit()
    entry = unit.entry(intake.open(), "story")
    material = unit.upload(entry, PHOTO)
    told: list[Any] = []
    heard = threading.Event()

    def listen() -> None:
        for files in events(tab.http, f"/desk/entries/{entry['entry_id']}/materials/live"):
            told.append(files)
            heard.set()
            if len(told) == 2:
                return

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    assert heard.wait(5)
    accept(intake, material)
    listener.join(5)

    assert [[file["state"] for file in files] for files in told] == [["uploaded"], ["accepted"]]


LAPSED = "lapsed"


@pytest.mark.parametrize(
    "over",
    [
        "UPDATE accounts SET disabled_at = clock_timestamp() WHERE account_id = :account",
        "UPDATE sessions SET ended_at = clock_timestamp() WHERE session_id = :session",
        "UPDATE sessions SET expires_at = clock_timestamp() WHERE session_id = :session",
        "UPDATE sessions SET seen_at = clock_timestamp() - interval '2 hours' WHERE session_id = :session",
    ],
)
def test_the_stream_ends_with_the_session_and_says_so(
    intake: Intake, tab: Tab, over: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "BEAT_SECONDS", 0.2)
    unit = intake.unit()
    entry = unit.entry(intake.open(), "story")
    stream = events(tab.http, f"/desk/entries/{entry['entry_id']}/materials/live")
    assert next(stream) == []

    intake.sql(over, **({"account": tab.account_id} if ":account" in over else {"session": tab.session_id}))

    assert list(stream) == [LAPSED]  # it comes to an end; the client's timeout would raise


def test_an_open_page_keeps_no_idle_session_alive_but_what_somebody_does_is_noted(
    intake: Intake, tab: Tab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "BEAT_SECONDS", 0.2)
    entry = intake.unit().entry(intake.open(), "story")
    desk = f"/desk/entries/{entry['entry_id']}"
    long_ago = "UPDATE sessions SET seen_at = clock_timestamp() - interval '90 minutes' WHERE session_id = :id"
    intake.sql(long_ago, id=tab.session_id)

    def idle() -> float:
        age = "SELECT extract(epoch FROM clock_timestamp() - seen_at) AS age FROM sessions WHERE session_id = :id"
        return float(intake.sql(age, id=tab.session_id)[0].age)

    until = time.monotonic() + 3  # more than what is remembered of a visit
    with tab.http.stream("GET", f"{desk}/materials/live", headers={"Accept": "text/event-stream"}) as stream:
        for _ in stream.iter_lines():
            for path in (f"{desk}/materials", f"{desk}/progress", "/session"):
                assert tab.http.get(path).status_code == 200
            if time.monotonic() > until:
                break
    assert idle() > 5000

    # Right after what the page asked by itself, whose answer is still remembered.
    saved = tab.script("PUT", f"{desk}/fields", json={"version": 1, "fields": {"title": "书车进山"}})
    assert saved.status_code == 200
    assert idle() < 60
    intake.sql(long_ago, id=tab.session_id)
    intake.app.state.visits.forget(tab.session_id)
    assert tab.http.get(f"{desk}/materials").status_code == 200
    assert tab.get(desk).status_code == 200
    assert idle() < 60


def events(http: httpx.Client, path: str) -> Iterator[Any]:
    """What each event of a stream says of the files, or that the session has ended."""
    name = ""
    with http.stream("GET", path, headers={"Accept": "text/event-stream"}, timeout=40) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for line in answer.iter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                yield name or json.loads(line.removeprefix("data: "))["materials"]
