"""Texts: saved as they are typed, refused without losing one, looked up and brought back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import structlog

from contracts.campaign import CLAIMS
from services.intake.domain import texts as rules
from services.intake.domain.campaigns import category_of
from services.intake.domain.entries import Command, Entry, Place, check_may_change, split_private, step
from services.intake.domain.errors import DeadlinePassedError, NotFoundError, StaleVersionError, WrongStateError
from services.intake.domain.permissions import Action, Caller
from services.intake.domain.recommending import takes_claims
from services.intake.ports import Kept, Ports, Sheet, Submitted, Transaction
from services.intake.usecases.entries import View, campaign_in, entry_in, view_of

log = structlog.get_logger(__name__)


def save_fields(
    ports: Ports,
    caller: Caller,
    entry_id: UUID,
    version: int,
    texts: Mapping[str, str],
    versions: Mapping[str, int] | None = None,
) -> View:
    """Save texts, whatever is wrong with them: findings say what. Texts not given stay.

    Each was typed over `version`, or over the one that `versions` names for it, and is saved unless somebody has saved
    another text there since. All are saved, or none; what was refused is in the history then.

    Raises NotFoundError, UnknownFieldError, WrongStateError, StaleVersionError (with both texts, where the caller may
    read them), and DeadlinePassedError while a file that was on its way at the deadline may still arrive.
    """
    place = _place(ports, caller, entry_id)
    sheet = _sheet(ports, caller, place, texts, rules.bases(version, versions or {}, texts))
    saved = ports.store.save_texts(place, sheet)
    if saved is None:
        return _save_slowly(ports, caller, place, sheet, keep_all=False)
    entry, campaign = saved
    return view_of(entry, campaign)


def _place(ports: Ports, caller: Caller, entry_id: UUID) -> Place:
    place = ports.store.place(entry_id)
    if place is None or place.unit_code != caller.own_unit:
        raise NotFoundError
    return place


def _sheet(ports: Ports, caller: Caller, place: Place, texts: Mapping[str, str], over: Mapping[str, int]) -> Sheet:
    category = category_of(ports.store.definition(place.campaign_id), place.category)
    fields, private = split_private(category, texts)
    title = fields.get(category.title_field)
    return Sheet(
        place.entry_id,
        place.unit_code,
        caller.account_id,
        over,
        fields,
        private,
        None if title is None else title.strip(),
        category.exempt(fields) if category.quota_exempt_posts and category.post_field in fields else None,
    )


def _save_slowly(ports: Ports, caller: Caller, place: Place, sheet: Sheet, *, keep_all: bool) -> View:
    """Save while the entry's row is locked: keep what has to be kept, or refuse and keep both."""
    hidden = frozenset() if caller.may(Action.READ_PRIVATE_FIELDS) else frozenset(sheet.private)
    with ports.store.begin() as tx:
        entry = entry_in(tx, place.entry_id, place.unit_code, lock=True)
        refusal = _refusal(tx, entry, sheet, hidden)
        if refusal is None:
            _write(tx, entry, sheet, keep_all=keep_all)
            entry = entry_in(tx, place.entry_id, place.unit_code)
            return view_of(entry, campaign_in(tx, place.campaign_id))
    # Raised only now, so that what was set aside is committed.
    log.info("texts.refused", correlation=str(place.entry_id), why=refusal.slug)
    raise refusal


