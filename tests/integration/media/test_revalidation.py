"""`laurel media revalidate` on real infrastructure: what was judged is judged again, once in a run, and told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.campaign import CampaignDefinition
from contracts.events import CampaignAmendedV1
from tests.integration.media.rig import ROOT, Rig, eventually
from tests.media_corpus import papers, photos, videos

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("worker")]


def _environment(rig: Rig) -> dict[str, str]:
    return {
        **os.environ,
        "LAUREL_DATABASE_DSN": rig.dsn,
        "LAUREL_S3_ENDPOINT": rig.endpoint,
        "LAUREL_S3_ACCESS_KEY": rig.keys[0],
        "LAUREL_S3_SECRET_KEY": rig.keys[1],
    }


def _begin(rig: Rig, *arguments: str) -> subprocess.Popen[str]:
    argv = [sys.executable, "-m", "services.media", "revalidate", "--json", "--campaign", rig.campaign, *arguments]
    return subprocess.Popen(argv, cwd=ROOT, env=_environment(rig), stdout=subprocess.PIPE, text=True)


def _revalidate(rig: Rig, *arguments: str) -> tuple[int, list[dict[str, Any]], dict[str, int]]:
    """(exit code, a row for each file that differs, how many of each outcome)."""
    process = _begin(rig, *arguments)
    said, _ = process.communicate(timeout=120)
    lines = [json.loads(line) for line in said.splitlines()]
    return process.returncode, lines[:-1], lines[-1]["outcomes"]


def _amend(rig: Rig, version: int, **limits: Any) -> None:
    """Other rules for photos and proofs."""
    given = rig.definition().model_dump(mode="json")
    for category in given["categories"]:
        for rule in category["materials"]:
            if rule["kind"] in {"photo", "document"}:
                rule.update(limits)
    definition = CampaignDefinition.model_validate(given)
    event = CampaignAmendedV1.model_validate(
        {
            "campaign_id": rig.campaign,
            "version": version,
            "definition": definition.model_dump(mode="json"),
            "changed": ["categories"],
            "reason": "测试",
            "amended_at": datetime.now(UTC),
        }
    )
    rig.send(event, rig.campaign)
    eventually(
        lambda: rig.rows("SELECT 1 FROM campaign_rules WHERE campaign_id = %s AND version = %s", rig.campaign, version),
        what="the amended rules",
    )


def test_materials_are_judged_again_by_the_newest_rules_once_in_a_run_and_nothing_accepted_is_taken(
    lasting: Rig,
) -> None:
    rig = lasting
    small, large = rig.submit(photos.jpeg(64, 48)), rig.submit(photos.padded_to(photos.jpeg(200, 100), 60_000))
    paper, video = rig.submit(papers.paper(), "proof"), rig.submit(videos.made(sound=""), "video")
    refused = rig.submit(photos.padded_to(photos.jpeg(80, 60), 2 * 1024 * 1024 + 9))
    gone = rig.submit(photos.png())
    for material in (small, large, paper, video):
        rig.rendered(material)
    for material in (refused, gone):
        assert rig.verdict(material)["state"] == "rejected"
    upload = rig.verdict(gone)["upload"]
    rig.client.remove_object(upload["bucket"], upload["key"])

    # Nothing has changed: nothing differs but what is gone.
    code, rows, counts = _revalidate(rig, "--dry-run")
    assert (code, counts) == (0, {"same": 5, "gone": 1})
    assert [row["material_id"] for row in rows] == [str(gone)]

    # Less is allowed than before.
    _amend(rig, 2, max_bytes=50_000)
    code, rows, counts = _revalidate(rig, "--dry-run", "--state", "accepted")
    assert (code, counts) == (1, {"same": 2, "doubted": 2})
    assert {row["material_id"]: row["now"] for row in rows} == {
        str(large): ["photo-too-large"],
        str(paper): ["document-too-large"],
    }
    assert rig.rows("SELECT 1 FROM rounds") == []

    code, _, counts = _revalidate(rig)
    assert (code, counts) == (1, {"same": 3, "doubted": 2, "gone": 1})
    row = rig.verdict(large)
    assert (row["state"], row["round"], row["doubts"][0]["slug"]) == ("rendered", 2, "photo-too-large")
    assert rig.get(row["object"])
    accepted, doubted = [event for event in rig.events_of(large) if event["type"] != "material.rendered.v1"]
    assert (accepted["type"], accepted["data"]["round"]) == ("material.accepted.v1", 1)
    assert (doubted["type"], doubted["data"]["round"]) == ("material.doubted.v1", 2)
    assert doubted["data"]["findings"][0]["place"] == f"material:{large}"

    # The same run again finds nothing to do.
    assert _revalidate(rig)[2] == {}
    assert len(rig.events_of(large)) == 3

    # More is allowed than ever.
    _amend(rig, 3, max_bytes=4 * 1024 * 1024)
    code, rows, counts = _revalidate(rig)
    assert (code, counts) == (1, {"same": 2, "cleared": 2, "accepted": 1, "gone": 1})
    row = rig.rendered(refused)
    assert (row["state"], row["round"], row["findings"]) == ("rendered", 2, [])
    told = [(event["type"], event["data"].get("round")) for event in rig.events_of(refused)]
    assert told[:2] == [("material.rejected.v1", None), ("material.accepted.v1", 2)]
    assert rig.verdict(large)["doubts"] is None
    assert rig.events_of(large)[-1]["data"]["round"] == 3


def test_run_that_is_killed_goes_on_where_it_was(lasting: Rig) -> None:
    rig = lasting
    for n in range(30):
        rig.rendered(rig.submit(photos.jpeg(40 + n, 30)))
    _amend(rig, 4, max_bytes=200)
    earlier = len(_doubted(rig))
    process = _begin(rig, "--kind", "photo")
    eventually(lambda: len(_doubted(rig)) > earlier + 5, what="a few doubts")
    process.kill()
    process.communicate()
    before = _doubted(rig)[earlier:]

    code, rows, counts = _revalidate(rig, "--kind", "photo")

    assert code == 1
    assert counts["doubted"] > 0
    now = {row["material_id"] for row in rows if row["outcome"] == "doubted"}
    assert not now & set(before)
    assert len(now | set(before)) == len(now) + len(before) >= 30
    told = rig.rows("SELECT 1 FROM outbox WHERE type = 'material.doubted.v1'")
    assert len(told) == len(_doubted(rig)), "told once each"
    assert rig.dead() == 0


def _doubted(rig: Rig) -> list[str]:
    rows = rig.rows("SELECT material_id FROM rounds WHERE outcome = 'doubted' ORDER BY judged_at")
    return [str(row["material_id"]) for row in rows]
