"""What a child of the pool made of a file, checked before anything of it is published."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Base64Bytes, Field, ValidationError, field_validator

from contracts.events import Fact, Placeholder, Rendition
from contracts.storage import LARGE, SMALL, rendition_key
from services.media.domain import RenditionError
from services.media.pool import Answer
from services.media.resemblance import THUMBNAIL_BYTES, Looks

_ENDINGS = {"JPEG": "jpg", "WebP": "webp"}
_CONTENT_TYPES = {"JPEG": "image/jpeg", "WebP": "image/webp"}


class _Picture(Fact):
    """One picture of an answer, whose bytes stand behind those of the one before."""

    side: Literal[1600, 480]
    format: Literal["JPEG", "WebP"]
    width: int = Field(ge=1, le=LARGE)
    height: int = Field(ge=1, le=LARGE)
    bytes: int = Field(ge=1)


Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


def _whole_thumbnail(raw: bytes) -> bytes:
    if len(raw) != THUMBNAIL_BYTES:
        raise ValueError(f"{len(raw)} bytes")
    return raw


class _Looks(Fact):
    hashes: tuple[Hash, ...] = Field(min_length=6, max_length=6)
    mirrored: Hash
    thumbnail: Annotated[Base64Bytes, AfterValidator(_whole_thumbnail)]
    telling: bool


class Captured(Fact):
    """When and with what a photo was taken, by its camera's own word. Private."""

    taken_at: datetime | None = None
    zone: str = Field(default="", pattern=r"^([+-]\d\d:\d\d)?$")
    make: str = Field(default="", max_length=80)
    model: str = Field(default="", max_length=80)

    @field_validator("taken_at", mode="before")
    @classmethod
    def _nothing(cls, value: object) -> object:
        return value or None


class _Told(Fact):
    pictures: tuple[_Picture, ...] = Field(min_length=4, max_length=4)
    placeholder: Placeholder
    looks: _Looks | None = None
    captured: Captured | None = None


@dataclass(frozen=True, slots=True)
class File:
    """A rendition to publish."""

    rendition: Rendition
    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Shown:
    """The renditions of one material, as they are told of; and what stays here: how it looks, its private facts."""

    renditions: tuple[Rendition, ...]
    placeholder: str
    looks: Looks | None = None
    captured: Captured | None = field(default=None, repr=False)

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
    renditions = tuple(file.rendition for file in files)
    return Shown(renditions, told.placeholder, _looks_of(told.looks), told.captured), files


class _Compared(Fact):
    correlations: tuple[float, ...]


def correlations_of(answer: Answer, count: int) -> tuple[float, ...]:
    """What comparing so many thumbnails came to. Raises RenditionError."""
    try:
        found = _Compared.model_validate(answer.data).correlations
    except ValidationError as error:
        raise RenditionError(f"no comparison in the answer: {error.error_count()} flaws") from error
    if len(found) != count:
        raise RenditionError(f"{len(found)} comparisons instead of {count}")
    return found


def _looks_of(told: _Looks | None) -> Looks | None:
    if told is None:
        return None
    hashes = tuple(int(whole, 16) for whole in told.hashes)
    return Looks(hashes, int(told.mirrored, 16), told.thumbnail, told.telling)


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
