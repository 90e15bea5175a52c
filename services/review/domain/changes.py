"""What a unit changed between two revisions of its entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.campaign import Category
from contracts.differences import Difference, difference
from contracts.events import MaterialRef
from services.review.domain.cases import Revision


@dataclass(frozen=True, slots=True)
class ChangedText:
    """A field whose text is another one now; `label` is its key where the definition has no such field."""

    key: str
    difference: Difference


@dataclass(frozen=True, slots=True)
class Changes:
    """From one revision to a later one. A file with a new name or caption is neither added nor removed."""

    since: int
    texts: tuple[ChangedText, ...]
    added: tuple[MaterialRef, ...]
    removed: tuple[MaterialRef, ...]

    @property
    def any(self) -> bool:
        return bool(self.texts or self.added or self.removed)


def changes_between(old: Revision, new: Revision, category: Category | None) -> Changes:
    """Fields in the order in which the definition has them, those that it does not know after them."""
    keys = [rule.key for rule in category.fields] if category else []
    known = [*keys, *sorted(old.fields.keys() | new.fields.keys() - set(keys))]
    texts = [
        ChangedText(key, difference(old.fields.get(key, ""), new.fields.get(key, "")))
        for key in dict.fromkeys(known)
        if old.fields.get(key, "") != new.fields.get(key, "")
    ]
    return Changes(old.number, tuple(texts), _without(new.materials, old), _without(old.materials, new))


def _without(materials: Sequence[MaterialRef], other: Revision) -> tuple[MaterialRef, ...]:
    theirs = {material.material_id for material in other.materials}
    return tuple(material for material in materials if material.material_id not in theirs)
