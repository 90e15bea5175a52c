"""The record as a chain: each act is sealed together with the one before it, so that no edit stays unseen.

What is hashed is a text that is kept beside the act: `sha256(hash of the act before, as 64 hexadecimal digits + the
sealed text)`, both UTF-8; before the first act stands GENESIS. Anybody can check that with a few lines in any language.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Link:
    """An act as it stands in the record: where, what was sealed, and what its columns say now."""

    campaign_id: str
    position: int
    """From 1, without gaps, in each campaign."""
    sealed: str
    hash: str
    columns: Mapping[str, Any]
    """The same content, as it can be searched: what `content_of` gives."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last link of a campaign's chain, as the database or an anchor outside of it says."""

    campaign_id: str
    position: int
    hash: str
    noted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Flaw:
    """Where the record is not what it was."""

    campaign_id: str
    position: int
    zh: str
    en: str


def content_of(position: int, at: datetime, act: Mapping[str, Any]) -> dict[str, Any]:
    """What is sealed of an act: its place, the database's clock, and everything it says."""
    return {"position": position, "at": at.isoformat(timespec="microseconds"), **act}


def seal(content: Mapping[str, Any]) -> str:
    """The text that is hashed: JSON with its keys in order, without spaces."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def chained(before: str, sealed: str) -> str:
    """The hash of a link, from the one before it."""
    return hashlib.sha256(f"{before}{sealed}".encode()).hexdigest()


def flaws_in(campaign_id: str, links: Iterable[Link], head: Head | None, anchors: Sequence[Head]) -> Iterator[Flaw]:
    """Everything that is wrong with a campaign's record. `links` come in the order of their positions.

    An edit shows in its own link, a removal as a gap, a new order in the positions that were sealed, a cut at the end
    against the head, and a cut with a head made to fit against what was noted outside.
    """
    before, last = GENESIS, 0
    noted = {anchor.position: anchor.hash for anchor in anchors}
    for link in links:
        if link.position != last + 1:
            yield _missing(campaign_id, last + 1, link.position - 1)
        broken = list(_flaws_of(link, before if link.position == last + 1 else None))
        yield from broken
        if not broken and noted.get(link.position, link.hash) != link.hash:
            yield Flaw(
                campaign_id,
                link.position,
                f"第 {link.position} 条与存证不符：其前的记录被改写过，并重新计算了校验值。",
                f"Act {link.position} is not the one that was noted outside: what stands before it was written anew.",
            )
        before, last = link.hash, link.position
    furthest = max([head.position if head else 0, *noted], default=0)
    if furthest > last:
        yield Flaw(
            campaign_id,
            last + 1,
            f"记录在第 {last} 条之后被截断：曾有第 {furthest} 条。",
            f"The record was cut off after act {last}: there was an act {furthest}.",
        )
    elif (head is None and last) or (head is not None and (head.position, head.hash) != (last, before)):
        yield Flaw(campaign_id, last, "链尾与最后一条记录不符。", "The head of the chain does not fit the last act.")


def _missing(campaign_id: str, first: int, last: int) -> Flaw:
    which = str(first) if first == last else f"{first}–{last}"
    return Flaw(campaign_id, first, f"缺少第 {which} 条记录。", f"Act {which} is missing.")


def _flaws_of(link: Link, before: str | None) -> Iterator[Flaw]:
    """`before` is None where the act before is missing, so that the chain cannot be followed here."""
    at, campaign = link.position, link.campaign_id
    try:
        content = json.loads(link.sealed)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        yield Flaw(campaign, at, f"第 {at} 条的封存内容无法读取。", f"What was sealed of act {at} cannot be read.")
        return
    if before is not None and chained(before, link.sealed) != link.hash:
        yield Flaw(
            campaign,
            at,
            f"第 {at} 条的校验值不符：此条的封存内容、校验值或其前的记录被改动。",
            f"The hash of act {at} does not fit: its sealed content, its hash or what stands before it was changed.",
        )
    if content.get("position") != at:
        yield Flaw(
            campaign,
            at,
            f"第 {at} 条封存时是第 {content.get('position')} 条：次序被改动。",
            f"Act {at} was sealed as act {content.get('position')}: the order was changed.",
        )
    changed = sorted(key for key in content.keys() | link.columns.keys() if content.get(key) != link.columns.get(key))
    if changed and changed != ["position"]:
        names = "、".join(changed)
        yield Flaw(
            campaign,
            at,
            f"第 {at} 条的内容与封存时不同（{names}）。",
            f"Act {at} does not say what was sealed ({', '.join(changed)}).",
        )
