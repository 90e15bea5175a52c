"""What resembles what: kept as media tells it, shown to who may see both sides of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from contracts.campaign import Text
from contracts.events import EntrySubmittedV1, MaterialPlace, MaterialRef, MaterialResembledV1
from services.review.domain.cases import Case
from services.review.domain.materials import MaterialVerdict, Pictures
from services.review.domain.resemblances import Resemblance, both_ways, handed_on
from services.review.ports import Work
from services.review.usecases.common import pictures_of


@dataclass(frozen=True, slots=True)
class Alike:
    """A file of an entry, and the one that it resembles: with its case, its campaign's title, what is shown of it."""

    known: Resemblance
    material: MaterialRef
    case: Case
    campaign: Text
    other: MaterialRef
    verdict: MaterialVerdict | None
    pictures: Pictures | None


def material_resembled(work: Work, event: MaterialResembledV1) -> None:
    """Keep what media found, also of the same files in entries that were begun again, which media does not know."""
    found = list(both_ways(event))
    for side in both_ways(event):
        sha256 = side.material.sha256
        for heir in work.resemblances.heirs(sha256) if sha256 else ():
            found += handed_on(side, heir)
    work.resemblances.put(found)


def inherit(work: Work, event: EntrySubmittedV1) -> None:
    """What is known of the files that an entry took over from the one before holds of its own, too."""
    verdicts = work.cases.verdicts({material.material_id for material in event.materials})
    for material in event.materials:
        verdict = verdicts.get(material.material_id)
        sha256 = verdict.facts.sha256 if verdict and verdict.facts else None
        if verdict is None or verdict.judged_at is not None or sha256 is None:
            continue
        heir = MaterialPlace(
            material_id=material.material_id,
            entry_id=event.entry_id,
            campaign_id=event.campaign_id,
            category=event.category,
            unit_code=event.unit.code,
            kind=material.kind,
            sha256=sha256,
        )
        work.resemblances.put(one for known in work.resemblances.of_file(sha256) for one in handed_on(known, heir))


def alike_in(work: Work, materials: Sequence[MaterialRef], may_see: Callable[[Case], bool]) -> Sequence[Alike]:
    """What the files of a revision resemble that is in the newest revision of a case which `may_see` allows."""
    own = {material.material_id: material for material in materials}
    known = work.resemblances.shown(own.keys())
    cases = {
        entry_id: case
        for entry_id, case in work.cases.several({one.other.entry_id for one in known}).items()
        if may_see(case)
    }
    others = _others(work, cases, {one.other.material_id for one in known})
    titles = _titles(work, {case.campaign_id for case in cases.values()})
    return [
        Alike(one, own[one.material.material_id], case, titles[case.campaign_id], *others[one.other.material_id])
        for one in known
        if (case := cases.get(one.other.entry_id)) is not None and one.other.material_id in others
    ]


def _others(
    work: Work, cases: Mapping[UUID, Case], wanted: Collection[UUID]
) -> dict[UUID, tuple[MaterialRef, MaterialVerdict | None, Pictures | None]]:
    found: dict[UUID, tuple[MaterialRef, MaterialVerdict | None, Pictures | None]] = {}
    for case in cases.values():
        revision = work.cases.revision(case.entry_id, case.revision)
        if revision is None:
            continue
        verdicts = work.cases.verdicts({material.material_id for material in revision.materials} & set(wanted))
        pictures = pictures_of(work, revision, verdicts)
        for material in revision.materials:
            if material.material_id in wanted:
                at = material.material_id
                found[at] = (material, verdicts.get(at), pictures.get(at))
    return found


def _titles(work: Work, campaign_ids: Collection[str]) -> dict[str, Text]:
    """What campaigns are called; their ids where nothing was heard of them."""
    titles = {}
    for campaign_id in campaign_ids:
        campaign = work.campaigns.get(campaign_id)
        titles[campaign_id] = campaign.definition.title if campaign else Text(zh=campaign_id, en=campaign_id)
    return titles
