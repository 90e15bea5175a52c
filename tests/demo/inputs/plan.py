"""What the demo's inputs are to be: entries, photos, videos and the files that must be refused. Pure and seeded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from tests.demo.inputs.photos import PhotoPlan
from tests.demo.inputs.texts import Texts, compose
from tests.demo.inputs.videos import VideoPlan

VERSION = "3"
"""Part of the cache's name: raise it when the same seed would no longer make the same files."""

FULL_HOUSE, MOST_PHOTOS = 7, 10
"""The number of the entry that has as many photos as the rules allow, at any scale."""

CATEGORIES = ("story", "service", "innovation")

_CAMERAS = (
    ("Linhai", "LH-D80"),
    ("Linhai", "LH-P20 Pro"),
    ("Qingke", "QK One"),
    ("Songyu", "SY-7"),
    ("Apricot", "A12"),
)
_SIZES = ((4000, 3000), (4032, 3024))
_PLACES = ((39.9, 116.4), (30.6, 104.1), (31.2, 121.5), (23.1, 113.3), (34.3, 108.9), (36.7, 117.0))
_ORIENTATIONS = (1, 1, 6, 1, 1, 8, 1)
_SECONDS = (20, 90, 35, 180, 25, 60, 140, 30, 75, 45, 110, 50)


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of everything: the demo's full size, or the few small files of the end-to-end tests."""

    name: str
    units: tuple[str, ...]
    silent_unit: str
    fewest_photos: int
    most_photos: int
    megapixels: int
    video_every: int
    longest_video: int
    photo_bytes: tuple[float, float] = (950_000, 1_850_000)
    """What photos of 12 megapixels weigh, about; smaller ones less in proportion."""
    seed: int = 2017


FULL = Scale(
    name="full",
    units=("bjwhj", "hebwh", "sxwh", "lnwh", "shwhj", "jswh", "zjwh", "sdwh", "hubwh", "gdwht", "scwht", "shxwht"),
    silent_unit="ynwht",
    fewest_photos=3,
    most_photos=10,
    megapixels=12,
    video_every=3,
    longest_video=180,
)
SMALL = Scale(
    name="small",
    units=("bjwhj", "jswh", "gdwht", "shxwht"),
    silent_unit="ynwht",
    fewest_photos=1,
    most_photos=3,
    megapixels=1,
    video_every=12,
    longest_video=6,
)
SCALES = {scale.name: scale for scale in (FULL, SMALL)}


@dataclass(frozen=True, slots=True)
class EntryPlan:
    """One entry that a unit recommends."""

    unit: str
    category: str
    texts: Texts
    photos: tuple[PhotoPlan, ...]
    video: VideoPlan | None

    @property
    def key(self) -> str:
        """Names the entry within the plan, e.g. `jswh-story`."""
        return f"{self.unit}-{self.category}"


@dataclass(frozen=True, slots=True)
class HostilePlan:
    """Files that must be refused, by what is wrong with them."""

    too_large: PhotoPlan
    """Padded to 2 MB + 1 byte."""
    half: PhotoPlan
    """Cut in the middle of its scan."""
    png: PhotoPlan
    """Saved as PNG under a .jpg name."""
    too_long: VideoPlan
    wrong_size: VideoPlan


@dataclass(frozen=True, slots=True)
class InputPlan:
    """Everything that goes in."""

    scale: Scale
    entries: tuple[EntryPlan, ...]
    silent: EntryPlan
    """A draft of the unit that never submits in time."""
    probes: tuple[PhotoPlan, ...]
    """Photos for one-at-a-time samples."""
    hostile: HostilePlan

    @property
    def photos(self) -> tuple[PhotoPlan, ...]:
        """Every photo that must be accepted."""
        return tuple(p for entry in (*self.entries, self.silent) for p in entry.photos) + self.probes

    @property
    def videos(self) -> tuple[VideoPlan, ...]:
        """Every video that must be accepted."""
        return tuple(entry.video for entry in self.entries if entry.video is not None)


def input_plan(scale: Scale) -> InputPlan:
    """The inputs of one scale; the same every time."""
    order = [(unit, category) for category in CATEGORIES for unit in scale.units]
    entries = [_entry(scale, number, unit, category) for number, (unit, category) in enumerate(order)]
    hostile = HostilePlan(
        too_large=_photo(scale, "活动现场原图.jpg", 901),
        half=_photo(scale, "传输中断.jpg", 902),
        png=_photo(scale, "截图改名.jpg", 903),
        too_long=VideoPlan("未剪辑的录像.mp4", 904, 1280, 720, 181, 5, sound=False, index_first=True),
        wrong_size=VideoPlan("老式摄像机.mp4", 905, 1440, 1080, 20, 5, sound=True, index_first=False),
    )
    return InputPlan(
        scale=scale,
        entries=tuple(entries),
        silent=_entry(scale, len(order), scale.silent_unit, "story", photos=3, subject=len(scale.units), video=False),
        probes=tuple(_photo(scale, f"逐张上传-{n + 1}.jpg", 800 + n) for n in range(6)),
        hostile=hostile,
    )


def _entry(
    scale: Scale,
    number: int,
    unit: str,
    category: str,
    *,
    photos: int | None = None,
    subject: int | None = None,
    video: bool = True,
) -> EntryPlan:
    rng = Random(f"{scale.seed}-{unit}-{category}")
    spread = scale.most_photos - scale.fewest_photos + 1
    count = MOST_PHOTOS if number == FULL_HOUSE else scale.fewest_photos + number % spread
    if photos is not None:
        count = photos
    zi = 800 + (number * 577) % 2000
    return EntryPlan(
        unit=unit,
        category=category,
        texts=compose(category, number % len(scale.units) if subject is None else subject, rng, zi),
        photos=tuple(_photo(scale, f"IMG_{number:02d}{n:02d}.JPG", 1000 + number * 20 + n) for n in range(count)),
        video=_video(scale, number) if video and number % scale.video_every == 0 else None,
    )


def _photo(scale: Scale, name: str, seed: int) -> PhotoPlan:
    rng = Random(f"{scale.seed}-{seed}")
    width, height = _SIZES[seed % 2] if scale.megapixels >= 12 else (1152, 864)
    place = rng.choice(_PLACES)
    return PhotoPlan(
        name=name,
        seed=scale.seed * 10_000 + seed,
        width=width,
        height=height,
        camera=rng.choice(_CAMERAS),
        taken=datetime(2016, 3, 1, 9) + timedelta(minutes=rng.randrange(500_000)),  # noqa: DTZ001 - EXIF times have no zone
        orientation=_ORIENTATIONS[seed % len(_ORIENTATIONS)],
        gps=(place[0] + rng.uniform(-0.2, 0.2), place[1] + rng.uniform(-0.2, 0.2)) if rng.random() < 0.4 else None,
        target_bytes=int(rng.uniform(*scale.photo_bytes) * scale.megapixels / 12),
    )


def _video(scale: Scale, number: int) -> VideoPlan:
    index = number // scale.video_every
    width, height = ((1920, 1080), (1280, 720))[index % 2]
    return VideoPlan(
        name=f"MOV_{number:04d}.MP4",
        seed=scale.seed * 10_000 + 5000 + number,
        width=width,
        height=height,
        seconds=min(_SECONDS[index % len(_SECONDS)], scale.longest_video),
        fps=(5, 8, 6)[index % 3],
        sound=index % 4 in {0, 2},
        index_first=index % 3 != 1,
    )
