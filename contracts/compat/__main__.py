"""`python -m contracts.compat` fails with a sentence for each breaking change against contracts/baseline.

`--accept` moves the baseline to the contracts of today; it refuses while anything is broken. What cannot be kept is
published as a new version (`entry.submitted.v2`) beside the old one, until no consumer of the old one is left.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from contracts.compat.baseline import Contracts, breaks, current, load, save

BASELINE = Path(__file__).parents[1] / "baseline"


def main(arguments: Sequence[str] | None = None, *, folder: Path = BASELINE, now: Contracts | None = None) -> int:
    """Exit status: 0 compatible, 1 broken."""
    parser = argparse.ArgumentParser(prog="python -m contracts.compat", description=__doc__)
    parser.add_argument("--accept", action="store_true", help="make today's contracts the baseline")
    accept = parser.parse_args(arguments).accept
    now = now or current()
    found = list(breaks(load(folder), now))
    for sentence in found:
        print(f"breaking: {sentence}", file=sys.stderr)
    if found:
        print(
            f"{len(found)} breaking change(s) against the baseline. In place, only optional fields may be added; "
            "publish anything else as a new version beside the old one.",
            file=sys.stderr,
        )
        return 1
    if accept:
        save(folder, now)
    return 0


if __name__ == "__main__":
    sys.exit(main())
