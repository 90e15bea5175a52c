"""The editor of an entry: a task list, saved as it is typed; a plain form where there are no scripts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from jinja2 import Template
from starlette.concurrency import run_in_threadpool

from contracts.campaign import CLAIMS, CampaignDefinition
from contracts.counting import count_zi
from contracts.events import Finding
from infra.web.direct import DirectRoute
from infra.web.fields import storable
from infra.web.pages import both_languages, redirect
from services.intake.api.calling import ports_of
from services.intake.api.requests import Texts
from services.intake.domain.errors import IntakeError, StaleVersionError
from services.intake.domain.permissions import Action, Caller
from services.intake.domain.sections import (
    CONDITIONS,
    MISSING,
    Progress,
    Section,
    by_place,
    elsewhere,
    open_findings,
    progress_of,
    sections_of,
)
from services.intake.pages.desk.calling import Asker, Editor, Reader, about, refusal, title_of
from services.intake.pages.shell import PAGES, page_caller, texts_of, titled
from services.intake.problems import problem_of
from services.intake.usecases import texts as use
from services.intake.usecases.desk import Sheet, read_sheet
from services.intake.usecases.entries import View, read_entry

router = APIRouter(include_in_schema=False, route_class=DirectRoute)

PATH = "/desk/entries/{entry_id}"
_VERSION, _WAS = "version.", "was."


class Filled(NamedTuple):
    """A field as the page shows it: what stands in it, and what is said about that.

    `value` differs from what the entry holds if it was typed and could not be saved (`unsaved`); `was` marks what the
    entry holds, `zi` counts `value`.
    """

    value: str
    unsaved: bool
    version: int
    was: str
    zi: int
    wrong: Sequence[Finding]
    returned: Finding | None
    conflict: Mapping[str, Any] | None


@router.put(PATH + "/fields")
def autosave(
    request: Request,
    who: Annotated[Caller, Depends(page_caller(Action.EDIT_ENTRY))],
    entry_id: UUID,
    body: Texts,
    check: bool = False,  # noqa: FBT001, FBT002 - a query parameter
) -> Response:
    """What the page's script sends: texts, each with the version that it was typed over."""
    view = use.save_fields(ports_of(request), who, entry_id, body.version, body.fields, body.versions)
    versions = {key: saved.version for key, saved in view.entry.saved.items()}
    told = _told(request, view, check=check)
    late = view.entry.updated_at >= view.submit_until  # both by the database's clock
    return JSONResponse({**told, "versions": versions, "at": _clock(request, view), "late": late})


@router.get(PATH + "/progress")
def progress(request: Request, who: Asker, entry_id: UUID, check: bool = False) -> Response:  # noqa: FBT001, FBT002 - a query parameter
    """What the page's script asks for when files have changed."""
    return JSONResponse(_told(request, read_entry(ports_of(request), who, entry_id), check=check))


def _told(request: Request, view: View, *, check: bool) -> dict[str, Any]:
    """What the page says of the entry beside its texts: its name, how far each part is, what is wrong or missing."""
    sections = _sections(ports_of(request).store.definition(view.entry.campaign_id), view)
    title = title_of(view.entry, view.category.title_field)
    return {
        "version": view.entry.version,
        "title": title,
        "titled": str(titled(title)),
        "sections": {s.key: _tag_of(progress_of(s, view.entry, view.problems)) for s in sections},
        "wrong": {
            place: [str(both_languages(f.zh, f.en)) for f in found]
            for place, found in _shown(view, check=check).items()
        },
        "to_do": _fragment("desk/parts.html", "left_to_do", "count").render(count=len(view.problems)).strip(),
        "missing": _fragment("parts.html", "finding_items", "findings").render(findings=view.problems).strip()
        if check
        else None,
    }


def _sections(definition: CampaignDefinition, view: View) -> tuple[Section, ...]:
    entry = view.entry
    return sections_of(view.category, definition.conditions_for(view.category, entry.texts, entry.unit.code))


def _clock(request: Request, view: View) -> str:
    zone = ports_of(request).store.definition(view.entry.campaign_id).zone
    return f"{view.entry.updated_at.astimezone(zone):%H:%M}"


def _shown(view: View, *, check: bool = False) -> Mapping[str, list[Finding]]:
    """What is wrong, by place; that something is still missing only when the unit has asked for a check."""
    return by_place(finding for finding in view.problems if check or finding.slug not in MISSING)


@cache
def _fragment(where: str, macro: str, given: str) -> Template:
    """A macro of the pages on its own, for scripts to put where it stood."""
    return PAGES.templates.from_string(f'{{% from "{where}" import {macro} %}}{{{{ {macro}({given}) }}}}')


@cache
def _tag_of(state: Progress) -> str:
    return _fragment("parts.html", "state_tag", "state").render(state=state.value).strip()


@router.get(PATH)
def editor(request: Request, who: Reader, entry_id: UUID, check: bool = False, saved: bool = False) -> Response:  # noqa: FBT001, FBT002 - query parameters
    """The entry as a task list; one that can no longer be edited is shown as it was sent."""
    sheet = read_sheet(ports_of(request), who, entry_id)
    if not sheet.is_editable:
        return redirect(f"/desk/entries/{entry_id}/{'receipt' if sheet.view.entry.receipt else 'preview'}")
    return _show(request, who, sheet, check=check, just_saved=saved)


