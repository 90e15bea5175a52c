"""The short form, row by row. `broker-down` takes minutes; `make faults ARGS=--short` plays it, too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.rig import Rig
from tests.faults.rows import ROWS
from tests.support.servers import Servers

pytestmark = [pytest.mark.faults, pytest.mark.stack]

SEED = 2017


@pytest.fixture(scope="module")
def rig(servers: Servers) -> Iterator[Rig]:
    """Servers of these tests' own: a broker that is killed is no broker for others."""
    rig = Rig(servers)
    yield rig
    rig.close()


@pytest.mark.parametrize("row", ["kills", "mutants", "poison", "unroutable", "media-kills"])
def test_bar_is_held(rig: Rig, row: str) -> None:
    figures = ROWS[row](rig, short=True, seed=SEED)

    # How long it took says more about the machine than about us here; `make faults` judges it.
    assert {figure.name: figure.detail for figure in figures if figure.unit != "s" and not figure.held} == {}
