"""Which of media's queues an upload waits in: a big batch of one unit does not hold up another unit's few files."""

from __future__ import annotations

FIRST, SECOND, THIRD = "", "second", "third"
"""The lanes of material.uploaded.v1 in the catalogue. Workers prefer the first to the second, the second to the third,
and let none starve (services/media/pool)."""

FEW = 12
"""An entry's photos and its video; a unit that writes as it should never has more before media at a time."""
MANY = 60


def lane_of(waiting: int) -> str:
    """The lane of an upload whose unit has so many others without a verdict in this campaign.

    So whoever comes with an ordinary entry waits, at worst, for a dozen files of every other unit that is uploading
    just then, and never for somebody's thousand.
    """
    if waiting < FEW:
        return FIRST
    return SECOND if waiting < MANY else THIRD
