"""What the relay asks of the database: its share of the outbox, what is waiting there, what became of it.

Plain psycopg on one autocommit connection: no statement leaves a transaction open, so none is open while the relay
waits for the broker. The advisory locks belong to the connection; a relay that is killed gives them up with it.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg

PARTITIONS = 16
"""Subjects are spread over so many shares; no more relays than this can have work at once."""

_PARTITION_LOCKS = 0x4C41_5552  # the first half of an advisory lock's key; the second is the partition
_MEMBER_LOCKS = _PARTITION_LOCKS + 1  # … or the process id of a relay's connection, by which relays count one another


@dataclass(frozen=True, slots=True)
class Row:
    """An event that waits in the outbox."""

    seq: int
    id: str
    type: str
    subject: str
    lane: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much waits, and for how many seconds the oldest has."""

    waiting: int
    lag_seconds: float


# One time for the whole statement: by clock_timestamp() an event that is held back could be passed over as too early,
# and a later one of its subject, looked at a moment after, find nobody held back any more.
_WAITING = """
SELECT seq, id::text, type, subject, lane, convert_to(body, 'UTF8')
FROM {table} AS o
WHERE published_at IS NULL
  AND (not_before IS NULL OR not_before <= statement_timestamp())
  AND {mine}
  AND seq <> ALL (%(in_hand)s::bigint[])
  AND NOT EXISTS (
      SELECT FROM {table} AS held
      WHERE held.published_at IS NULL AND held.not_before IS NOT NULL AND held.not_before > statement_timestamp()
        AND held.subject = o.subject AND held.seq < o.seq)
ORDER BY seq
LIMIT %(limit)s
"""
_MINE = "(hashtext(subject) & %(mask)s) = ANY (%(partitions)s::int[])"

_MARK = "UPDATE {table} SET published_at = clock_timestamp() WHERE seq = ANY (%s::bigint[]) AND published_at IS NULL"

_HOLD = """
UPDATE {table} AS o
SET failures = failures + 1, last_error = failed.error,
    not_before = clock_timestamp() + least(%(first)s * power(2, least(failures, 20)), %(most)s) * interval '1 second'
FROM unnest(%(seqs)s::bigint[], %(errors)s::text[]) AS failed(seq, error)
WHERE o.seq = failed.seq AND published_at IS NULL
"""

_BACKLOG = """
SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(written_at)), 0)::float8
FROM {table} WHERE published_at IS NULL
"""

_PURGE = """
DELETE FROM {table} WHERE seq IN (
    SELECT seq FROM {table} WHERE published_at < clock_timestamp() - %s ORDER BY seq LIMIT %s FOR UPDATE SKIP LOCKED)
"""

_MEMBERS = """
SELECT count(*) FROM pg_locks
WHERE locktype = 'advisory' AND granted AND classid = %s AND objsubid = 2
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def republish(
    dsn: str, *, correlation: str | None = None, since: datetime | None = None, event_type: str | None = None
) -> int:
    """Let the relay publish events once more: of one correlation, written since then, of one type; how many there are.

    They keep their ids, so a consumer that had one recognises it. Raises psycopg.Error.
    """
    conditions = {
        "correlation = %s": correlation,
        "written_at >= %s": since,
        "type = %s": event_type,
    }
    given = {condition: value for condition, value in conditions.items() if value is not None}
    again = "UPDATE outbox SET published_at = NULL, not_before = NULL, failures = 0 WHERE published_at IS NOT NULL"
    with psycopg.connect(dsn, connect_timeout=5) as connection:
        return connection.execute(" AND ".join([again, *given]), list(given.values())).rowcount


class Ledger:
    """One relay's connection to its service's database."""

    def __init__(self, dsn: str, *, name: str, table: str = "outbox") -> None:
        """Connect; `name` shows in pg_stat_activity, `table` is the outbox. Raises psycopg.OperationalError."""
        self._all_waiting = _WAITING.format(table=table, mine="true")
        self._my_waiting = _WAITING.format(table=table, mine=_MINE)
        self._mark = _MARK.format(table=table)
        self._hold = _HOLD.format(table=table)
        self._backlog = _BACKLOG.format(table=table)
        self._purge = _PURGE.format(table=table)
        self._connection = psycopg.connect(
            dsn,
            autocommit=True,
            application_name=f"laurel-{name}",
            connect_timeout=5,
            options="-c timezone=UTC -c statement_timeout=30s",
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=3,
        )
        self._connection.prepare_threshold = 1
        self.partitions: set[int] = set()
        pid = self._connection.info.backend_pid
        self._connection.execute("SELECT pg_advisory_lock(%s, %s)", [_MEMBER_LOCKS, pid])

    def share(self) -> bool:
        """Take a fair part of the partitions, give back what is more than that. Returns whether anything changed.

        Call it only with nothing in hand: what is given back may be published by another relay at once.
        """
        before = set(self.partitions)
        row = self._connection.execute(_MEMBERS, [_MEMBER_LOCKS]).fetchone()
        relays = max(int(row[0]) if row else 1, 1)
        fair = -(-PARTITIONS // relays)
        while len(self.partitions) > fair:
            given = self.partitions.pop()
            self._connection.execute("SELECT pg_advisory_unlock(%s, %s)", [_PARTITION_LOCKS, given])
        others = [each for each in range(PARTITIONS) if each not in self.partitions]
        random.shuffle(others)
        for wanted in others:
            if len(self.partitions) >= fair:
                break
            taken = self._connection.execute("SELECT pg_try_advisory_lock(%s, %s)", [_PARTITION_LOCKS, wanted])
            if taken.fetchone() == (True,):
                self.partitions.add(wanted)
        return self.partitions != before

    def waiting(self, limit: int, in_hand: Collection[int]) -> list[Row]:
        """At most `limit` events of this relay's partitions, oldest first, without those in hand.

        An event whose subject has an earlier one held back is not among them.
        """
        if not self.partitions:
            return []
        query = self._all_waiting if len(self.partitions) == PARTITIONS else self._my_waiting
        values = {
            "limit": limit,
            "in_hand": list(in_hand),
            "mask": PARTITIONS - 1,
            "partitions": sorted(self.partitions),
        }
        found = self._connection.execute(query, values, binary=True)
        return [Row(*values) for values in found]

    def mark(self, seqs: Iterable[int]) -> None:
        """These events are published."""
        self._connection.execute(self._mark, [list(seqs)])

    def hold(self, failures: Mapping[int, str], *, first: float, most: float) -> None:
        """These events were not taken by the broker: hold each back, from `first` seconds doubling up to `most`."""
        values = {"seqs": list(failures), "errors": list(failures.values()), "first": first, "most": most}
        self._connection.execute(self._hold, values)

    def backlog(self) -> Backlog:
        """What waits in the whole outbox, whoever's share it is."""
        row = self._connection.execute(self._backlog).fetchone()
        return Backlog(int(row[0]), float(row[1])) if row else Backlog(0, 0.0)

    def purge(self, older_than: timedelta, *, limit: int = 1000) -> int:
        """Delete at most `limit` events that were published so long ago; returns how many."""
        return self._connection.execute(self._purge, [older_than, limit]).rowcount

    def close(self) -> None:
        """Give up the partitions with the connection."""
        self._connection.close()
