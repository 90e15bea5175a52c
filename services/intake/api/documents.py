"""What can be printed of an entry, and where: the files themselves are made by the process kind `files`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from contracts.campaign import Text
from infra.web.openapi import SIGNED_IN, problem_responses
from services.intake.api.calling import PREFIX, Allowed, answer, ports_of
from services.intake.domain import errors as e
from services.intake.domain.permissions import Action, Caller
from services.intake.problems import types_of
from services.intake.usecases import documents as use

router = APIRouter(prefix=PREFIX, tags=["documents"])

FILES = "/api/files/v1"


class DocumentOut(BaseModel):
    key: str
    kind: str = Field(description="form or article.")
    number: str = Field(description="As the notice numbers it; empty if it does not.")
    title: Text
    files: dict[str, str] = Field(description="Links by kind of file.")


class DocumentsOut(BaseModel):
    """`revision` is the submission that goes to paper; absent of a draft, whose papers are marked as such."""

    entry_id: UUID
    revision: int | None
    receipt_number: str | None
    digest: str | None
    paper_deadline: datetime | None
    documents: list[DocumentOut]
    receipt: str | None = Field(description="Link; absent before the first submission.")
    archive: str = Field(description="Link to everything in one file.")

    @classmethod
    def of(cls, about: use.Printable) -> DocumentsOut:
        base, past = f"{FILES}/entries/{about.entry.entry_id}", about.past
        return cls(
            entry_id=about.entry.entry_id,
            revision=past.receipt.revision if past else None,
            receipt_number=past.receipt.receipt_number if past else None,
            digest=past.receipt.digest if past else None,
            paper_deadline=about.paper_deadline,
            documents=[
                DocumentOut(
                    key=rule.key,
                    kind=rule.kind,
                    number=rule.number,
                    title=rule.title,
                    files={kind: f"{base}/documents/{rule.key}.{kind}" for kind in ("docx", "pdf")},
                )
                for rule in about.documents
            ],
            receipt=f"{base}/receipt.pdf" if about.entry.revision else None,
            archive=f"{base}/archive.zip",
        )


@router.get(
    "/entries/{entry_id}/documents",
    response_model=DocumentsOut,
    responses=problem_responses(*SIGNED_IN, *types_of(e.NotFoundError)),
)
def list_documents(
    request: Request, who: Annotated[Caller, Depends(Allowed(Action.READ_ENTRY))], entry_id: UUID
) -> Response:
    """What can be printed of an entry, of which revision, until when it must arrive on paper."""
    return answer(DocumentsOut.of(use.list_documents(ports_of(request), who, entry_id)))
