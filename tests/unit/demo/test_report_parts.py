"""The parts a run's report stands on: percentiles, bars, the ranking worked out apart, metrics pages, expectations."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from contracts.campaign_loader import CAMPAIGNS, load_definition
from tests.bench.figures import Figure, percentile
from tests.demo.expected import expected_of
from tests.demo.experts import panel_of, scores_for, total_of
from tests.demo.inputs import FULL, SMALL, input_plan
from tests.demo.ranking import places_without_tie, standings
from tests.demo.stores import scrape, total

DEFINITION = load_definition(CAMPAIGNS / "cls-2017.yaml")


def test_percentile_is_the_sample_that_so_many_do_not_exceed() -> None:
    samples = [float(n) for n in range(1, 101)]
    assert percentile(samples, 0.95) == 95
    assert percentile(samples, 0.5) == 50
    assert percentile([3.0], 0.95) == 3.0
    assert math.isnan(percentile([], 0.95))


@pytest.mark.parametrize(
    ("value", "bar", "held"),
    [(0.5, "≤ 0.5", True), (0.51, "≤ 0.5", False), (0.7, "≥ 0.7", True), (0.6, "≥ 0.7", False), (1, "= 0", False)],
)
def test_figure_is_held_against_its_bar(value: float, bar: str, held: bool) -> None:  # noqa: FBT001 - a table's column
    assert Figure("x", value, "s", bar).held is held


def test_figure_without_samples_is_not_held() -> None:
    assert not Figure("x", math.nan, "s", "≤ 0.5").held


def test_total_weighs_each_criterion_by_its_weight() -> None:
    panel = panel_of(DEFINITION)
    assert total_of(panel, {criterion.key: criterion.max_score for criterion in panel.criteria}) == 100
    assert total_of(panel, {**{c.key: 0 for c in panel.criteria}, "results": 50}) == Fraction(15)


def test_ranking_gives_ties_one_rank_and_leaves_out_the_next() -> None:
    keys = {"a": "x", "b": "x", "c": "y"}
    rows = standings(DEFINITION, dict.fromkeys(keys, "story"), keys, [(0, "a"), (0, "b"), (0, "c")])["story"]
    assert sorted(row.rank for row in rows) in ([1, 1, 3], [1, 2, 2])


def test_places_never_cut_through_a_tie() -> None:
    keys = {str(n): "same" for n in range(9)}
    rows = standings(DEFINITION, dict.fromkeys(keys, "story"), keys, [(0, key) for key in keys])["story"]
    assert places_without_tie(rows) == 9


def test_scores_are_the_same_every_time_and_differ_between_experts() -> None:
    panel = panel_of(DEFINITION)
    assert scores_for(panel, 1, "jswh-story") == scores_for(panel, 1, "jswh-story")
    assert scores_for(panel, 1, "jswh-story") != scores_for(panel, 2, "jswh-story")


def test_metrics_page_is_read_with_its_labels(tmp_path_factory: pytest.TempPathFactory) -> None:
    page = tmp_path_factory.mktemp("metrics") / "page"
    page.write_text(
        "# HELP a_total Things.\n# TYPE a_total counter\n"
        'a_total{kind="media",service="intake"} 3.0\na_total{kind="text",service="intake"} 4e+02\nb 1.5\n'
    )
    samples = [scrape(page.as_uri())]
    assert total(samples, "a_total") == 403
    assert total(samples, "a_total", kind="media") == 3
    assert total(samples, "b") == 1.5


def test_expectations_follow_from_the_inputs() -> None:
    full = expected_of(input_plan(FULL)).counts
    assert full["entries"] == 38
    assert full["event entry.submitted.v1"] == 38
    assert full["assessments submitted"] == 35 * 3
    assert full["event reminder.sent.v1"] == 13
    assert full["photos accepted"] == 235 + len(input_plan(FULL).entries[8].photos)
    assert expected_of(input_plan(SMALL)).counts["entries eligible"] == 11
