"""Where in object storage a file stands that one service puts there and another one shows."""

from __future__ import annotations

PUBLIC = "laurel-public"
"""The bucket of pictures made of accepted files, without a byte of the originals."""


def rendition_key(stem: str) -> str:
    """The picture of an accepted file. `stem`: a photo's SHA-256, a video's material id."""
    return f"{stem}/1600.jpg"
