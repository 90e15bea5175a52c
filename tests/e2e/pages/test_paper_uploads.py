"""A scanned form in a real browser: chosen, judged live, its first page shown, its file an attachment."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from contracts.storage import MATERIALS, preview_key
from tests.e2e.pages.conftest import axe
from tests.integration.intake.desk import Intake, definition
from tests.integration.intake.verdicts import accept, refuse
from tests.media_corpus import papers
from tests.support.servers import S3

OpenPage = Callable[..., Page]


def _campaign(intake: Intake) -> str:
    raw = definition()
    story = next(category for category in raw["categories"] if category["key"] == "story")
    story["materials"].append(
        {
            "key": "scan",
            "kind": "document",
            "label": {"zh": "推荐表盖章扫描件", "en": "Stamped form"},
            "formats": ["PDF", "JPEG"],
            "max_count": 2,
            "max_bytes": 10485760,
            "max_pages": 4,
        }
    )
    intake.caller("secretariat").post("/campaigns", definition=raw).ok(201)
    return str(raw["id"])


def _first_page() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (1132, 1600), (250, 248, 240)).save(out, "JPEG")
    return out.getvalue()


def _chosen(name: str, pages: int) -> Any:
    return {"name": name, "mimeType": "application/pdf", "buffer": papers.paper(pages=pages)}


@pytest.mark.parametrize("width", ["wide", "narrow"])
def test_a_scanned_form_gets_its_verdict_live_and_shows_its_first_page(
    intake: Intake, open_page: OpenPage, s3: S3, width: str
) -> None:
    unit, page = intake.unit(), open_page("unit", unit="unit-a", width=width)
    entry = unit.written(_campaign(intake), "story")
    page.goto(f"/desk/entries/{entry['entry_id']}/files")
    scans = page.locator("[data-kind=scan]")
    expect(scans).to_contain_text("PDF、JPG 格式")
    expect(scans).to_contain_text("不超过 4 页")

    scans.locator(".choose input[type=file]").set_input_files([_chosen("推荐表.pdf", 2), _chosen("有脚本.pdf", 3)])
    expect(scans.locator("li.file[data-state=uploaded]")).to_have_count(2, timeout=30_000)
    first, second = (one["material_id"] for one in unit.get(f"/entries/{entry['entry_id']}").ok()["materials"])
    digest = accept(intake, first, format_="PDF", pages=2, blank_pages=(2,))
    s3.client().put_object(
        MATERIALS, preview_key(digest), io.BytesIO(_first_page()), len(_first_page()), content_type="image/jpeg"
    )
    s3.client().put_object(MATERIALS, f"{digest[:2]}/{digest}", io.BytesIO(b"%PDF-"), 5)
    refuse(intake, second, "active-content", "PDF 中含有脚本（JavaScript）。", "The PDF holds scripts.")

    rows = scans.locator("li.file")
    expect(rows.nth(0)).to_have_attribute("data-state", "accepted", timeout=10_000)
    expect(rows.nth(0)).to_contain_text("第 2 页是空白页")
    expect(rows.nth(1)).to_contain_text("PDF 中含有脚本（JavaScript）。")
    page.reload()
    expect(rows.nth(0).locator("img[data-part=picture]")).to_have_js_property("naturalHeight", 1600)
    axe(page)
    if folder := os.environ.get("LAUREL_SHOTS"):
        page.screenshot(path=str(Path(folder) / f"scan-{width}.png"), full_page=True)

    link = unit.get(f"/materials/{first}/link").ok()["url"]
    assert httpx.get(link).headers["content-disposition"].startswith("attachment;")
