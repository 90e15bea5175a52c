"""What a child of the pool made of a file, checked before anything of it is published."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pydantic import Field, ValidationError

from contracts.events import Fact, Placeholder, Rendition
from contracts.storage import LARGE, SMALL, rendition_key
from services.media.domain import RenditionError
from services.media.pool import Answer

_ENDINGS = {"JPEG": "jpg", "WebP": "webp"}
_CONTENT_TYPES = {"JPEG": "image/jpeg", "WebP": "image/webp"}


class _Picture(Fact):
    """One picture of an answer, whose bytes stand behind those of the one before."""

    side: Literal[1600, 480]
    format: Literal["JPEG", "WebP"]
    width: int = Field(ge=1, le=LARGE)
    height: int = Field(ge=1, le=LARGE)
    bytes: int = Field(ge=1)


class _Told(Fact):
    pictures: tuple[_Picture, ...] = Field(min_length=4, max_length=4)
    placeholder: Placeholder


@dataclass(frozen=True, slots=True)
class File:
    """A rendition to publish."""

    rendition: Rendition
    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Shown:
    """The renditions of one material, as they are told of."""

    renditions: tuple[Rendition, ...]
    placeholder: str

    @property
    def main(self) -> str:
        """The key of the one that everything can show."""
        return self.renditions[0].key


def files_of(answer: Answer, stem: str) -> tuple[Shown, list[File]]:
    """What was made, under the keys that it is published at, the large JPEG first. Raises RenditionError."""
    try:
        told = _Told.model_validate(answer.data)
    except ValidationError as error:
        raise RenditionError(f"no renditions in the answer about {stem}: {error.error_count()} flaws") from error
    files = list(_cut(told, stem, answer.content))
    kinds = [(picture.side, picture.format) for picture in told.pictures]
    if kinds != [(side, kind) for side in (LARGE, SMALL) for kind in _ENDINGS] or sum(
        picture.bytes for picture in told.pictures
    ) != len(answer.content):
        raise RenditionError(f"the answer about {stem} holds {kinds} and {len(answer.content)} bytes")
    return Shown(tuple(file.rendition for file in files), told.placeholder), files


def _cut(told: _Told, stem: str, content: bytes) -> Iterator[File]:
    at = 0
    for picture in told.pictures:
        rendition = Rendition(
            key=rendition_key(stem, picture.side, _ENDINGS[picture.format]),
            format=picture.format,
            width=picture.width,
            height=picture.height,
            bytes=picture.bytes,
        )
        yield File(rendition, content[at : at + picture.bytes], _CONTENT_TYPES[picture.format])
        at += picture.bytes
