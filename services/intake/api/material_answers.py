"""What intake's HTTP interface answers about files, version 1."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from contracts.events import Finding, MaterialFacts
from services.intake.domain import uploads
from services.intake.domain.advice import advice_on
from services.intake.domain.duplicates import warnings_of
from services.intake.domain.entries import Material
from services.intake.domain.pictures import picture_of
from services.intake.usecases.materials import Link, Shown
from services.intake.usecases.uploads import Begun, PartLinks, Progress


class PictureOut(BaseModel):
    """How a file is shown in lists. The pictures themselves: GET /materials/{id}/preview."""

    width: int = Field(description="Of the small picture, pixels.")
    height: int
    placeholder: str = Field(description="A few pixels of it, for an <img> until it is there; may be empty.")

    @classmethod
    def of(cls, material: Material) -> PictureOut | None:
        picture = picture_of(material)
        if picture is None:
            return None
        return cls(width=picture.width, height=picture.height, placeholder=picture.placeholder)


class MaterialOut(BaseModel):
    material_id: UUID
    entry_id: UUID
    kind: str
    name: str
    caption: str
    position: int
    state: str = Field(description="uploading, uploaded (its verdict is pending), accepted or rejected.")
    bytes: int
    in_parts: bool = Field(description="Whether it is sent in parts.")
    upload_until: datetime = Field(description="When its upload must be finished.")
    sha256: str | None = Field(description="By the validation, or until then by its sender; of a video by its sender.")
    findings: list[Finding]
    warnings: list[Finding] = Field(description="What its owner should look at; it keeps nothing from being submitted.")
    facts: MaterialFacts | None
    picture: PictureOut | None = Field(default=None, description="Once there are pictures of it.")
    playable: bool = Field(
        default=False, description="Whether a copy of a video was made that plays in browsers: GET …/playable."
    )

    @classmethod
    def of(cls, material: Material, warning: Finding | None = None) -> MaterialOut:
        return cls(
            material_id=material.material_id,
            entry_id=material.entry_id,
            kind=material.kind,
            name=material.name,
            caption=material.caption,
            position=material.position,
            state=material.state.value,
            bytes=material.size,
            in_parts=material.upload_id is not None,
            upload_until=material.upload_until,
            sha256=material.sha256,
            findings=list(material.findings),
            warnings=[*([warning] if warning else []), *advice_on(material), *material.warnings],
            facts=material.facts,
            picture=PictureOut.of(material),
            playable=material.playable is not None,
        )

    @classmethod
    def list_of(cls, materials: Iterable[Shown]) -> list[MaterialOut]:
        return [cls.of(one.material, one.warning) for one in materials]


class UploadOut(BaseModel):
    """Post `fields`, then the file as the last field `file`, to `url` as multipart/form-data until `expires_at`.

    An upload begun before the deadline may be finished after it, until then.
    """

    url: str
    fields: dict[str, str]
    key: str
    expires_at: datetime


class PartsOut(BaseModel):
    """Send parts 1 to `count`, each but the last of `part_bytes`, with links from POST /materials/{id}/parts."""

    part_bytes: int
    count: int

    @classmethod
    def of(cls, size: int) -> PartsOut:
        return cls(part_bytes=uploads.PART_BYTES, count=len(uploads.lengths(size)))


class BegunOut(MaterialOut):
    upload: UploadOut | None = Field(description="How to send the file in one piece; null if it is sent in parts.")
    parts: PartsOut | None = Field(description="How to send the file in parts; null if it is sent in one piece.")

    @classmethod
    def begun(cls, begun: Begun) -> BegunOut:
        material, form = begun.material, begun.form
        warning = warnings_of(begun.materials).get(material.material_id)
        upload = form and UploadOut(url=form.url, fields=dict(form.fields), key=form.key, expires_at=form.expires_at)
        parts = None if form else PartsOut.of(material.size)
        return cls(**MaterialOut.of(material, warning).model_dump(), upload=upload, parts=parts)


class HeldPartOut(BaseModel):
    number: int
    bytes: int
    etag: str


class ProgressOut(PartsOut):
    """Which parts storage has; the others are still to be sent."""

    material_id: UUID
    state: str
    upload_until: datetime
    held: list[HeldPartOut]

    @classmethod
    def so_far(cls, progress: Progress) -> ProgressOut:
        material = progress.material
        return cls(
            **PartsOut.of(material.size).model_dump(),
            material_id=material.material_id,
            state=material.state.value,
            upload_until=material.upload_until,
            held=[HeldPartOut(number=n, bytes=part.size, etag=part.etag) for n, part in sorted(progress.held.items())],
        )


class PartLinkOut(BaseModel):
    number: int
    bytes: int = Field(description="Storage takes exactly so many.")
    url: str


class PartLinksOut(BaseModel):
    """PUT each part's bytes to its `url`, without headers of your own, until `expires_at`."""

    links: list[PartLinkOut]
    expires_at: datetime

    @classmethod
    def of(cls, given: PartLinks) -> PartLinksOut:
        links = [PartLinkOut(number=n, bytes=given.lengths[n], url=url) for n, url in sorted(given.links.items())]
        return cls(links=links, expires_at=given.expires_at)


class MaterialsOut(BaseModel):
    materials: list[MaterialOut]


class LinkOut(BaseModel):
    url: str
    expires_at: datetime

    @classmethod
    def of(cls, link: Link) -> LinkOut:
        return cls(url=link.url, expires_at=link.expires_at)
