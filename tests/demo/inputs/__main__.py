"""`python -m tests.demo.inputs [full|small]`: make the inputs ahead of a run."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tests.demo.inputs import SCALES, make_inputs


def main() -> None:
    scale = SCALES[sys.argv[1] if len(sys.argv) > 1 else "full"]
    begun = time.monotonic()
    inputs = make_inputs(scale, Path("var/demo/inputs"), lambda name, done, of: print(f"{done}/{of} {name}"))
    total = sum(file.size for file in inputs.files.values())
    print(f"{len(inputs.files)} files, {total / 1e6:.0f} MB, {time.monotonic() - begun:.1f} s, in {inputs.folder}")


if __name__ == "__main__":
    main()
