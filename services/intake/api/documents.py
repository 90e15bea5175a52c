"""What can be printed of an entry, and where: the files themselves are made by the process kind `files`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, Field

from contracts.campaign import Text
from infra.web.openapi import SIGNED_IN, problem_responses
from services.intake.api.calling import PREFIX, Allowed, answer, ports_of
from services.intake.api.campaigns import CampaignId
from services.intake.domain import errors as e
from services.intake.domain.permissions import Action, Caller
from services.intake.problems import types_of
from services.intake.usecases import documents as use
from services.intake.usecases import papers

router = APIRouter(prefix=PREFIX, tags=["documents"])

FILES = "/api/files/v1"


Number = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9.-]{1,119}$", description="The receipt number.")]
RevisionNumber = Annotated[int, Path(ge=1, le=2**31 - 1)]
Digest = Annotated[str, Path(pattern=r"^[0-9a-fA-F]{64}$", description="SHA-256, as it stands on the paper.")]


class DocumentOut(BaseModel):
    key: str
    kind: str = Field(description="form or article.")
    number: str = Field(description="As the notice numbers it; empty if it does not.")
    title: Text
    files: dict[str, str] = Field(description="Links by kind of file.")


class EnclosureOut(BaseModel):
    """A paper that is posted with the forms and that the platform does not make."""

    key: str
    title: Text
    copies: int
    help: Text | None


class DocumentsOut(BaseModel):
    """`revision` is the submission that goes to paper; absent of a draft, whose papers are marked as such."""

    entry_id: UUID
    revision: int | None
    receipt_number: str | None
    digest: str | None
    paper_deadline: datetime | None
    documents: list[DocumentOut]
    posted: list[str] = Field(description="Keys of the documents that are signed, sealed and posted.")
    enclosures: list[EnclosureOut] = Field(description="What is posted with them.")
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
            posted=[form.rule.key for form in about.posting.forms],
            enclosures=[
                EnclosureOut(key=rule.key, title=rule.title, copies=rule.copies, help=rule.help)
                for rule in about.posting.enclosures
            ],
            receipt=f"{base}/receipt.pdf" if about.entry.revision else None,
            archive=f"{base}/archive.zip",
        )


class SummaryOut(BaseModel):
    key: str
    number: str
    title: Text
    files: dict[str, str] = Field(description="Links by kind of file; who reads every unit adds `?unit=<code>`.")


class CampaignDocumentsOut(BaseModel):
    campaign_id: str
    summaries: list[SummaryOut]
    archive: str | None = Field(description="Link to everything that was submitted; absent for units.")

    @classmethod
    def of(cls, about: papers.CampaignPapers) -> CampaignDocumentsOut:
        base = f"{FILES}/campaigns/{about.definition.id}"
        return cls(
            campaign_id=about.definition.id,
            summaries=[
                SummaryOut(
                    key=rule.key,
                    number=rule.number,
                    title=rule.title,
                    files={kind: f"{base}/summaries/{rule.key}.{kind}" for kind in ("pdf", "xlsx")},
                )
                for rule in about.summaries
            ],
            archive=f"{base}/archive.zip" if about.may_download else None,
        )


class PaperOut(BaseModel):
    """What the code on a paper leads to. It names nobody."""

    campaign_id: str
    receipt_number: str
    revision: int
    last_revision: int
    submitted_at: datetime
    standing: papers.Standing = Field(description="Whether the paper's revision is the one that counts.")
    sentence: Text

    @classmethod
    def of(cls, check: papers.PaperCheck) -> PaperOut:
        zh, en = papers.STANDING_WORDS[check.standing]
        return cls(
            campaign_id=check.definition.id,
            receipt_number=check.receipt.receipt_number,
            revision=check.receipt.revision,
            last_revision=check.last_revision,
            submitted_at=check.receipt.submitted_at,
            standing=check.standing,
            sentence=Text(zh=zh, en=en),
        )


_NOT_FOUND = types_of(e.NotFoundError)


@router.get(
    "/campaigns/{campaign_id}/documents",
    response_model=CampaignDocumentsOut,
    responses=problem_responses(*SIGNED_IN, *_NOT_FOUND),
)
def campaign_documents(
    request: Request, who: Annotated[Caller, Depends(Allowed(Action.LIST_ENTRIES))], campaign_id: CampaignId
) -> Response:
    """The summary tables that the caller's unit hands in, and the archive of the whole for who may have it."""
    return answer(CampaignDocumentsOut.of(papers.campaign_papers(ports_of(request), who, campaign_id)))


@router.get("/papers/{number}/{revision}/{digest}", response_model=PaperOut, responses=problem_responses(*_NOT_FOUND))
def check_paper(request: Request, number: Number, revision: RevisionNumber, digest: Digest) -> Response:
    """Whether a paper is of the revision that counts; public, for whoever holds the paper and so knows its digest."""
    return answer(PaperOut.of(papers.check_paper(ports_of(request), number, revision, digest)))


@router.get(
    "/entries/{entry_id}/documents",
    response_model=DocumentsOut,
    responses=problem_responses(*SIGNED_IN, *_NOT_FOUND),
)
def list_documents(
    request: Request, who: Annotated[Caller, Depends(Allowed(Action.READ_ENTRY))], entry_id: UUID
) -> Response:
    """What can be printed of an entry, of which revision, until when it must arrive on paper."""
    return answer(DocumentsOut.of(use.list_documents(ports_of(request), who, entry_id)))
