"""What stands on each paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from services.intake.domain.entries import Receipt


@dataclass(frozen=True, slots=True)
class PastMaterial:
    """A file as a submission named it."""

    material_id: UUID
    kind: str
    name: str
    position: int
    size: int


@dataclass(frozen=True, slots=True)
class Past:
    """A submission as it was."""

    receipt: Receipt
    fields: Mapping[str, str]
    private: Mapping[str, str]
    materials: tuple[PastMaterial, ...]


@dataclass(frozen=True, slots=True)
class Stamp:
    """What matches a paper to a submission. A paper of a draft has a mark across it and no number."""

    number: str = ""
    revision: int = 0
    digest: str = ""
    submitted: str = ""
    link: str = ""
    """What the QR code says; none without a number."""
    mark: str = ""
    """Printed large and pale across each page, e.g. 草稿."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A label and what was filled in."""

    label: str
    text: str
    long: bool = False


@dataclass(frozen=True, slots=True)
class FormBox:
    """An opinion with room for seal and date."""

    label: str
    text: str = ""
    seal: bool = True


@dataclass(frozen=True, slots=True)
class Form:
    """A filled form."""

    campaign: str
    number: str
    title: str
    rows: tuple[tuple[Cell, ...], ...]
    boxes: tuple[FormBox, ...]
    notes: tuple[str, ...]
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph of an article: `level` 0 is body, 1 to 4 the headings 一、 （一） 1. （1）.

    `head` is set as a heading, `text` follows it in the same paragraph.
    """

    level: int
    head: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Article:
    """An article as an official document."""

    title: str
    subtitle: str
    unit: str
    blocks: tuple[Block, ...]
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A material on a receipt."""

    kind: str
    name: str
    size: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ReceiptPaper:
    """Proof of a submission."""

    campaign: str
    organiser: str
    rows: tuple[Cell, ...]
    files: tuple[ListedFile, ...]
    next_steps: tuple[str, ...]
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class TableSection:
    """The numbered entries of one category."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[str, ...]
    """Receipt number and revision of each row."""


@dataclass(frozen=True, slots=True)
class SummaryTable:
    """Everything that a unit has submitted, to sign, seal and post."""

    campaign: str
    number: str
    title: str
    unit: str
    sections: tuple[TableSection, ...]
    made: str
    notes: tuple[str, ...] = ()
    stamp: Stamp = field(default_factory=Stamp)


@dataclass(frozen=True, slots=True)
class ActivationLetter:
    """What hands an account to its owner. It holds a secret: made, given out, kept nowhere.

    `link` is the address that is printed; the QR code leads there with the code behind the `#`, which browsers keep to
    themselves, so that it stands in nobody's log.
    """

    organiser: str
    addressee: str
    login: str
    code: str
    link: str
    expires: str


Paper = Form | Article | ReceiptPaper | SummaryTable
