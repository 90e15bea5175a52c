"""Files as answers: always to be saved, under a name that every browser understands."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import Request, Response

from infra.web.openapi import Responses
from services.intake.domain.documents.packing import file_name
from services.intake.domain.permissions import Caller
from services.intake.files.printing import CONTENT_TYPES, Printer
from services.intake.ports import Library
from services.intake.usecases.documents import Titled

PREFIX = "/api/files/v1"


def printer_of(request: Request) -> Printer:
    printer: Printer = request.app.state.printer
    return printer


def library_of(request: Request) -> Library:
    library: Library = request.app.state.library
    return library


def disposition(name: str) -> str:
    """`attachment` with the name as RFC 6266 says: in ASCII for old programs, in UTF-8 for the others."""
    plain = "".join(c if c.isascii() and c not in '"\\%;' else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def whose(who: Caller) -> str:
    """In whose name a paper is made: that of the unit, of an account that has none."""
    return who.unit_code or str(who.account_id)


async def printed(request: Request, who: Caller, titled: Titled, kind: str) -> Response:
    """A paper as a file of this kind."""
    made = await printer_of(request).print(titled, kind, whose(who))
    headers = {"Content-Disposition": disposition(f"{file_name(titled.title, 'document')}.{kind}")}
    return Response(made, media_type=CONTENT_TYPES[kind], headers=headers)


def files_of(*kinds: str) -> Responses:
    """The documentation of a route that answers with a file."""
    schema = {"schema": {"type": "string", "format": "binary"}}
    return {200: {"description": "The file.", "content": dict.fromkeys(kinds, schema)}}
