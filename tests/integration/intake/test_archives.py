"""Archives over HTTP: whole, verifiable, streamed; and never silently short."""

from __future__ import annotations

import hashlib
import io
import json
import resource
import socket
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from pypdf import PdfReader

from services.intake.domain.errors import StorageUnavailableError
from services.intake.files.printing import Printer
from services.intake.library import StoredLibrary
from services.intake.rendering.press import Job, Press
from tests.integration.intake.desk import PUBLIC_URL, Intake
from tests.integration.intake.paper_desk import API, Files, serving_files, submitted
from tests.support.polling import wait_until
from tests.support.servers import S3

PHOTOS = {"阅览室.jpg": b"\xff\xd8 one", "a/b\\c:.jpg": b"\xff\xd8 two", "c_.jpg": b"\xff\xd8 two again"}


@pytest.fixture(scope="module")
def files(intake: Intake, s3: S3) -> Iterator[Files]:
    with serving_files(intake, s3) as running:
        yield running


def checked(content: bytes) -> dict[str, bytes]:
    """Every file of an archive by its path below the one folder, each held against the list of digests."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert len(names) == len(set(names))
        (folder,) = {name.split("/")[0] for name in names}
        found = {name.removeprefix(f"{folder}/"): archive.read(name) for name in names}
        sums = found.pop("SHA256SUMS").decode()
        assert names[-1] == f"{folder}/SHA256SUMS"
        assert [name.removeprefix(f"{folder}/") for name in names[:-1]] == [
            s.split("  ", 1)[1] for s in sums.splitlines()
        ]
    for line in sums.splitlines():
        digest, path = line.split("  ", 1)
        assert hashlib.sha256(found[path]).hexdigest() == digest
    return found


def text_of(pdf: bytes) -> str:
    told = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return "".join(told.replace("\u200b", "").split())


def test_an_archive_of_an_entry_holds_its_texts_and_files(files: Files, intake: Intake) -> None:
    unit = intake.unit()
    entry = submitted(unit, intake.open(), PHOTOS)

    answer = files.get(unit, f"/entries/{entry['entry_id']}/archive.zip")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert "filename*=UTF-8''" in answer.headers["content-disposition"]
    found = checked(answer.content)
    papers = ["感人事迹申报表.pdf", "感人事迹申报表.docx", "回执.pdf"]
    assert list(found) == ["entry.json", *papers, "photo/01 阅览室.jpg", "photo/02 c_.jpg", "photo/03 c_.jpg"]
    assert list(found.values())[4:] == list(PHOTOS.values())
    form, receipt = (text_of(found[name]) for name in ("感人事迹申报表.pdf", "回执.pdf"))
    for told in (form, receipt):
        assert entry["receipt"]["digest"] in told
        assert "草稿" not in told
    assert "13800000000" in form
    assert found["感人事迹申报表.docx"].startswith(b"PK")
    told = json.loads(found["entry.json"])
    assert told["digest"] == entry["receipt"]["digest"]
    assert told["fields"]["mobile"] == "13800000000"
    assert [m["state"] for m in told["materials"]] == ["uploaded"] * 3


def test_contact_data_are_left_out_for_supervisors(files: Files, intake: Intake) -> None:
    entry = submitted(intake.unit(), intake.open(), {"a.jpg": b"x"})

    answer = files.get(intake.caller("supervisor"), f"/entries/{entry['entry_id']}/archive.zip")

    assert b"13800000000" not in answer.content
    found = checked(answer.content)
    assert json.loads(found["entry.json"])["fields"]["title"]
    form = text_of(found["感人事迹申报表.pdf"])
    assert "13800000000" not in form
    assert "不对此账号显示" in form


def test_a_draft_is_packed_with_papers_that_say_so_and_without_a_receipt(files: Files, intake: Intake) -> None:
    unit = intake.unit()
    entry = unit.written(intake.open(), "story")

    found = checked(files.get(unit, f"/entries/{entry['entry_id']}/archive.zip").content)

    assert list(found) == ["entry.json", "感人事迹申报表.pdf", "感人事迹申报表.docx"]
    assert "草稿" in text_of(found["感人事迹申报表.pdf"])


def test_an_archive_of_a_campaign_holds_what_was_submitted(files: Files, intake: Intake) -> None:
    campaign = intake.open()
    one = submitted(intake.unit("unit-a"), campaign, PHOTOS)
    two = submitted(intake.unit("unit-b"), campaign, {"x.jpg": b"y"})
    gone = submitted(intake.unit("unit-c"), campaign, {"x.jpg": b"z"})
    intake.unit("unit-c").post(f"/entries/{gone['entry_id']}/withdrawal", reason="更换").ok()
    intake.unit("unit-a").written(campaign, "note")

    found = checked(files.get(intake.caller("secretariat"), f"/campaigns/{campaign}/archive.zip").content)

    told = [json.loads(content) for path, content in found.items() if path.endswith("/entry.json")]
    assert [t["entry_id"] for t in told] == [one["entry_id"], two["entry_id"]]
    assert len(found) == 2 + len(PHOTOS) + 1 + 2 * 3
    for entry in (one, two):
        (receipt,) = [c for p, c in found.items() if entry["receipt"]["receipt_number"] in p and p.endswith("回执.pdf")]
        assert entry["receipt"]["digest"] in text_of(receipt)
    assert all(path.startswith(f"{campaign}.story.000") for path in found)


def test_what_was_submitted_stays_in_the_archive_while_a_returned_entry_is_mended(files: Files, intake: Intake) -> None:
    unit, campaign = intake.unit(), intake.open()
    entry = submitted(unit, campaign, {"a.jpg": b"one"})
    intake.sql("UPDATE entries SET state = 'returned' WHERE entry_id = :id", id=entry["entry_id"])
    unit.save(unit.get(f"/entries/{entry['entry_id']}").ok(), title="新标题")

    whole = checked(files.get(intake.caller("secretariat"), f"/campaigns/{campaign}/archive.zip").content)
    own = checked(files.get(unit, f"/entries/{entry['entry_id']}/archive.zip").content)

    (told,) = [json.loads(content) for path, content in whole.items() if path.endswith("entry.json")]
    assert (told["fields"]["title"], told["revision"]) == ("一本书的旅行", 1)
    assert json.loads(own["entry.json"])["fields"]["title"] == "新标题"


def test_an_archive_without_fonts_says_which_papers_it_lacks(files: Files, intake: Intake, tmp_path: Path) -> None:
    unit = intake.unit()
    entry = submitted(unit, intake.open(), {"a.jpg": b"one"})
    here, files.app.state.printer = files.app.state.printer, Printer(PUBLIC_URL, Press(1, folders=(tmp_path,)))
    try:
        found = checked(files.get(unit, f"/entries/{entry['entry_id']}/archive.zip").content)
    finally:
        files.app.state.printer.press.close()
        files.app.state.printer = here

    assert "缺少文档字体" in found["感人事迹申报表.pdf.txt"].decode()
    assert "回执.pdf.txt" in found
    assert found["感人事迹申报表.docx"].startswith(b"PK")
    assert found["photo/01 a.jpg"] == b"one"


def test_a_campaigns_archive_starts_before_its_papers_are_made(files: Files, intake: Intake) -> None:
    campaign = intake.open()
    for unit in ("unit-a", "unit-b", "unit-c"):
        submitted(intake.unit(unit), campaign, {"a.jpg": b"one"})
    gate, made = threading.Event(), []

    class Held(Press):
        def make(self, job: Job, *, patient: bool = False) -> bytes:
            assert patient
            assert gate.wait(30)
            made.append(job)
            return b"%PDF made"

    here, files.app.state.printer = files.app.state.printer, Printer(PUBLIC_URL, Held(2))
    try:
        headers = {"Authorization": f"Bearer {intake.caller('secretariat').token}"}
        url = f"{files.url}{API}/campaigns/{campaign}/archive.zip"
        with httpx.stream("GET", url, headers=headers, timeout=60, trust_env=False) as answer:
            pieces = answer.iter_raw()
            first = next(pieces)
            assert (b"entry.json" in first, made) == (True, [])
            gate.set()
            found = checked(first + b"".join(pieces))
    finally:
        gate.set()
        files.app.state.printer = here

    assert "content-length" not in answer.headers
    assert len(made) == 3 * 3
    assert sum(path.endswith("回执.pdf") for path in found) == 3


def test_a_large_file_passes_without_being_held(files: Files, intake: Intake, s3: S3) -> None:
    unit = intake.unit()
    entry = submitted(unit, intake.open(), {"a.jpg": b"small"})
    size = 150 * 1024 * 1024
    (row,) = intake.sql("SELECT bucket, key FROM materials WHERE entry_id = :id", id=entry["entry_id"])
    s3.client().put_object(row.bucket, row.key, io.BufferedReader(_Zeros(size)), size, part_size=32 * 1024 * 1024)
    intake.sql("UPDATE materials SET size = :size WHERE entry_id = :id", size=size, id=entry["entry_id"])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    received = 0
    headers = {"Authorization": f"Bearer {unit.token}"}
    url = f"{files.url}{API}/entries/{entry['entry_id']}/archive.zip"
    with httpx.stream("GET", url, headers=headers, timeout=120, trust_env=False) as answer:
        for piece in answer.iter_raw(65536):
            received += len(piece)

    assert received == int(answer.headers["content-length"]) > size
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 64 * 1024, f"{grown} KiB more than before"


class _Zeros(io.RawIOBase):
    def __init__(self, size: int) -> None:
        self._left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        taken = min(self._left, len(buffer))
        buffer[:taken] = bytes(taken)
        self._left -= taken
        return taken


@pytest.mark.parametrize("how", ["short", "other-bytes", "gone"])
def test_storage_that_fails_in_the_middle_breaks_the_connection(files: Files, intake: Intake, how: str) -> None:
    unit = intake.unit()
    entry = submitted(unit, intake.open(), {"a.jpg": b"one", "b.jpg": b"two"})
    (_, row) = intake.sql("SELECT * FROM materials WHERE entry_id = :id ORDER BY position", id=entry["entry_id"])
    if how == "short":
        intake.sql("UPDATE materials SET size = 5000 WHERE material_id = :id", id=row.material_id)
    elif how == "gone":
        intake.ports.objects.remove(row.key)
    else:
        ref = json.dumps({"bucket": row.bucket, "key": row.key, "size": 3, "sha256": "0" * 64})
        intake.sql(
            "UPDATE materials SET object = CAST(:ref AS jsonb) WHERE material_id = :id", ref=ref, id=row.material_id
        )

    with pytest.raises(httpx.RemoteProtocolError):
        files.get(unit, f"/entries/{entry['entry_id']}/archive.zip")


def test_a_reader_who_leaves_ends_the_transfer(files: Files, intake: Intake) -> None:
    unit = intake.unit()
    entry = submitted(unit, intake.open(), {"a.jpg": b"one"})
    endless = _Endless()
    intake.sql("UPDATE materials SET size = :size WHERE entry_id = :id", size=1 << 40, id=entry["entry_id"])
    here, files.app.state.library = files.app.state.library, endless
    try:
        parts = urlsplit(files.url)
        with socket.create_connection((parts.hostname or "", parts.port or 0)) as line:
            path = f"{API}/entries/{entry['entry_id']}/archive.zip"
            head = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {unit.token}\r\n\r\n"
            line.sendall(head.encode())
            assert line.recv(100_000)
            wait_until(lambda: endless.pieces > 0)
        wait_until(lambda: endless.closed == 1)
        pieces = endless.pieces
    finally:
        files.app.state.library = here
    assert pieces < 1000, "a reader who takes nothing must not be sent everything"


class _Endless:
    """Storage whose file never ends."""

    def __init__(self) -> None:
        self.pieces = self.closed = 0

    def read(self, bucket: str, key: str, size: int, sha256: str | None) -> Iterator[bytes]:  # noqa: ARG002
        try:
            while True:
                self.pieces += 1
                yield b"x" * 262_144
        finally:
            self.closed += 1


def test_a_library_tells_short_long_and_other_files(intake: Intake, s3: S3) -> None:
    unit = intake.unit()
    entry = unit.written(intake.open(), "story")
    unit.upload(entry, b"one")
    (row,) = intake.sql("SELECT bucket, key FROM materials WHERE entry_id = :id", id=entry["entry_id"])
    library = StoredLibrary(endpoint=s3.endpoint, access_key=s3.access_key, secret_key=s3.secret_key)
    digest = hashlib.sha256(b"one").hexdigest()

    assert b"".join(library.read(row.bucket, row.key, 3, digest)) == b"one"
    for size, wanted, key in ((4, None, row.key), (2, None, row.key), (3, "0" * 64, row.key), (3, None, "no/such")):
        with pytest.raises(StorageUnavailableError):
            list(library.read(row.bucket, key, size, wanted))
    nowhere = StoredLibrary(endpoint="http://127.0.0.1:9", access_key="x", secret_key="x")
    with pytest.raises(StorageUnavailableError):
        list(nowhere.read(row.bucket, row.key, 3, None))
