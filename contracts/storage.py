"""Where in object storage a file stands that one service puts there and another one shows."""

from __future__ import annotations

import re
from uuid import UUID

PUBLIC = "laurel-public"
"""The bucket of pictures made of accepted files, without a byte of the originals."""

LARGE, SMALL = 1600, 480
"""How many pixels the longer side of a rendition has at most: for looking at, and for lists."""


def rendition_key(stem: str, side: int = LARGE, ending: str = "jpg") -> str:
    """The picture of an accepted file. `stem`: a photo's SHA-256, a video's material id."""
    return f"{stem}/{side}.{ending}"


def stem_of(key: str) -> str:
    """What the key of a rendition was made from."""
    return key.rpartition("/")[0]


MATERIALS = "laurel-materials"
"""The bucket of accepted files, which nobody reads without a link that was made for them."""


def preview_key(sha256: str) -> str:
    """The picture of an accepted document's first page. It stands beside documents, which are nobody's to browse."""
    return f"preview/{sha256}.jpg"


def video_folder(material_id: UUID) -> str:
    """Where the immutable copy of a video stands, under a name that is never used twice (docs/adr/0009)."""
    return f"video/{material_id}/"


def video_of(key: str) -> UUID | None:
    """As which material a video was judged that stands under this key; None for what is no video's."""
    found = _VIDEO.fullmatch(key)
    return UUID(found[1]) if found else None


_VIDEO = re.compile(r"video/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/[^/]+")


def playable_key(stem: str) -> str:
    """The copy of an accepted video that plays in browsers, where one is needed. `stem`: the material's id."""
    return f"{stem}/playable.mp4"
