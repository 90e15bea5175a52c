"""What ffmpeg makes, kept in a folder from one run to the next."""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import cast

FOLDER = Path(__file__).parents[2] / "var" / "media-corpus"
SOURCE = "{source}"
"""Stands in the arguments for the file that ffmpeg reads."""
_VERSION = 1
"""Raised when the same arguments are to make something else."""
_MOST_KEPT_SOURCE = 16 * 1024 * 1024
"""What is made from something larger is a copy that costs less to make anew than to keep."""


@cache
def ffmpeg() -> str:
    import imageio_ffmpeg

    return cast("str", imageio_ffmpeg.get_ffmpeg_exe())


def made_by_ffmpeg(arguments: Sequence[str], suffix: str, source: bytes | None = None) -> bytes:
    """The file that ffmpeg writes. `source`: the content of the file that SOURCE stands for."""
    asked = repr((_VERSION, Path(ffmpeg()).name, suffix, tuple(arguments)))
    digest = hashlib.sha256(asked.encode() + (source or b"")).hexdigest()
    kept = FOLDER / f"{digest[:40]}{suffix}"
    if kept.exists():
        return kept.read_bytes()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER, prefix="making-") as folder:
        given, target = Path(folder) / "source", Path(folder) / f"made{suffix}"
        if source is not None:
            given.write_bytes(source)
        words = [str(given) if word == SOURCE else word for word in arguments]
        call = [ffmpeg(), "-v", "error", "-y", *words, str(target)]
        subprocess.run(call, check=True, stdin=subprocess.DEVNULL)
        content = target.read_bytes()
        if source is None or len(source) <= _MOST_KEPT_SOURCE:
            target.replace(kept)  # in one step: several processes may be at it
    return content
