"""`laurel media check FILE…`: what a unit or a developer asks before anything is uploaded."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

import click

from contracts.campaign import CampaignDefinition
from contracts.campaign_loader import CAMPAIGNS, DefinitionError, load_definition
from services.media.checking import shown
from services.media.checking.check import Outcome, check
from services.media.checking.rules import Kind, RuleBook, RulesError
from services.media.pool import Pool

_MOST_PROCESSES = 4
_ALL_ACCEPTED, _SOME_REFUSED, _NOT_JUDGED = 0, 1, 2


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option(
    "--campaign",
    type=click.Path(path_type=Path),
    default=CAMPAIGNS / "cls-2017.yaml",
    help="The definition (YAML) whose rules count; without it those of the national showcase of 2017.",
)
@click.option("--category", help="The key of a category, where a campaign's categories have different rules.")
@click.option(
    "--kind",
    type=click.Choice(["photo", "video", "document"]),
    help="What the files are meant to be; guessed from the content of each if left out.",
)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def command(files: tuple[Path, ...], campaign: Path, category: str | None, kind: Kind | None, *, as_json: bool) -> None:
    """检查照片、视频是否符合活动要求，与上传后的结论一致，不需要网络。

    Judge files exactly as a media worker would after their upload: by the same code, in the same child processes with
    the same limits. Needs no network, no storage, no database.

    Exit code 0: all accepted; 1: some refused; 2: some could not be judged, or the definition is wrong.
    """
    definition, book = _rules(campaign, category)
    processes = min(len(files), os.cpu_count() or 1, _MOST_PROCESSES)
    pool = Pool(processes)
    try:
        checked = list(check(files, book, pool, kind=kind, at_once=processes))
    except RulesError as error:
        _fail(str(error))
    finally:
        pool.close()
    if as_json:
        click.echo(shown.as_json(definition, checked))
    else:
        shown.render(definition, checked)
    outcomes = {one.outcome for one in checked}
    if Outcome.NOT_JUDGED in outcomes:
        sys.exit(_NOT_JUDGED)
    sys.exit(_SOME_REFUSED if Outcome.REJECTED in outcomes else _ALL_ACCEPTED)


def _rules(campaign: Path, category: str | None) -> tuple[CampaignDefinition, RuleBook]:
    try:
        definition = load_definition(campaign)
        return definition, RuleBook.of(definition, category)
    except (DefinitionError, RulesError) as error:
        _fail(str(error))


def _fail(sentences: str) -> NoReturn:
    click.echo(sentences, err=True)
    sys.exit(_NOT_JUDGED)
