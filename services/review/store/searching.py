"""What of the cases is asked for, as conditions of a statement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Text, and_, bindparam, func, or_, select
from sqlalchemy.types import Uuid

from services.review.domain.cases import CaseState
from services.review.ports import CaseFilter, Holding
from services.review.store.tables import cases, claims, drafts

CURRENT = and_(drafts.c.entry_id == cases.c.entry_id, drafts.c.revision == cases.c.revision)
"""A draft for the revision that stands."""

_AT_WORK = select(claims.c.entry_id).where(
    claims.c.entry_id == cases.c.entry_id, claims.c.until > func.clock_timestamp()
)
_READER = bindparam("reader", type_=Uuid())
_WORDS: BindParameter[str] = bindparam("words", type_=Text())
_IS_OPEN = cases.c.state == CaseState.OPEN.value
_DRAFTED = select(drafts.c.entry_id).where(CURRENT).exists()

_HELD: Mapping[Holding, ColumnElement[bool]] = {
    Holding.MINE: and_(_IS_OPEN, _AT_WORK.where(claims.c.account_id == _READER).exists()),
    Holding.FREE: and_(_IS_OPEN, ~_AT_WORK.exists(), ~_DRAFTED),
    Holding.DRAFTED: and_(_IS_OPEN, _DRAFTED),
}
_FOUND = or_(
    cases.c.title.ilike(_WORDS, escape="/"),
    cases.c.unit_name.ilike(_WORDS, escape="/"),
    cases.c.receipt_number.ilike(_WORDS, escape="/"),
)


def matching(wanted: CaseFilter) -> dict[str, ColumnElement[bool]]:
    """The conditions that apply, beyond the campaign, by what makes them apply; their values are `values_of`'s."""
    applying: dict[str, ColumnElement[bool]] = {}
    if wanted.state is not None:
        applying["state"] = cases.c.state == bindparam("state")
    if wanted.category is not None:
        applying["category"] = cases.c.category == bindparam("category")
    if wanted.words:
        applying["words"] = _FOUND
    if wanted.held is not None:
        applying[f"held {wanted.held}"] = _HELD[wanted.held]
    return applying


def values_of(wanted: CaseFilter) -> dict[str, Any]:
    """The values of the statement's parameters. A search finds what it says: %, _ and / are characters like others."""
    words = wanted.words.replace("/", "//").replace("%", "/%").replace("_", "/_")
    return {
        "campaign": wanted.campaign_id,
        "state": wanted.state and wanted.state.value,
        "category": wanted.category,
        "words": f"%{words}%",
        "reader": wanted.reader,
    }