def _refusal(
    tx: Transaction, entry: Entry, sheet: Sheet, hidden: frozenset[str]
) -> StaleVersionError | WrongStateError | DeadlinePassedError | None:
    """Why these texts cannot be saved, after they were put into the history; None if they can."""
    texts = {**sheet.fields, **sheet.private}
    refusal: StaleVersionError | WrongStateError | DeadlinePassedError
    try:
        step(entry.state, Command.EDIT)
        if rules.changed(entry, texts):
            check_may_change(campaign_in(tx, entry.campaign_id), entry, tx.now())
    except (WrongStateError, DeadlinePassedError) as error:
        refusal, lost, kept = error, rules.changed(entry, texts), []
    else:
        conflicts = rules.in_conflict(entry, texts, sheet.over)
        if not conflicts:
            return None
        lost = {key: texts[key] for key in rules.changed(entry, texts)}
        kept = rules.replaced(entry, conflicts)
        refusal = rules.stale(entry, texts, tx.names_of(saved.by for saved in entry.saved.values()), hidden)
    kept += rules.set_aside(lost, sheet.over, sheet.by, tx.now())
    tx.keep_texts(entry.entry_id, kept, sheet.private)
    return refusal


def _write(tx: Transaction, entry: Entry, sheet: Sheet, *, keep_all: bool) -> None:
    texts = {**sheet.fields, **sheet.private}
    changed = rules.changed(entry, texts)
    if not changed:
        return  # the same save once more
    doing = rules.saving(entry, changed, sheet.by, tx.now(), keep_all=keep_all)
    tx.keep_texts(entry.entry_id, doing.kept, sheet.private)
    fields = {key: text for key, text in sheet.fields.items() if key in changed}
    private = {key: text for key, text in sheet.private.items() if key in changed}
    tx.write_texts(entry, replace(sheet, fields=fields, private=private), doing.marks)
    if sheet.exempt is not None:
        tx.place_entry(entry.entry_id, exempt=sheet.exempt)


@dataclass(frozen=True, slots=True)
class History:
    """What an entry was: its submissions, and earlier texts, one more than asked for if there are more."""

    view: View
    submissions: Sequence[Submitted]
    earlier: Sequence[Kept]
    names: Mapping[UUID, str]


def read_history(ports: Ports, caller: Caller, entry_id: UUID, after: int | None, limit: int) -> History:
    """Raises NotFoundError."""
    with ports.store.begin() as tx:
        entry = entry_in(tx, entry_id, caller.own_unit)
        view = view_of(entry, campaign_in(tx, entry.campaign_id))
        names = tx.names_of(saved.by for saved in entry.saved.values())
        return History(view, tx.revisions(entry_id), tx.earlier_texts(entry_id, after, limit + 1), names)


def restore_text(ports: Ports, caller: Caller, entry_id: UUID, seq: int, version: int) -> View:
    """Bring one earlier text back; what it replaces goes into the history.

    Raises NotFoundError, WrongStateError, StaleVersionError, DeadlinePassedError.
    """
    place = _place(ports, caller, entry_id)
    with ports.store.begin() as tx:
        kept = tx.earlier_text(entry_id, seq)
    if kept is None:
        raise NotFoundError
    return _restore(ports, caller, place, {kept.earlier.field: kept.earlier.text}, version)


def restore_revision(ports: Ports, caller: Caller, entry_id: UUID, revision: int, version: int) -> View:
    """Bring all texts of a submission back; what they replace goes into the history.

    Raises NotFoundError, WrongStateError, StaleVersionError, DeadlinePassedError.
    """
    place = _place(ports, caller, entry_id)
    with ports.store.begin() as tx:
        texts = tx.revision(entry_id, revision)
    if texts is None:
        raise NotFoundError
    category = category_of(ports.store.definition(place.campaign_id), place.category)
    blank = {rule.key: "" for rule in category.fields} | ({CLAIMS: ""} if takes_claims(category) else {})
    whole = {key: text for key, text in {**blank, **texts[0], **texts[1]}.items() if key in blank}
    return _restore(ports, caller, place, whole, version)


def _restore(ports: Ports, caller: Caller, place: Place, texts: Mapping[str, str], version: int) -> View:
    sheet = _sheet(ports, caller, place, texts, dict.fromkeys(texts, version))
    view = _save_slowly(ports, caller, place, sheet, keep_all=True)
    log.info("texts.restored", correlation=str(place.entry_id), fields=sorted(texts))
    return view