def _show(request: Request, who: Caller, sheet: Sheet, **more: Any) -> Response:
    """`typed`, `over`: what could not be saved, and what it was typed over; `conflicts`: what is there instead."""
    view = sheet.view
    sections = _sections(sheet.campaign.definition, view)
    entry = view.entry
    values: dict[str, Any] = {
        "status": 200,
        "check": False,
        "just_saved": False,
        "typed": {},
        "over": {},
        "conflicts": {},
        "findings": [],
        **more,
    }
    texts, over = entry.texts, values["over"]
    typed, conflicts = {**texts, **values["typed"]}, values["conflicts"]
    wrong = _shown(view, check=values["check"])
    returned = {f.place: f for section in sections for f in open_findings(section, entry)}

    def filled(key: str, *, counted: bool = False) -> Filled:
        saved, value = texts.get(key, ""), typed.get(key, "")
        mark = entry.saved.get(key)
        return Filled(
            value=value,
            unsaved=value != saved,
            version=over.get(key) or (mark.version if mark else entry.version),
            was="" if key in conflicts else _digest(saved),
            zi=count_zi(value) if counted else 0,
            wrong=wrong.get(key, ()),
            returned=returned.get(key),
            conflict=conflicts.get(key),
        )

    rules = [rule for section in sections for rule in section.fields]
    return PAGES.show(
        request,
        "desk/editor.html",
        scripts=True,
        who=who,
        sections=[(section, progress_of(section, entry, view.problems).value) for section in sections],
        filled={rule.key: filled(rule.key, counted=rule.kind == "text" or bool(rule.max_zi)) for rule in rules},
        filled_claims=filled(CLAIMS),
        returned=returned,
        returned_elsewhere=elsewhere(entry.findings, sections),
        claims_key=CLAIMS,
        **about(sheet),
        **values,
    )


def _digest(text: str) -> str:
    """A mark of a text as the page showed it: what comes back unchanged is not saved over what others have written."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@router.post(PATH)
async def save(request: Request, who: Editor, entry_id: UUID) -> Response:
    """The form without scripts: saves what was changed in it, then shows it again or goes on to the check."""
    given = await texts_of(request)
    if _WAS + CLAIMS in given:  # boxes of one name; none is sent of those that are not ticked
        given[CLAIMS] = " ".join(str(one) for one in (await request.form()).getlist(CLAIMS))
    return await run_in_threadpool(_save, request, who, entry_id, given)


def _save(request: Request, who: Caller, entry_id: UUID, given: Mapping[str, str]) -> Response:
    ports = ports_of(request)
    sheet = read_sheet(ports, who, entry_id)
    keys = [key for section in _sections(sheet.campaign.definition, sheet.view) for key in section.keys if key in given]
    typed = {key: given[key].replace("\r\n", "\n") for key in keys}
    changed = {key: text for key, text in typed.items() if _digest(text) != given.get(_WAS + key)}
    over = {key: _number(given.get(_VERSION + key, "")) for key in changed}
    try:
        clean, findings = _storable(changed)
        if not findings and clean:
            use.save_fields(ports, who, entry_id, 1, clean, over)
    except StaleVersionError as error:
        conflicts = {one["field"]: one for one in error.extra["conflicts"]}
        sheet = read_sheet(ports, who, entry_id)
        return _show(
            request,
            who,
            sheet,
            status=409,
            typed=changed,
            over={**over, **{key: one["version"] for key, one in conflicts.items()}},
            conflicts=conflicts,
            findings=[_where(sheet, key) for key in conflicts],
        )
    except IntakeError as error:
        status = problem_of(error).type.status
        return _show(request, who, sheet, status=status, typed=changed, over=over, findings=refusal(error))
    if findings:
        return _show(request, who, sheet, status=422, typed=changed, over=over, findings=findings)
    if given.get("next") == "submit":
        return redirect(f"/desk/entries/{entry_id}/submit")
    return redirect(f"/desk/entries/{entry_id}?saved=true")


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 1  # noqa: PLR2004 - 32 bits


def _storable(texts: Mapping[str, str]) -> tuple[dict[str, str], list[Finding]]:
    clean: dict[str, str] = {}
    findings = []
    for key, text in texts.items():
        try:
            clean[key] = storable(text)
        except ValueError as error:
            zh, _, en = str(error).partition(" | ")
            findings.append(Finding(slug="unstorable", zh=zh, en=en, place=key))
    return clean, findings


def _where(sheet: Sheet, key: str) -> Finding:
    rule = sheet.view.category.field(key)
    zh, en = (rule.label.zh, rule.label.en) if rule else (CONDITIONS.zh, CONDITIONS.en)
    return Finding(
        slug="stale-version",
        zh=f"“{zh}”已在别处修改。两份文字都在下面：再次保存即用您的文字，刷新页面即用已保存的。",
        en=f"“{en}” was changed elsewhere. Both texts are below: save again to keep yours, reload to take the other.",
        place=key,
    )
