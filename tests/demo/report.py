"""The report of a run: what the stores say against what the inputs imply; a table for people, JSON for programs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench import figures
from tests.bench.figures import Figure, spread
from tests.demo import stores
from tests.demo.expected import Expected
from tests.demo.measure import Measured
from tests.demo.record import Record
from tests.demo.scenario import Scenario

_CHINESE = re.compile("[一-鿿]")
FIRST_RUN_SECONDS, NEXT_RUN_SECONDS = 300, 120
_EVEN = 2  # entries that one expert may have more than another: conflicts leave no more to even out


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of the whole run; `made` is how many of them went into making inputs, 0 when they were there."""

    wall: float
    inputs: float
    stack: float
    made: bool

    @property
    def bar(self) -> int:
        return FIRST_RUN_SECONDS if self.made else NEXT_RUN_SECONDS


@dataclass(frozen=True, slots=True)
class Report:
    """One run against its expectations."""

    scenario: Scenario
    expected: Expected
    measured: Measured
    timing: Timing

    @property
    def record(self) -> Record:
        return self.scenario.run.record

    @property
    def counts(self) -> dict[str, int]:
        return {
            **self.measured.counts,
            "refusals": len(self.record.refusals),
            "let through": len(self.record.unrefused),
        }

    def differences(self) -> list[str]:
        """Everything that is not what the inputs imply, each by its name."""
        return [*self._counts(), *self._refusals(), *self._events(), *self._lists(), *self._mails()]

    def _counts(self) -> Iterator[str]:
        for name, wanted in self.expected.counts.items():
            if (found := self.counts.get(name, 0)) != wanted:
                yield f"{name}: {found}, the inputs imply {wanted}"
        for name in sorted(set(self.counts) - set(self.expected.counts)):
            yield f"{name}: {self.counts[name]}, the inputs imply none"

    def _refusals(self) -> Iterator[str]:
        told = {refusal.trial: refusal for refusal in self.record.refusals}
        for trial, slug in self.expected.refusals.items():
            refusal = told.get(trial)
            if refusal is None:
                yield f"refusal {trial}: nothing refused it"
            elif refusal.slug != slug:
                yield f"refusal {trial}: {refusal.slug}, expected {slug}"
            elif not _CHINESE.search(refusal.zh):
                yield f"refusal {trial}: its user reads no Chinese sentence ({refusal.zh!r})"
        for entry, found in self.scenario.afterwards.items():
            if not found["went on"]:
                yield f"refusals at {entry}: the valid rest did not go on ({found})"

    def _events(self) -> Iterator[str]:
        for missing in self.measured.events.missing()[:20]:
            yield f"event not consumed: {missing}"

    def _lists(self) -> Iterator[str]:
        """The published list is the one that follows from who scored what."""
        scenario = self.scenario
        wanted = {
            (category, standing.rank, standing.entry_id)
            for category, rows in scenario.standings.items()
            for standing in rows[: scenario.places[category]]
        }
        stored = {(row["category"], row["rank"], row["entry_id"]) for row in self.measured.listed}
        public = {(row["category"], row["rank"], row["entry_id"]) for row in scenario.public_list}
        if stored != wanted:
            yield f"decision in the store: {len(stored ^ wanted)} rows differ from the scores"
        if public != wanted:
            yield f"public list: {len(public ^ wanted)} rows differ from the scores"
        if self.measured.loads and max(self.measured.loads) - min(self.measured.loads) > _EVEN:
            yield f"assignment is uneven: {self.measured.loads}"

    def _mails(self) -> Iterator[str]:
        """Whose file was refused has a mail that says why."""
        bodies = [_text(mail) for mail in self.measured.mails]
        for refusal in self.record.refusals:
            if refusal.by == "media" and not any(_squeezed(refusal.zh) in body for body in bodies):
                yield f"refusal {refusal.trial}: no mail holds its sentence"
        ids = Counter(str(mail["Message-ID"]) for mail in self.measured.mails)
        for message_id, times in ids.items():
            if times > 1:
                yield f"mail {message_id} was delivered {times} times"
        if others := {state: count for state, count in self.measured.mail_states.items() if state != "accepted"}:
            yield f"mails not delivered: {others}"

    # --- for people and programs -----------------------------------------------------------------------------------

    def rows(self) -> list[dict[str, Any]]:
        """figures.json of the demo."""
        events, record = self.measured.events, self.record
        differences = self.differences()
        loaded_queue, loaded_verdict = stores.submit_to_queue(events), stores.upload_to_verdict(events)
        made = [
            Figure("demo-differences", len(differences), "counts", "= 0", {"differences": differences}),
            Figure("demo-wall", round(self.timing.wall, 1), "s", f"≤ {self.timing.bar}", {**asdict(self.timing)}),
            Figure("api-bytes", self.counts["media bytes through api processes"], "bytes", "= 0"),
            _slowest("submit-to-queue-p95", record.submit_to_queue, "≤ 0.5", "idle, one at a time"),
            _slowest("upload-to-verdict-p95", record.upload_to_verdict, "≤ 1.0", "idle, one at a time"),
            _slowest("submit-to-queue-p95-loaded", loaded_queue, "", "under the demo's load, by the stores"),
            _slowest("upload-to-verdict-p95-loaded", loaded_verdict, "", "under the demo's load, by the stores"),
        ]
        return [figure.row() for figure in made]

    def document(self) -> dict[str, Any]:
        """report.json."""
        run, events, record = self.scenario.run, self.measured.events, self.record
        return {
            "campaign": run.campaign_id,
            "scale": run.inputs.plan.scale.name,
            "began_at": record.began_at,
            "differences": self.differences(),
            "counts": {
                name: {"found": self.counts.get(name, 0), "expected": self.expected.counts.get(name)}
                for name in dict.fromkeys([*self.expected.counts, *self.counts])
            },
            "refusals": [asdict(refusal) for refusal in record.refusals],
            "valid_rest": self.scenario.afterwards,
            "events": {
                "published": len(events.published) - events.waiting,
                "consumed": len(events.handled),
                "consumed_after_a_retry": self.measured.retried,
                "redelivered": self.measured.redelivered,
                "dead_lettered": self.counts["events dead-lettered"],
                "by_type": dict(sorted(events.by_type.items())),
            },
            "media_bytes_through_api_processes": self.counts["media bytes through api processes"],
            "seconds": {
                "submit_to_queue": {
                    "idle": spread(record.submit_to_queue),
                    "loaded": spread(stores.submit_to_queue(events)),
                },
                "upload_to_verdict": {
                    "idle": spread(record.upload_to_verdict),
                    "loaded": spread(stores.upload_to_verdict(events)),
                },
                "wall": asdict(self.timing),
                "stages": record.stages,
            },
            "assessments_per_expert": self.measured.loads,
            "published_list": self.scenario.public_list,
        }

    def write(self, folder: Path) -> None:
        """report.json and figures.json, in one step each."""
        figures.write(self.document(), folder / "report.json")
        figures.write(self.rows(), folder / "figures.json")

    def show(self, console: Console) -> None:
        """The tables at the end of a run."""
        counts = Table(title="Counts: found in the stores, implied by the inputs", title_justify="left")
        for heading in ("count", "found", "implied", ""):
            counts.add_column(heading)
        for name, wanted in self.expected.counts.items():
            found = self.counts.get(name, 0)
            counts.add_row(name, str(found), str(wanted), "✓" if found == wanted else "✗")
        refused = Table(title="Refused, with what the user reads", title_justify="left")
        for heading in ("tried", "by", "reason", "sentence"):
            refused.add_column(heading, overflow="fold")
        for refusal in self.record.refusals:
            refused.add_row(refusal.tried, refusal.by, refusal.slug, refusal.zh)
        console.print(counts, refused)
        figures.show(self.rows(), "Figures", console)
        for difference in self.differences():
            console.print(f"✗ {difference}", style="red", highlight=False)


def _slowest(name: str, samples: list[float], bar: str, how: str) -> Figure:
    value = figures.percentile(samples, 0.95)
    return Figure(name, round(value, 4), "s", bar, {"how": how, **spread(samples)})


def _text(mail: Any) -> str:
    parts = [part.get_content() for part in mail.walk() if part.get_content_type() == "text/plain"]
    return _squeezed("".join(parts))


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)
