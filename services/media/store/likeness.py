"""Which pictures look alike, on PostgreSQL. A search reads a bounded number of index entries, whatever there is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT, BOOLEAN, INTEGER, TEXT, insert

from contracts.events import MaterialPlace, MaterialResembledV1
from infra.store import Database
from services.media.resemblance import (
    MOST_COMPARED,
    MOST_DISTANCE,
    MOST_OF_A_BAND,
    MOST_TOLD,
    Candidate,
    Looks,
    Resemblances,
    pair_of,
)
from services.media.store.tables import materials, picture_bands, pictures, resemblances

_CANDIDATES = text("""
    WITH sought AS (
        SELECT * FROM unnest(:keys, :hashes, :mirrored) AS sought (key, hash, mirrored)
    ), met AS (
        SELECT sought.mirrored, bands.picture, bit_count((bands.hash # sought.hash)::bit(64)) AS distance
        FROM sought CROSS JOIN LATERAL (
            SELECT picture_bands.hash, picture_bands.picture FROM picture_bands
            WHERE picture_bands.key = sought.key LIMIT :most_of_a_band
        ) AS bands
    ), nearest AS (
        SELECT DISTINCT ON (picture) picture, distance, mirrored FROM met WHERE distance <= :most_distance
        ORDER BY picture, distance, mirrored
    )
    SELECT pictures.sha256, nearest.distance::integer AS distance, nearest.mirrored, pictures.thumbnail
    FROM nearest JOIN pictures ON pictures.id = nearest.picture
    WHERE pictures.sha256 <> :own
    ORDER BY nearest.distance, pictures.id LIMIT :most
""").bindparams(
    bindparam("keys", type_=ARRAY(INTEGER)),
    bindparam("hashes", type_=ARRAY(BIGINT)),
    bindparam("mirrored", type_=ARRAY(BOOLEAN)),
)
_CROWDED = text("""
    SELECT EXISTS (
        SELECT FROM unnest(:keys) AS own (key)
        WHERE (
            SELECT count(*) FROM (
                SELECT FROM picture_bands WHERE picture_bands.key = own.key LIMIT :most_of_a_band
            ) AS bands
        ) >= :most_of_a_band
    )
""").bindparams(bindparam("keys", type_=ARRAY(INTEGER)))
_PLACES = text("""
    SELECT held.* FROM materials AS own
    CROSS JOIN unnest(:digests) WITH ORDINALITY AS wanted (sha256, number) CROSS JOIN LATERAL (
        SELECT material_id, entry_id, campaign_id, category, unit_code, kind, sha256 FROM materials
        WHERE materials.sha256 = wanted.sha256 AND materials.material_id <> own.material_id
        ORDER BY materials.entry_id = own.entry_id, materials.campaign_id <> own.campaign_id, materials.judged_at
        LIMIT :most
    ) AS held WHERE own.material_id = :own ORDER BY wanted.number LIMIT :most
""").bindparams(bindparam("digests", type_=ARRAY(TEXT)))

PLACE = tuple(materials.c[name] for name in MaterialPlace.model_fields)
"""The columns of a place."""


def place_of(row: Row[Any]) -> MaterialPlace:
    return MaterialPlace.model_validate({name: getattr(row, name) for name in MaterialPlace.model_fields})


def tell_pairs(
    connection: Connection, material: MaterialPlace, alike: Resemblances, at: datetime
) -> Iterator[MaterialResembledV1]:
    """Write down pairs that nobody has told of yet, in one order, so that two who do it at once wait for each other."""
    for one in sorted(alike.found, key=lambda one: pair_of(material.material_id, one.other.material_id)):
        first, second = pair_of(material.material_id, one.other.material_id)
        new = connection.execute(
            insert(resemblances)
            .values(first=first, second=second, likeness=one.likeness)
            .on_conflict_do_nothing()
            .returning(resemblances.c.first)
        ).first()
        if new is not None:
            yield MaterialResembledV1(
                material=material,
                other=one.other,
                likeness=one.likeness,
                mirrored=one.near.mirrored if one.near else False,
                distance=one.near.distance if one.near else None,
                correlation=one.near.correlation if one.near else None,
                more=alike.more,
                found_at=at,
            )


class Likenesses:
    """The part of media's database that knows what files look like."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, connection: Connection, sha256: str, looks: Looks) -> None:
        """How a file is found by its likes; one that is known is left as it is."""
        made = connection.execute(
            insert(pictures)
            .values(sha256=sha256, thumbnail=looks.thumbnail)
            .on_conflict_do_nothing(index_elements=[pictures.c.sha256])
            .returning(pictures.c.id)
        ).scalar_one_or_none()
        if made is not None:
            rows = [{"key": key, "hash": whole, "picture": made} for key, whole in dict.fromkeys(looks.kept())]
            connection.execute(insert(picture_bands), rows)

    def candidates(self, looks: Looks, own: str) -> tuple[list[Candidate], bool]:
        """Pictures with hashes like this one's, the nearest first; and whether there may be more than were looked at.

        `own`: the SHA-256 of the picture itself.
        """
        sought = list(looks.sought())
        values = {
            "keys": [key for key, _, _ in sought],
            "hashes": [whole for _, whole, _ in sought],
            "mirrored": [mirrored for _, _, mirrored in sought],
            "own": own,
            "most": MOST_COMPARED,
            "most_distance": MOST_DISTANCE,
            "most_of_a_band": MOST_OF_A_BAND,
        }
        with self._database.read() as connection:
            rows = connection.execute(_CANDIDATES, values).all()
            crowded = connection.execute(
                _CROWDED, {"keys": [key for key, _ in looks.kept()], "most_of_a_band": MOST_OF_A_BAND}
            ).scalar_one()
        found = [Candidate(row.sha256, row.distance, row.mirrored, bytes(row.thumbnail)) for row in rows]
        return found, crowded or len(found) == MOST_COMPARED

    def places(self, digests: Sequence[str], own: UUID) -> list[MaterialPlace]:
        """Where files of these SHA-256 stand, but for the material itself: its own entry's last, its campaign's first.

        One more than is ever told of, if there are so many.
        """
        values = {"digests": list(digests), "own": own, "most": MOST_TOLD + 1}
        with self._database.read() as connection:
            return [place_of(row) for row in connection.execute(_PLACES, values)]
