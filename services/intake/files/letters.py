"""Activation letters as PDF: whoever was just given codes sends them here and gets a page to hand over for each.

Nothing is read or kept: the codes come with the request and leave with the answer.
"""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import AwareDatetime, Field, StringConstraints, ValidationError

from contracts import words
from infra.web.csrf import FOREIGN_REQUEST, is_foreign
from infra.web.fields import Line
from infra.web.openapi import SIGNED_IN, problem_responses
from infra.web.problems import Problem
from services.intake.api.requests import In
from services.intake.domain import errors as e
from services.intake.domain.documents.papers import ActivationLetter
from services.intake.domain.documents.texts import one_line
from services.intake.domain.permissions import Action, Caller
from services.intake.files.answers import PREFIX, disposition, files_of, printer_of, whose
from services.intake.files.printing import CONTENT_TYPES
from services.intake.files.reading import Reading
from services.intake.problems import types_of

router = APIRouter(prefix=PREFIX, tags=["letters"])

_BEIJING = ZoneInfo("Asia/Shanghai")
_PDF = CONTENT_TYPES["pdf"]


class LetterIn(In):
    name: Line
    login: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    code: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,100}$")]
    expires_at: AwareDatetime


class LettersIn(In):
    organiser: Line = Field(description="Who signs the letters, e.g. the secretariat.")
    letters: Annotated[list[LetterIn], Field(min_length=1, max_length=500)]


@router.post(
    "/letters",
    response_class=Response,
    responses={**problem_responses(*SIGNED_IN, *types_of(e.FontMissingError, e.PaperFailedError)), **files_of(_PDF)},
)
async def letters(
    request: Request, who: Annotated[Caller, Depends(Reading(Action.CREATE_ACCOUNT))], body: LettersIn
) -> Response:
    """One page for each account, with its one-time code and a QR code that leads to the page where it is used."""
    return await _printed(request, who, body)


@router.post("/letters/form", include_in_schema=False)
async def letters_of_a_page(
    request: Request,
    who: Annotated[Caller, Depends(Reading(Action.CREATE_ACCOUNT))],
    letters: Annotated[str, Form(max_length=500_000)],
) -> Response:
    """The same for a page's form, whose one field `letters` holds the JSON."""
    if is_foreign(request):
        raise Problem(FOREIGN_REQUEST)
    try:
        body = LettersIn.model_validate_json(letters)
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from error
    return await _printed(request, who, body)


async def _printed(request: Request, who: Caller, body: LettersIn) -> Response:
    printer = printer_of(request)
    address = f"{printer.public_url.rstrip('/')}/activate"
    pages = [
        ActivationLetter(
            organiser=one_line(body.organiser),
            addressee=one_line(letter.name),
            login=one_line(letter.login),
            code=letter.code,
            link=address,
            expires=words.instant_zh(letter.expires_at, _BEIJING),
        )
        for letter in body.letters
    ]
    made = await printer.print_letters(pages, whose(who))
    return Response(made, media_type=_PDF, headers={"Content-Disposition": disposition("账号激活函.pdf")})
