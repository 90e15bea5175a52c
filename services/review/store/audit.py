"""The record on PostgreSQL: acts are chained where they are written, campaign by campaign."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, text, update

from services.review.domain.acts import Act, Actor
from services.review.domain.audit import GENESIS, Head, Link, chained, content_of, seal
from services.review.ports import Recorded
from services.review.store.rows import plain
from services.review.store.tables import acts, chains

_AT_ONCE = 500
# The row is locked until the transaction ends, and whoever comes next waits: acts of a campaign have one order.
_HOLD = text("""
    INSERT INTO chains (campaign_id, position, hash) VALUES (:campaign_id, 0, :genesis)
    ON CONFLICT (campaign_id) DO UPDATE SET position = chains.position
    RETURNING position, hash, clock_timestamp() AS now
""")


def write(connection: Connection, given: Sequence[Act], cause: str | None) -> None:
    """Add acts to the record, in this order. To be done last in a transaction: it makes others wait for its end."""
    for campaign_id in dict.fromkeys(act.campaign_id for act in given):
        here = [act for act in given if act.campaign_id == campaign_id]
        head = connection.execute(_HOLD, {"campaign_id": campaign_id, "genesis": GENESIS}).one()
        position, before, rows = head.position, head.hash, []
        for act in here:
            position += 1
            told = _told(act, cause)
            sealed = seal(content_of(position, head.now.astimezone(UTC), told))
            before = chained(before, sealed)
            rows.append({**told, "position": position, "at": head.now, "sealed": sealed, "hash": before})
        connection.execute(insert(acts), rows)
        connection.execute(
            update(chains).where(chains.c.campaign_id == campaign_id).values(position=position, hash=before)
        )


def _told(act: Act, cause: str | None) -> dict[str, Any]:
    """An act's columns, as JSON has them."""
    return {
        "campaign_id": act.campaign_id,
        "subject": act.subject,
        "action": act.action,
        "actor_id": str(act.by.account_id) if act.by else None,
        "actor_name": act.by.name if act.by else "",
        "cause": cause,
        "before": plain(act.before),
        "after": plain(act.after),
        "reason": act.reason,
    }


def read(connection: Connection, subject: str) -> list[Recorded]:
    """The acts about a subject, oldest first."""
    rows = connection.execute(select(acts).where(acts.c.subject == subject).order_by(acts.c.number))
    return [Recorded(row.number, row.at, _act_of(row)) for row in rows]


def _act_of(row: Row[Any]) -> Act:
    return Act(
        campaign_id=row.campaign_id,
        subject=row.subject,
        action=row.action,
        by=Actor(row.actor_id, row.actor_name) if row.actor_id else None,
        before=row.before,
        after=row.after,
        reason=row.reason,
    )


def campaigns_on_record(connection: Connection) -> list[str]:
    """Every campaign of which there is an act or a head."""
    found = select(acts.c.campaign_id).union(select(chains.c.campaign_id))
    return sorted(connection.execute(found).scalars())


def head_of(connection: Connection, campaign_id: str) -> Head | None:
    row = connection.execute(select(chains, func.now().label("now")).where(chains.c.campaign_id == campaign_id)).first()
    return Head(campaign_id, row.position, row.hash, row.now) if row else None


def links_of(connection: Connection, campaign_id: str) -> Iterator[Link]:
    """A campaign's record by position, a few hundred acts in memory at a time."""
    found = select(acts).where(acts.c.campaign_id == campaign_id).order_by(acts.c.position, acts.c.number)
    rows = connection.execution_options(yield_per=_AT_ONCE).execute(found)
    for row in rows:
        columns = content_of(row.position, _utc(row.at), _columns(row))
        yield Link(campaign_id, row.position, row.sealed, row.hash, columns)


def _columns(row: Row[Any]) -> Mapping[str, Any]:
    return {
        "campaign_id": row.campaign_id,
        "subject": row.subject,
        "action": row.action,
        "actor_id": str(row.actor_id) if row.actor_id else None,
        "actor_name": row.actor_name,
        "cause": row.cause,
        "before": row.before,
        "after": row.after,
        "reason": row.reason,
    }


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC)
