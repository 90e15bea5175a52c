"""What the pages of the desk share: the caller, the words of an entry, a problem as findings."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends

from contracts import words
from contracts.campaign import Text
from contracts.events import Finding
from services.intake.domain.entries import Entry, public_unit
from services.intake.domain.errors import IntakeError
from services.intake.domain.permissions import Action, Caller
from services.intake.domain.recommending import claimed_by
from services.intake.pages.shell import UNTITLED, page_caller
from services.intake.problems import problem_of
from services.intake.usecases.desk import Sheet

# These pages are of a unit's own entries: reading them asks for no more and no less than writing them.
Reader = Annotated[Caller, Depends(page_caller(Action.EDIT_ENTRY))]
Asker = Annotated[Caller, Depends(page_caller(Action.EDIT_ENTRY, by_itself=True))]
Lister = Annotated[Caller, Depends(page_caller(Action.CREATE_ENTRY))]
Beginner = Annotated[Caller, Depends(page_caller(Action.CREATE_ENTRY))]
Editor = Annotated[Caller, Depends(page_caller(Action.EDIT_ENTRY))]
Sender = Annotated[Caller, Depends(page_caller(Action.SUBMIT_ENTRY))]
Withdrawer = Annotated[Caller, Depends(page_caller(Action.WITHDRAW_ENTRY))]
Committee = Annotated[Caller, Depends(page_caller(Action.READ_MEMBERS))]
Historian = Annotated[Caller, Depends(page_caller(Action.READ_HISTORY))]


def refusal(error: IntakeError) -> list[Finding]:
    """An error as what a summary lists: its findings, or its sentence."""
    if error.findings:
        return list(error.findings)
    problem = problem_of(error)
    return [
        Finding(
            slug=problem.type.slug,
            zh=problem.detail_zh or problem.type.zh,
            en=problem.detail_en or problem.type.en,
        )
    ]


def about(sheet: Sheet) -> dict[str, Any]:
    """What every page of an entry says at its top: campaign, category, title, state, time."""
    entry, category = sheet.view.entry, sheet.view.category
    return {
        "sheet": sheet,
        "view": sheet.view,
        "entry": entry,
        "category": category,
        "definition": sheet.campaign.definition,
        "standing": sheet.standing,
        "title": title_of(entry, category.title_field),
        "materials": entry.materials,
        "shown_unit": public_unit(entry, category),
        "claimed": claimed(sheet),
        "instant": lambda at: words.instant_zh(at, sheet.campaign.definition.zone),
        "instant_en": lambda at: words.instant_en(at, sheet.campaign.definition.zone),
        "deadline": lambda at: words.deadline_zh(at, sheet.campaign.definition.zone),
        "deadline_en": lambda at: words.deadline_en(at, sheet.campaign.definition.zone),
    }


def claimed(sheet: Sheet) -> list[Text]:
    """The conditions that the unit says are met, in words."""
    view = sheet.view
    rules = claimed_by(view.entry, view.category, sheet.campaign.definition)
    return [condition.label for one in rules for condition in one.met]


def title_of(entry: Entry, field: str) -> str:
    """The entry's title, or that it has none yet."""
    return entry.fields.get(field, "").strip() or UNTITLED
