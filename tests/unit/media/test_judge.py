"""The judge against the corpus: every file gets exactly the verdict that it deserves."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.media.judge import judge_file
from tests.media_corpus import Case, cases


@pytest.mark.parametrize("case", list(cases()), ids=lambda case: case.name)
def test_judge_gives_each_file_of_the_corpus_its_verdict(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(case.make())

    judgement = judge_file(path, case.rule)

    assert {finding.slug for finding in judgement.findings} == case.slugs, judgement.findings
    assert judgement.accepted == (not case.slugs)
    if judgement.facts is not None:
        facts = judgement.facts.model_dump()
        assert {key: facts[key] for key in case.facts} == case.facts
    for finding in judgement.findings:
        assert finding.zh.endswith("。")
        assert finding.en.endswith(".")
