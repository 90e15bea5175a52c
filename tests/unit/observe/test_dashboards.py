"""The dashboard and the scaling example speak of what there is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from prometheus_client import REGISTRY

import infra.bus.counters
import services.intake.metrics
import services.media.metrics
from infra.bus.topology import queues

ROOT = Path(__file__).parents[3]
DASHBOARDS = sorted((ROOT / "infra" / "observe" / "dashboards").glob("*.json"))
MEASURED = (infra.bus.counters, services.intake.metrics, services.media.metrics)


def _series() -> set[str]:
    """Names under which our metrics appear in a scrape."""
    assert all(MEASURED)
    ends = {
        "counter": ("_total",),
        "gauge": ("",),
        "histogram": ("_bucket", "_sum", "_count"),
        "summary": ("_sum", "_count"),
    }
    return {
        metric.name + end
        for metric in REGISTRY.collect()
        for end in ends.get(metric.type, ())
        if metric.name.startswith("laurel_")
    }


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_every_query_asks_for_a_metric_that_there_is(path: Path) -> None:
    board = json.loads(path.read_text(encoding="utf-8"))
    queries = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    named = {name for query in queries for name in re.findall(r"laurel_\w+", query)}

    assert len(queries) > 10
    assert named <= _series(), named - _series()


def test_panels_lie_side_by_side() -> None:
    for path in DASHBOARDS:
        places = [panel["gridPos"] for panel in json.loads(path.read_text(encoding="utf-8"))["panels"]]
        cells = [
            (x, y)
            for at in places
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        ]
        assert len(set(cells)) == len(cells)
        assert max(x for x, _ in cells) < 24


def test_scaling_example_counts_queues_that_there_are() -> None:
    text = (ROOT / "infra" / "deploy" / "keda" / "media-worker.yaml").read_text(encoding="utf-8")
    named = [
        trigger["metadata"]["queueName"]
        for document in yaml.safe_load_all(text)
        for trigger in document["spec"].get("triggers", ())
    ]

    assert len(named) == 4
    assert set(named) <= {queue.name for queue in queues()}
