"""`laurel audit`: check that the record of review is what it was, and note its ends outside of the database."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from infra.store import Database
from services.review.domain.audit import Flaw, Head, flaws_in
from services.review.store.audit import campaigns_on_record, head_of, links_of

SOUND, BROKEN, MISUSED = 0, 1, 2


class AnchorsError(Exception):
    """The file of anchors cannot be read."""


def anchors_in(path: Path) -> list[Head]:
    """What was noted: a JSON object a line. Raises AnchorsError, which names the line."""
    found = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise AnchorsError(f"无法读取 cannot read {path}: {error}") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            noted = json.loads(line)
            at = datetime.fromisoformat(noted["noted_at"])
            found.append(Head(str(noted["campaign_id"]), int(noted["position"]), str(noted["hash"]), at))
        except (ValueError, KeyError, TypeError) as error:
            raise AnchorsError(f"{path} 第 {number} 行不是存证记录 line {number} is no anchor") from error
    return found


def flaws_of(connection: Connection, campaigns: Sequence[str], anchors: Sequence[Head]) -> Iterator[Flaw]:
    """What is wrong with the record of these campaigns."""
    for campaign_id in campaigns:
        noted = [anchor for anchor in anchors if anchor.campaign_id == campaign_id]
        yield from flaws_in(campaign_id, links_of(connection, campaign_id), head_of(connection, campaign_id), noted)


def verify(database: Database, campaigns: Sequence[str], anchors: Sequence[Head]) -> int:
    """Print what became of each campaign's record; whether all are sound."""
    with database.read() as connection:
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        known = sorted({*campaigns_on_record(connection), *(anchor.campaign_id for anchor in anchors)})
        unknown = sorted(set(campaigns).difference(known))
        if unknown:
            print(f"没有这些活动的记录 there is no record of: {', '.join(unknown)}")
            return MISUSED
        broken = 0
        for campaign_id in campaigns or known:
            flaws = list(flaws_of(connection, [campaign_id], anchors))
            head = head_of(connection, campaign_id)
            count = head.position if head else 0
            if flaws:
                broken += 1
                print(f"✗ {campaign_id}: 发现 {len(flaws)} 处问题 {len(flaws)} flaws")
                for flaw in flaws:
                    print(f"  {flaw.zh} {flaw.en}")
            else:
                print(f"✓ {campaign_id}: {count} 条记录完好 {count} acts are sound; {head.hash if head else ''}")
    return BROKEN if broken else SOUND


def anchor(database: Database, path: Path) -> int:
    """Add the present end of each campaign's record to a file.

    It is to be kept where the database's keepers cannot write: on paper, in a mailbox, on another machine.
    """
    with database.read() as connection:
        heads = [head_of(connection, campaign_id) for campaign_id in campaigns_on_record(connection)]
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with path.open("a", encoding="utf-8") as file:
        for head in heads:
            if head is not None:
                noted = {"campaign_id": head.campaign_id, "position": head.position, "hash": head.hash, "noted_at": now}
                file.write(json.dumps(noted, ensure_ascii=False) + "\n")
                print(f"{head.campaign_id}: 第 {head.position} 条 act {head.position}, {head.hash}")
    return SOUND


def run(dsn: str, arguments: Sequence[str]) -> int:
    """The command line: `verify [CAMPAIGN…] [--anchors FILE]` or `anchor FILE`."""
    parser = argparse.ArgumentParser(prog="laurel audit", description=__doc__)
    acts = parser.add_subparsers(dest="act", required=True)
    verifying = acts.add_parser("verify", help="find any edit, removal, new order or cut, and say where")
    verifying.add_argument("campaigns", nargs="*", metavar="CAMPAIGN", help="all of them if none is named")
    verifying.add_argument("--anchors", type=Path, help="what `anchor` has written: finds a cut made to look whole")
    anchoring = acts.add_parser("anchor", help="add the end of each campaign's record to a file")
    anchoring.add_argument("file", type=Path)
    given = parser.parse_args(arguments)
    database = Database(dsn, name="review-audit")
    try:
        if given.act == "anchor":
            return anchor(database, given.file)
        return verify(database, given.campaigns, anchors_in(given.anchors) if given.anchors else [])
    except AnchorsError as error:
        print(error)
        return MISUSED
    finally:
        database.close()
