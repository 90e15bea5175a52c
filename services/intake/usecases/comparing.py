"""Two versions of an entry's texts beside each other: as they stand, as they were submitted, as they once were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.differences import Difference, difference
from services.intake.domain.entries import Entry
from services.intake.domain.errors import NotFoundError
from services.intake.domain.permissions import Caller
from services.intake.domain.texts import MOST_KEPT
from services.intake.ports import Kept, Ports, Submitted, Transaction
from services.intake.usecases.entries import entry_in

NOW = "now"
"""The texts as they stand; `r2` are those of the second submission, `k15` is the earlier text with that number."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a text that may be compared: its mark, when it was written and by whom."""

    mark: str
    at: datetime
    name: str
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between two versions, by field; of fields that are alike nothing.

    `versions` are those that the one field could be compared by, newest first; none without a field.
    """

    differences: Mapping[str, Difference]
    versions: Sequence[Version]


def compare(ports: Ports, caller: Caller, entry_id: UUID, field: str | None, old: str, new: str) -> Comparison:
    """Of one field, or of all where both versions are submissions or what stands now.

    Raises NotFoundError, also for a version that is not of this entry, or not of this field.
    """
    with ports.store.begin() as tx:
        entry = entry_in(tx, entry_id, caller.own_unit)
        before, after = _texts(tx, entry, field, old), _texts(tx, entry, field, new)
        versions = _versions(tx, entry, field) if field else ()
    keys = [field] if field else list(dict.fromkeys((*entry.texts, *before, *after)))
    changed = {key: (before.get(key, ""), after.get(key, "")) for key in keys}
    return Comparison({key: difference(*pair) for key, pair in changed.items() if pair[0] != pair[1]}, versions)


def _texts(tx: Transaction, entry: Entry, field: str | None, mark: str) -> Mapping[str, str]:
    if mark == NOW:
        return entry.texts
    number = int(mark[1:])
    if mark.startswith("r"):
        texts = tx.revision(entry.entry_id, number)
        if texts is None:
            raise NotFoundError
        return {**texts[0], **texts[1]}
    kept = tx.earlier_text(entry.entry_id, number)
    if kept is None or kept.earlier.field != field:
        raise NotFoundError
    return {kept.earlier.field: kept.earlier.text}


def _versions(tx: Transaction, entry: Entry, field: str) -> Sequence[Version]:
    saved = entry.saved.get(field)
    names = tx.names_of([saved.by] if saved else [])
    now = Version(NOW, saved.at if saved else entry.updated_at, names.get(saved.by, "") if saved else "")
    submitted = [_submitted(one) for one in tx.revisions(entry.entry_id)]
    earlier = [_earlier(one) for one in tx.earlier_texts(entry.entry_id, None, MOST_KEPT, field=field)]
    return (now, *sorted((*submitted, *earlier), key=lambda version: version.at, reverse=True))


def _submitted(one: Submitted) -> Version:
    return Version(f"r{one.receipt.revision}", one.receipt.submitted_at, one.name, one.receipt.revision)


def _earlier(kept: Kept) -> Version:
    return Version(f"k{kept.seq}", kept.earlier.at, kept.name)
