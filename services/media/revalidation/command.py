"""`laurel media revalidate`: judge kept files again, and say what differs."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.observe.settings import required
from infra.store import Database
from services.media.domain import MediaError
from services.media.objects import S3Objects, connect
from services.media.pool import Pool, PoolError
from services.media.revalidation.domain import DIFFERENT, Chosen, Outcome
from services.media.revalidation.store import SqlRounds
from services.media.revalidation.usecase import Again, Revalidation
from services.media.settings import scanner
from services.media.store import SqlStore
from services.media.usecases import Media

_NOTHING, _DIFFERENCES, _FAILED = 0, 1, 2
_LIBRARIES = ("pillow", "simplejpeg", "av", "pymediainfo", "pikepdf", "pypdfium2")
_NICENESS = 19
_WORDS = {
    Outcome.SAME: "结论不变 the same",
    Outcome.OTHER_FACTS: "结论不变，测量值不同 the same, measured otherwise",
    Outcome.OTHER_REASONS: "仍不符合，原因不同 still refused, for other reasons",
    Outcome.ACCEPTED: "原退回，现符合 was refused, fits now",
    Outcome.DOUBTED: "原接受，现不符合：提醒秘书处 was accepted, breaks a rule now: the secretariat is told",
    Outcome.CLEARED: "存疑解除 a doubt is cleared",
    Outcome.GONE: "原文件已清除 its file is gone",
    Outcome.NOT_JUDGED: "无法复核 could not be judged",
}


@click.command()
@click.option("--campaign", help="Only this campaign's files; its id.")
@click.option("--kind", help="Only this material of the definition: photo, video …")
@click.option("--state", type=click.Choice(["accepted", "rejected"]), help="Only files with this verdict.")
@click.option("--since", type=click.DateTime(), help="Only files that were judged since then (UTC).")
@click.option("--run", "name", help="Continue or repeat the run of this name; made of rules and code if left out.")
@click.option("--dry-run", "dry", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="For programs: one line for each file that differs, then a sum.")
def command(
    campaign: str | None,
    kind: str | None,
    state: str | None,
    since: datetime | None,
    name: str | None,
    *,
    dry: bool,
    as_json: bool,
) -> None:
    """按现在的规则和程序复核已有材料。 Judge kept files again, by today's rules and code.

    Every file once in a run: one that was broken off goes on where it was, one that is repeated finds nothing to do. A
    refused file that fits now is accepted; an accepted one that does not fit is never taken away: the secretariat is
    told.

    Exit code 0: nothing differs; 1: something does; 2: it could not be done.
    """
    os.nice(_NICENESS)  # live verdicts go first
    accepted = None if state is None else state == "accepted"
    chosen = Chosen(campaign, kind, accepted, since.replace(tzinfo=UTC) if since else None)
    console = Console(width=None if sys.stdout.isatty() else 140)
    counts: Counter[Outcome] = Counter()
    slugs: Counter[tuple[Outcome, str]] = Counter()
    try:
        with _Revalidation() as (rounds, revalidation):
            run = name or run_of(chosen, rounds.versions(chosen))
            judging = revalidation.run(run, chosen, dry=dry)
            for again in judging:
                counts[again.outcome] += 1
                for slug in again.slugs or ("",):
                    slugs[again.outcome, slug] += 1
                if as_json and again.outcome is not Outcome.SAME:
                    click.echo(json.dumps(_row(again), ensure_ascii=False))
    except (MediaError, PoolError) as error:
        click.echo(
            f"复核未能完成：{error}。再次运行即从中断处继续。\nNot finished: {error}. Run it again to go on.", err=True
        )
        sys.exit(_FAILED)
    if as_json:
        click.echo(json.dumps({"run": run, "dry_run": dry, "outcomes": counts}))
    else:
        _show(console, run, counts, slugs, dry=dry)
    sys.exit(_DIFFERENCES if DIFFERENT & set(counts) else _NOTHING)


def run_of(chosen: Chosen, versions: dict[str, int]) -> str:
    """The same choice, rules and code are the same run."""
    digest = hashlib.sha256(repr((chosen, sorted(versions.items()))).encode())
    for library in _LIBRARIES:
        digest.update(f"{library}={importlib.metadata.version(library)}".encode())
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _row(again: Again) -> dict[str, object]:
    kept = again.kept
    return {
        "material_id": str(kept.material_id),
        "entry_id": str(kept.entry_id),
        "campaign": kept.campaign_id,
        "kind": kept.kind,
        "outcome": again.outcome.value,
        "before": list(kept.slugs),
        "now": list(again.slugs),
    }


def _show(
    console: Console, run: str, counts: Counter[Outcome], slugs: Counter[tuple[Outcome, str]], *, dry: bool
) -> None:
    table = Table("结果 outcome", "规则 rule", "文件数 files")
    for outcome in Outcome:
        for (of, slug), count in sorted(slugs.items()):
            if of is outcome:
                table.add_row(Text(_WORDS[outcome]), slug or "–", str(count))
    console.print(table)
    zh, en = ("（仅试算，未作改动）", " Nothing was changed.") if dry else ("", "")
    console.print(
        f"共复核 {counts.total()} 个文件，运行编号 {run}{zh}。\nJudged {counts.total()} files again, run {run}.{en}",
        markup=False,
        highlight=False,
    )


class _Revalidation:
    """Database, storage, scanner and a child process of its own, from the worker's environment."""

    def __enter__(self) -> tuple[SqlRounds, Revalidation]:
        self._database = Database(required("LAUREL_DATABASE_DSN"), name="media-revalidate")
        client = connect(
            required("LAUREL_S3_ENDPOINT"), required("LAUREL_S3_ACCESS_KEY"), required("LAUREL_S3_SECRET_KEY")
        )
        objects = S3Objects(client)
        self._pool = Pool(1)
        media = Media(SqlStore(self._database), objects, self._pool, scanner())
        rounds = SqlRounds(self._database)
        return rounds, Revalidation(rounds, objects, self._pool, media)

    def __exit__(self, *_: object) -> None:
        self._pool.close()
        self._database.close()
