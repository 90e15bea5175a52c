"""`python -m tests.bench_media.likeness FOLDER...`: how many altered pictures are found, and how many others with them.

Takes every photo below the folders. Each is altered in each way, and is sought both ways round: the altered one among
the originals, the original among the altered ones. Pictures that are not the same: the photos, and parts of them.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from contracts.storage import LARGE, SMALL
from services.media.pictures import MIRRORED, correlations, fingerprint
from services.media.pictures.pixels import scaled, within
from services.media.resemblance import LEAST_CORRELATION, MOST_DISTANCE, Looks
from tests.bench_media.alterations import ALTERATIONS, BEYOND

_ENDINGS = {".jpg", ".jpeg", ".png", ".webp"}
_LEAST_BYTES = 20_000


@dataclass(frozen=True)
class Sought:
    """A picture as it is found and seeks."""

    name: str
    looks: Looks


def looks_of(picture: Image.Image) -> Looks:
    """As media makes them: of the small rendition, which is made of the large one."""
    large = scaled(picture, within(LARGE, *picture.size))
    made = fingerprint(scaled(large, within(SMALL, *large.size)))
    return Looks(made.hashes, MIRRORED, made.thumbnail, made.telling)


def meets(one: Looks, other: Looks) -> tuple[int, bool] | None:
    """(distance, whether mirrored) if the index leads from the one to the other, as the database's does."""
    kept = dict.fromkeys(other.kept())
    by_key: dict[int, list[int]] = {}
    for key, whole in kept:
        by_key.setdefault(key, []).append(whole)
    met = [
        (((whole ^ mine) & (1 << 64) - 1).bit_count(), mirrored)
        for key, mine, mirrored in one.sought()
        for whole in by_key.get(key, ())
    ]
    near = [pair for pair in met if pair[0] <= MOST_DISTANCE]
    return min(near) if near else None


def finds(one: Looks, other: Looks) -> bool:
    """Whether the one, coming second, is told to resemble the other."""
    met = meets(one, other) if one.telling and other.telling else None
    return met is not None and correlations(one.thumbnail, [(other.thumbnail, met[1])])[0] >= LEAST_CORRELATION


def photos_below(folders: Sequence[Path]) -> Iterator[tuple[str, Image.Image]]:
    for path in sorted(path for folder in folders for path in folder.rglob("*")):
        if path.suffix.lower() in _ENDINGS and path.stat().st_size >= _LEAST_BYTES:
            with Image.open(path) as photo:
                yield path.name, scaled(photo.convert("RGB"), within(LARGE, *photo.size))


def parts_of(name: str, photo: Image.Image) -> Iterator[tuple[str, Image.Image]]:
    """The photo, and its quarters and ninths, which show different things."""
    yield name, photo
    for number in (2, 3):
        for row, column in itertools.product(range(number), repeat=2):
            width, height = photo.width // number, photo.height // number
            box = (column * width, row * height, (column + 1) * width, (row + 1) * height)
            yield f"{name} {row}{column}/{number}", photo.crop(box)


def main(folders: Sequence[str]) -> int:
    photos = list(photos_below([Path(folder) for folder in folders]))
    known = [(name, photo, looks_of(photo)) for name, photo in photos]
    telling = [one for one in known if one[2].telling]
    print(f"{len(photos)} photos, of which {len(telling)} say which picture they are")
    print(f"{'alteration':38} {'found':>7} {'the other way':>14}   not found")
    for name, alter in ALTERATIONS.items():
        there, back, missed = 0, 0, []
        for title, photo, looks in telling:
            altered = looks_of(alter(photo))
            found = finds(altered, looks), finds(looks, altered)
            there, back = there + found[0], back + found[1]
            if not all(found):
                missed.append(title)
        share = [f"{100 * count / len(telling):.0f} %" for count in (there, back)]
        print(
            f"{name:38} {share[0]:>7} {share[1]:>14}   {', '.join(missed[:4])}{' (beyond)' if name in BEYOND else ''}"
        )
    others = [(title, looks_of(part)) for name, photo, _ in known for title, part in parts_of(name, photo)]
    telling_parts = [(title, looks) for title, looks in others if looks.telling]
    pairs = list(itertools.combinations(telling_parts, 2))
    met = [(one, other) for one, other in pairs if meets(one[1], other[1]) is not None]
    wrong = [(one[0], other[0]) for one, other in met if finds(one[1], other[1])]
    print(f"{len(telling_parts)} different pictures, {len(pairs)} pairs: {len(met)} compared, {len(wrong)} found alike")
    for pair in wrong[:20]:
        print("  ", *pair, sep=" | ")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
