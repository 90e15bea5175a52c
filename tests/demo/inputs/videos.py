"""H.264 videos: a camera that pans along drawn scenes, with or without sound, the index first or last."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import cast

from PIL import Image

from tests.demo.inputs import scenes

_SCENES_IN_A_ROW = 3


@dataclass(frozen=True, slots=True)
class VideoPlan:
    """What one video is to be like; `seconds` is exact, `fps` divides it into whole frames."""

    name: str
    seed: int
    width: int
    height: int
    seconds: int
    fps: int
    sound: bool
    index_first: bool


@cache
def ffmpeg() -> str:
    """The ffmpeg program that the wheel brings."""
    import imageio_ffmpeg

    return cast("str", imageio_ffmpeg.get_ffmpeg_exe())


def panorama(plan: VideoPlan) -> Image.Image:
    """Scenes side by side, as high as the video: what the camera pans along."""
    rng = Random(plan.seed)
    wide = Image.new("RGB", (plan.width * _SCENES_IN_A_ROW, plan.height))
    for index in range(_SCENES_IN_A_ROW):
        wide.paste(scenes.draw(rng, plan.width, plan.height), (index * plan.width, 0))
    return wide


def command(plan: VideoPlan, still: Path, target: Path) -> list[str]:
    """The ffmpeg call that makes `target` from the panorama in `still`."""
    travel = plan.width * (_SCENES_IN_A_ROW - 1)
    pan = f"crop={plan.width}:{plan.height}:x='{travel}*n/{plan.seconds * plan.fps}':y=0"
    picture = f"loop=loop=-1:size=1,setpts=N/({plan.fps}*TB),{pan},format=yuv420p"
    call = [ffmpeg(), "-v", "error", "-y", "-threads", "1", "-framerate", str(plan.fps), "-i", str(still)]
    if plan.sound:
        call += ["-f", "lavfi", "-i", f"anoisesrc=color=pink:amplitude=0.1:sample_rate=44100:seed={plan.seed}"]
    call += ["-map", "0:v", "-vf", picture, "-r", str(plan.fps), "-frames:v", str(plan.seconds * plan.fps)]
    call += ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "27", "-threads", "1", "-g", str(plan.fps * 5)]
    if plan.sound:
        # A little shorter than the picture, so that the sound's last frame does not lengthen the file.
        call += ["-map", "1:a", "-af", f"atrim=duration={plan.seconds - 0.1:.1f}", "-c:a", "aac", "-b:a", "64k"]
    if plan.index_first:
        call += ["-movflags", "+faststart"]
    return [*call, "-f", "mp4", str(target)]


def video(plan: VideoPlan, target: Path) -> None:
    """Make the file of one planned video. Raises CalledProcessError when ffmpeg refuses."""
    still = target.with_suffix(".still.jpg")
    panorama(plan).save(still, quality=92)
    try:
        subprocess.run(command(plan, still, target), check=True, stdin=subprocess.DEVNULL)
    finally:
        still.unlink(missing_ok=True)
