"""The rows of the reliability table that are measured here, in its order."""

from __future__ import annotations

from typing import Protocol

from tests.bench.figures import Figure
from tests.faults import broker_down, kills, media_kills, mutants, poison, unroutable
from tests.faults.rig import Rig


class Row(Protocol):
    """Measures one row: the figure of its name first, then those that say whether it may be believed."""

    def __call__(self, rig: Rig, *, short: bool, seed: int) -> list[Figure]: ...


ROWS: dict[str, Row] = {
    "kills": kills.figures,
    "mutants": mutants.figures,
    "poison": poison.figures,
    "broker-down": broker_down.figures,
    "unroutable": unroutable.figures,
    "media-kills": media_kills.figures,
}
