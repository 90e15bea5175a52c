"""Documents over HTTP: of which revision, for whom, as what kind of file."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import openpyxl
import pytest
from docx import Document
from fastapi.routing import APIRoute, iter_route_contexts
from pypdf import PdfReader

from contracts.events import OpinionGivenV1
from infra.web.principal import ROLES
from services.intake.api.calling import Allowed
from services.intake.domain.permissions import PERMISSIONS, Action
from services.intake.files.printing import Printer
from services.intake.rendering.press import Press
from services.intake.usecases.consumers import opinion_given
from tests.integration.intake.desk import PUBLIC_URL, Intake, definition
from tests.integration.intake.paper_desk import API, Files, serving_files, submitted
from tests.integration.intake.tabs import signed_in
from tests.support.servers import S3

PHOTO = b"\xff\xd8 a photo"


@pytest.fixture(scope="module")
def files(intake: Intake, s3: S3) -> Iterator[Files]:
    with serving_files(intake, s3) as running:
        yield running


def text_of(pdf: bytes) -> str:
    told = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return "".join(told.replace("\u200b", "").split())


def test_a_submitted_form_says_its_number_revision_and_digest(files: Files, intake: Intake) -> None:
    unit, campaign = intake.unit(), intake.open(paper_deadline=datetime.now(UTC) + timedelta(days=2))
    entry = submitted(unit, campaign, {"阅览室.jpg": PHOTO})
    receipt = entry["receipt"]

    answer = files.get(unit, f"/entries/{entry['entry_id']}/documents/form.pdf")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert answer.headers["cache-control"] == "no-store"
    told = text_of(answer.content)
    for expected in (receipt["receipt_number"], "第1次提交", receipt["digest"], "13800000000", "单位unit-a", "寄达"):
        assert expected in told
    assert "草稿" not in told


def test_the_docx_of_a_form_opens_and_holds_the_code(files: Files, intake: Intake) -> None:
    unit = intake.unit()
    entry = submitted(unit, intake.open(), {"a.jpg": PHOTO})

    answer = files.get(unit, f"/entries/{entry['entry_id']}/documents/form.docx")

    document = Document(io.BytesIO(answer.content))
    told = "".join(c.text for table in document.tables for row in table.rows for c in row.cells)
    assert entry["receipt"]["receipt_number"] in told
    assert "13800000000" in told
    assert any("png" in str(part.partname) for part in document.part.package.iter_parts())


def test_a_draft_is_marked_and_has_no_number_and_no_receipt(files: Files, intake: Intake) -> None:
    unit = intake.unit()
    entry = unit.written(intake.open(), "story")

    told = text_of(files.get(unit, f"/entries/{entry['entry_id']}/documents/form.pdf").content)
    refused = files.get(unit, f"/entries/{entry['entry_id']}/receipt.pdf")

    assert "草稿" in told
    assert "无编号" in told
    assert (refused.status_code, refused.json()["slug"]) == (409, "wrong-state")


def test_each_revision_can_be_printed_and_an_older_one_says_so(files: Files, intake: Intake) -> None:
    unit, campaign = intake.unit(), intake.open()
    entry = submitted(unit, campaign, {"a.jpg": PHOTO}, extra="第一稿")
    intake.sql("UPDATE entries SET state = 'returned' WHERE entry_id = :id", id=entry["entry_id"])
    form = f"/entries/{entry['entry_id']}/documents/form.pdf"
    entry = unit.save(unit.get(f"/entries/{entry['entry_id']}").ok(), extra="第二稿")

    draft = text_of(files.get(unit, form).content)
    first = text_of(files.get(unit, form, revision=1).content)
    assert unit.submit(entry).status == 201
    second = text_of(files.get(unit, form).content)
    old = text_of(files.get(unit, form, revision=1).content)

    assert "草稿" in draft
    assert "第二稿" in draft
    assert ("第一稿" in first, "第二稿" in first, "旧版" in first) == (True, False, False)
    assert ("第二稿" in second, "第2次提交" in second, "旧版" in second) == (True, True, False)
    assert ("第一稿" in old, "第1次提交" in old, "旧版" in old) == (True, True, True)
    assert files.get(unit, form, revision=3).status_code == 404
    assert files.get(unit, form, revision=0).status_code == 422


def test_a_withdrawn_entry_is_printed_as_withdrawn(files: Files, intake: Intake) -> None:
    unit = intake.unit()
    entry = submitted(unit, intake.open(), {"a.jpg": PHOTO})
    unit.post(f"/entries/{entry['entry_id']}/withdrawal", reason="更换").ok()

    assert "已撤回" in text_of(files.get(unit, f"/entries/{entry['entry_id']}/documents/form.pdf").content)


def test_the_receipt_lists_the_files_and_what_happens_next(files: Files, intake: Intake) -> None:
    unit = intake.unit()
    entry = submitted(unit, intake.open(), {"阅览室.jpg": PHOTO})

    told = text_of(files.get(unit, f"/entries/{entry['entry_id']}/receipt.pdf").content)

    for expected in (entry["receipt"]["receipt_number"], entry["receipt"]["digest"], "阅览室.jpg", "资格审查"):
        assert expected in told


def test_private_fields_are_for_those_who_may_see_them(files: Files, intake: Intake) -> None:
    unit = intake.unit()
    entry = submitted(unit, intake.open(), {"a.jpg": PHOTO})
    path = f"/entries/{entry['entry_id']}/documents/form.pdf"

    secretary = text_of(files.get(intake.caller("secretariat"), path).content)
    supervisor = text_of(files.get(intake.caller("supervisor"), path).content)

    assert "13800000000" in secretary
    assert "13800000000" not in supervisor
    assert "不对此账号显示" in supervisor


@pytest.fixture(scope="module")
def alliance(intake: Intake) -> str:
    raw: dict[str, Any] = definition()
    raw["units"][0]["kind"] = "committee"
    label = {"zh": "姓名", "en": "Name"}
    raw["categories"][0]["recommenders"] = raw["categories"][2]["recommenders"] = ["committee", "unit"]
    columns = [{"label": label, "fields": ["title"]}]
    raw["summaries"] = [
        {
            "key": "city",
            "title": {"zh": "汇总表", "en": "Table"},
            "unit_kinds": ["committee"],
            "sections": [{"category": "note", "columns": columns}, {"category": "pair", "columns": columns}],
        }
    ]
    intake.caller("secretariat").post("/campaigns", definition=raw).ok(201)
    return str(raw["id"])


def test_the_summary_is_made_of_what_the_unit_has_submitted(files: Files, intake: Intake, alliance: str) -> None:
    committee = intake.caller("committee", unit="unit-a", name="甲馆")
    for title in ("=甲", "乙"):
        assert committee.submit(committee.save(committee.entry(alliance, "pair"), title=title)).status == 201
    committee.save(committee.entry(alliance, "note"), title="未提交")
    path = f"/campaigns/{alliance}/summaries/city"

    pdf = text_of(files.get(committee, f"{path}.pdf").content)
    sheet = openpyxl.load_workbook(io.BytesIO(files.get(committee, f"{path}.xlsx").content)).active

    assert sheet is not None
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    values = [str(cell.value) for cell in cells]
    assert ("=甲" in pdf, "乙" in pdf, "未提交" in pdf, "单位unit-a" in pdf) == (True, True, False, True)
    assert ("'=甲" in values, "乙" in values, "未提交" in values) == (True, True, False)
    assert all(cell.data_type != "f" for cell in cells)
    # Nobody else's: not another unit's, none of a unit that makes none; the secretariat names whose it wants.
    other = intake.unit("unit-b")
    assert files.get(other, f"{path}.pdf").status_code == 404
    assert files.get(other, f"{path}.pdf", unit="unit-a").status_code == 404
    assert files.get(intake.caller("secretariat"), f"{path}.pdf", unit="unit-a").status_code == 200
    assert files.get(intake.caller("secretariat"), f"{path}.pdf").status_code == 404


def test_opinions_given_on_the_platform_stand_in_their_boxes(files: Files, intake: Intake) -> None:
    raw = definition()
    raw["opinions"] = [{"key": key, "title": {"zh": f"{key}意见", "en": key}} for key in ("committee", "alliance")]
    raw["categories"][0]["opinion_chain"] = ["committee", "alliance"]
    intake.caller("secretariat").post("/campaigns", definition=raw).ok(201)
    unit = intake.unit()
    entry = unit.written(raw["id"])
    assert unit.submit(entry).status == 201
    given = {
        "entry_id": entry["entry_id"],
        "campaign_id": raw["id"],
        "level": "committee",
        "verdict": "approved",
        "text": "工作扎实。",
        "given_at": datetime(2025, 3, 30, 2, tzinfo=UTC),
    }
    with intake.store.begin() as tx:
        assert opinion_given(tx, OpinionGivenV1.model_validate({**given, "revision": 1}))
        assert opinion_given(tx, OpinionGivenV1.model_validate({**given, "revision": 2, "text": "另一版本。"}))

    told = text_of(files.get(unit, f"/entries/{entry['entry_id']}/documents/form.pdf").content)

    assert "工作扎实。（平台意见，2025年3月30日（周日）10:00:00）" in told
    assert "另一版本" not in told
    assert told.count("（公章）") == 2


def test_what_can_be_printed_is_listed_with_its_links(files: Files, intake: Intake) -> None:
    unit = intake.unit()
    entry = submitted(unit, intake.open(), {"a.jpg": PHOTO})

    listed = unit.get(f"/entries/{entry['entry_id']}/documents").ok()

    assert (listed["revision"], listed["receipt_number"]) == (1, entry["receipt"]["receipt_number"])
    assert [(d["key"], sorted(d["files"])) for d in listed["documents"]] == [("form", ["docx", "pdf"])]
    for link in (*listed["documents"][0]["files"].values(), listed["receipt"], listed["archive"]):
        assert files.get(unit, link.removeprefix(API)).status_code == 200
    intake.unit("unit-b").get(f"/entries/{entry['entry_id']}/documents").refused(404, "not-found")


def test_a_server_without_fonts_still_makes_docx_and_says_what_is_missing(
    files: Files, intake: Intake, tmp_path: Any
) -> None:
    unit = intake.unit()
    entry = submitted(unit, intake.open(), {"a.jpg": PHOTO})
    path = f"/entries/{entry['entry_id']}/documents/form"
    here, files.app.state.printer = (
        files.app.state.printer,
        Printer(PUBLIC_URL, Press(1, folders=(tmp_path,))),
    )
    try:
        refused = files.get(unit, f"{path}.pdf")
        assert (refused.status_code, refused.json()["slug"]) == (503, "font-missing")
        assert "仿宋" in refused.json()["detail"]
        assert files.get(unit, f"{path}.docx").status_code == 200
    finally:
        files.app.state.printer.press.close()
        files.app.state.printer = here


def test_a_draft_larger_than_any_submission_says_what_to_shorten(files: Files, intake: Intake) -> None:
    unit = intake.unit()
    entry = unit.save(unit.written(intake.open(), "story"), extra="字" * 18_000)

    refused = files.get(unit, f"/entries/{entry['entry_id']}/documents/form.pdf")

    assert (refused.status_code, refused.json()["slug"]) == (409, "too-long-to-print")
    assert "最多 52 KB" in refused.json()["detail"]
    assert files.get(unit, f"/entries/{entry['entry_id']}/archive.zip").status_code == 200


LETTERS = {
    "organiser": "测试学会秘书处",
    "letters": [
        {"name": "某省文化厅", "login": "mswht", "code": "7K2MX-9QWRT", "expires_at": "2017-03-04T10:00:00+08:00"},
        {
            "name": "=#read(x) {{7*7}}",
            "login": "other",
            "code": "AAAAA-BBBBB",
            "expires_at": "2017-03-04T10:00:00+08:00",
        },
    ],
}


def test_activation_codes_become_letters_for_who_gives_them_out(files: Files, intake: Intake) -> None:
    url, secretary = f"{files.url}{API}/letters", intake.caller("secretariat")
    bearer = {"Authorization": f"Bearer {secretary.token}"}

    answer = httpx.post(url, json=LETTERS, headers=bearer, trust_env=False)

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    pages = ["".join(p.extract_text().split()) for p in PdfReader(io.BytesIO(answer.content)).pages]
    assert len(pages) == 2
    for expected in ("某省文化厅", "mswht", "7K2MX-9QWRT", "2017年3月4日（周六）10:00", f"{PUBLIC_URL}/activate"):
        assert expected in pages[0]
    assert "{{7*7}}" in pages[1]
    unit = {"Authorization": f"Bearer {intake.unit().token}"}
    assert httpx.post(url, json=LETTERS, headers=unit, trust_env=False).status_code == 403
    assert httpx.post(url, json=LETTERS, trust_env=False).status_code == 401
    assert httpx.post(url, json={**LETTERS, "letters": []}, headers=bearer, trust_env=False).status_code == 422


def test_a_page_sends_its_letters_as_a_form_of_its_own_site(files: Files, intake: Intake) -> None:
    url, form = f"{files.url}{API}/letters/form", {"letters": json.dumps(LETTERS)}
    with signed_in(intake, "secretariat") as secretary:
        cookies = {"laurel": secretary.cookie or ""}
        sent = httpx.post(url, data=form, cookies=cookies, trust_env=False)
        bad = httpx.post(url, data={"letters": "{"}, cookies=cookies, trust_env=False)
        foreign = httpx.post(url, data=form, cookies=cookies, headers={"Sec-Fetch-Site": "cross-site"}, trust_env=False)

    assert (sent.status_code, bad.status_code, foreign.status_code) == (200, 422, 403)


# The permission table, walked over every route of `files`.


def routes(files: Files) -> Iterator[tuple[str, Any]]:
    for context in iter_route_contexts(files.app.routes):
        path = str(getattr(context, "path", ""))
        dependencies = (
            context.original_route.dependant.dependencies if isinstance(context.original_route, APIRoute) else []
        )
        actions = [d.call.action for d in dependencies if isinstance(d.call, Allowed)]
        if path.startswith(API) and not path.endswith("openapi.json"):
            if path.startswith(f"{API}/letters"):  # the only ones that take something; they have tests of their own
                assert actions == [Action.CREATE_ACCOUNT]
                continue
            assert getattr(context, "methods", None) == {"GET"}
            yield path, actions[0] if actions else None


def concrete(path: str, entry_id: object, campaign: str) -> str:
    kind = "xlsx" if "summaries" in path else "docx"
    return path.removeprefix(API).format(entry_id=entry_id, campaign_id=campaign, key="form", kind=kind)


def test_every_route_of_files_asks_for_an_action(files: Files) -> None:
    found = dict(routes(files))
    assert len(found) == 5
    assert None not in found.values()


@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_files_exactly_where_the_table_says(files: Files, intake: Intake, role: str) -> None:
    who = intake.caller(role, unit="unit-a")
    for path, action in routes(files):
        answer = files.get(who, concrete(path, uuid4(), "no-such-campaign"))
        refused = answer.status_code == 403 and answer.json()["slug"] == "forbidden"
        assert refused == (role not in PERMISSIONS[action]), (path, role, answer.text)


def test_nobody_gets_files_without_a_token(files: Files, intake: Intake) -> None:
    for path, _ in routes(files):
        assert files.get(intake.anybody(), concrete(path, uuid4(), "no-such-campaign")).status_code == 401


def test_a_page_leads_to_files_by_its_session_and_a_stranger_to_the_door(files: Files, intake: Intake) -> None:
    campaign = intake.open()
    entry = submitted(intake.unit("unit-a"), campaign, {"a.jpg": PHOTO})
    url = f"{files.url}{API}/entries/{entry['entry_id']}/documents/form.docx"
    page = {"Accept": "text/html"}
    with signed_in(intake, "unit", unit="unit-a") as own, signed_in(intake, "unit", unit="unit-b") as other:
        mine = httpx.get(url, cookies={"laurel": own.cookie or ""}, headers=page, trust_env=False)
        theirs = httpx.get(url, cookies={"laurel": other.cookie or ""}, headers=page, trust_env=False)
    stranger = httpx.get(url, headers=page, trust_env=False)
    forged = httpx.get(url, cookies={"laurel": "x" * 43}, trust_env=False)

    assert (mine.status_code, theirs.status_code, forged.status_code) == (200, 404, 401)
    assert stranger.status_code == 303
    assert stranger.headers["location"] == f"/login?next={API}/entries/{entry['entry_id']}/documents/form.docx"
    whole = f"{files.url}{API}/campaigns/{campaign}/archive.zip"
    with signed_in(intake, "secretariat", factor=False) as confined:
        assert httpx.get(whole, cookies={"laurel": confined.cookie or ""}, trust_env=False).status_code == 403
    with signed_in(intake, "secretariat") as secretary:
        assert httpx.get(whole, cookies={"laurel": secretary.cookie or ""}, trust_env=False).status_code == 200


def test_another_units_papers_do_not_exist(files: Files, intake: Intake) -> None:
    campaign = intake.open()
    entry = submitted(intake.unit("unit-a"), campaign, {"a.jpg": PHOTO})
    other = intake.unit("unit-b")
    for path, _ in routes(files):
        answer = files.get(other, concrete(path, entry["entry_id"], campaign))
        assert answer.status_code in {403, 404}, path
        assert answer.headers["content-type"] == "application/problem+json"
