"""What Pillow and ffprobe say about a file, held against the rules of a campaign."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imageio_ffmpeg
from PIL import Image, ImageOps

_SECONDS = 60
_SIZE = re.compile(r"Video: .*?, (\d+)x(\d+)")
_DURATION = re.compile(r"Duration: (\d+):(\d+):([\d.]+)")
_TURNED = re.compile(r"rotation of (-?[\d.]+) degrees")
_CONTAINER = re.compile(r"Input #0, ([\w,]+), from")


@dataclass(frozen=True, slots=True)
class Video:
    """What a prober says."""

    containers: tuple[str, ...]
    width: int
    height: int
    seconds: float


def check(path: str, kind: str, size: int, rule: Mapping[str, Any]) -> list[str]:
    """What is wrong with the file; nothing if it is accepted. `path`: of a photo, or a link to a video."""
    problems = [f"{size} bytes"] if size > rule["max_bytes"] else []
    try:
        problems += _photo(Path(path), rule) if kind == "photo" else _video(path, rule)
    except Exception as error:  # noqa: BLE001 - whatever the libraries raise, the file is no good
        problems.append(f"unreadable: {type(error).__name__}: {error}")
    return problems


def _photo(path: Path, rule: Mapping[str, Any]) -> list[str]:
    problems = []
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(path) as image:
            if image.format not in rule["formats"]:
                problems.append(f"format {image.format}")
            width, height = image.size
            if rule["max_pixels"] and width * height > rule["max_pixels"]:
                return [*problems, f"{width}×{height} pixels"]
            image.load()
            shown = ImageOps.exif_transpose(image).size
    if rule["pixel_sizes"] and list(shown) not in rule["pixel_sizes"]:
        problems.append(f"{shown[0]}×{shown[1]} pixels")
    return problems


def _video(link: str, rule: Mapping[str, Any]) -> list[str]:
    video = probed(link)
    problems = []
    if not {form.lower() for form in rule["formats"]} & set(video.containers):
        problems.append(f"container {video.containers}")
    if rule["pixel_sizes"] and [video.width, video.height] not in rule["pixel_sizes"]:
        problems.append(f"{video.width}×{video.height} pixels")
    if rule["max_seconds"] and video.seconds > rule["max_seconds"] + 0.1:
        problems.append(f"{video.seconds} s")
    return problems


def prober() -> str:
    """What tells about videos: ffprobe, or ffmpeg, which prints the same of a file that it opens."""
    return shutil.which("ffprobe") or str(imageio_ffmpeg.get_ffmpeg_exe())


def probed(link: str) -> Video:
    """Raises ValueError, KeyError, OSError, subprocess.SubprocessError."""
    program = prober()
    if not program.endswith("ffprobe"):
        return _printed(subprocess.run([program, "-hide_banner", "-i", link], check=False, **_HOW).stderr)
    asked = [program, "-v", "error", "-of", "json", "-show_format", "-show_streams", link]
    told = json.loads(subprocess.run(asked, check=True, **_HOW).stdout)
    stream = next(one for one in told["streams"] if one["codec_type"] == "video")
    turns = [one["rotation"] for one in stream.get("side_data_list", ()) if "rotation" in one]
    size = _turned(stream["width"], stream["height"], float(turns[0]) if turns else 0.0)
    return Video(tuple(told["format"]["format_name"].split(",")), *size, float(told["format"]["duration"]))


_HOW: dict[str, Any] = {"capture_output": True, "text": True, "errors": "replace", "timeout": _SECONDS}


def _printed(said: str) -> Video:
    container, size, lasts = _CONTAINER.search(said), _SIZE.search(said), _DURATION.search(said)
    if not (container and size and lasts):
        raise ValueError(said.strip().rpartition("\n")[2])
    turned = _TURNED.search(said)
    hours, minutes, seconds = int(lasts[1]), int(lasts[2]), float(lasts[3])
    shown = _turned(int(size[1]), int(size[2]), float(turned[1]) if turned else 0.0)
    return Video(tuple(container[1].split(",")), *shown, 3600 * hours + 60 * minutes + seconds)


def _turned(width: int, height: int, degrees: float) -> tuple[int, int]:
    return (height, width) if round(degrees / 90) % 2 else (width, height)
