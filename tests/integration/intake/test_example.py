"""The program of docs/examples hands an entry in over HTTP and to real storage; media's verdict is given here."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from tests.integration.intake.desk import Intake
from tests.integration.intake.verdicts import accept, reject

PROGRAM = Path(__file__).parents[3] / "docs" / "examples" / "publish_entry.py"
PASSWORD = "书山 有路 勤为径"
TEXTS = ["title=一本书的旅行", "article=正文。", "mobile=13800000000", "email=reader@example.org"]
WAITING = "SELECT material_id FROM materials WHERE state = 'uploaded' AND name = :name"


def run(
    intake: Intake, folder: Path, campaign: str, judge: Callable[[Intake, str], object], **given: str
) -> tuple[int | None, str, str]:
    """What the program ends with, where its one photo is judged like that."""
    photo = folder / f"{uuid4().hex}.jpg"
    photo.write_bytes(b"\xff\xd8 a photo")
    program = subprocess.Popen(
        [sys.executable, PROGRAM, campaign, "story", "photo", photo, *TEXTS],
        env={**os.environ, "LAUREL_URL": intake.url, **given},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 60
    while program.poll() is None and time.monotonic() < until:
        for row in intake.sql(WAITING, name=photo.name):
            judge(intake, str(row.material_id))
        time.sleep(0.1)
    program.kill()
    printed, told = program.communicate()
    return program.returncode, printed, told


def test_an_entry_is_handed_in_with_a_programs_token(intake: Intake, tmp_path: Path) -> None:
    unit, campaign = intake.unit(), intake.open()
    scopes = ["entries:read", "entries:write", "submissions"]
    token = unit.post("/own/tokens", name="程序", scopes=scopes).ok(201)["token"]

    status, printed, told = run(intake, tmp_path, campaign, accept, LAUREL_TOKEN=token)

    assert status == 0, told
    (listed,) = unit.get(f"/campaigns/{campaign}/entries").ok()["items"]
    entry = unit.get(f"/entries/{listed['entry_id']}").ok()
    assert entry["state"] == "submitted"
    assert printed.split()[:3] == [entry["receipt"]["receipt_number"], "1", entry["receipt"]["digest"]]


def test_a_login_does_as_well_and_a_refused_photo_ends_with_its_sentences(intake: Intake, tmp_path: Path) -> None:
    login = f"lib-{uuid4().hex[:12]}"
    made = intake.caller("secretariat").post("/accounts", login=login, name="某馆", roles=["unit"], unit_code="unit-a")
    intake.anybody().post("/activations", code=made.ok(201)["activation_code"], password=PASSWORD).ok()

    status, printed, told = run(intake, tmp_path, intake.open(), reject, LAUREL_LOGIN=login, LAUREL_PASSWORD=PASSWORD)

    assert (status, printed) == (1, "")
    assert "这是 PNG 文件" in told


@pytest.mark.parametrize("given", [{"LAUREL_TOKEN": "lp_nothing"}, {"LAUREL_LOGIN": "nobody", "LAUREL_PASSWORD": "x"}])
def test_whoever_is_not_let_in_is_told_so(intake: Intake, tmp_path: Path, given: dict[str, str]) -> None:
    status, printed, told = run(intake, tmp_path, intake.open(), accept, **given)
    intake.sql("DELETE FROM sign_in_attempts")

    assert (status, printed) == (1, "")
    assert "Traceback" not in told
    assert told.strip()
