"""Judging a document: a PDF that every reader shows alike and that does nothing, or a picture of one page.

Pictures and pages of a long document take longer than a child process may take for one piece of work. So they are
looked at in several pieces: a judgement that is not yet whole says in `resume` where the next piece begins.
"""

from __future__ import annotations

import time
from typing import Any

from pikepdf import Stream

from contracts.campaign import MaterialRule
from contracts.events import Finding, MaterialFacts
from services.media import findings as say
from services.media.documents import findings as tell
from services.media.documents.render import NoPageError, Pages, pages_of
from services.media.documents.streams import OverflowingError, UnsoundError, check_picture
from services.media.documents.structure import MOST_PAGES, Paper, UnsoundFileError, opened, read_paper
from services.media.domain import JUDGING_SECONDS, Judgement
from services.media.formats import Data
from services.media.formats.pdf import looks_like_pdf, read_envelope
from services.media.formats.sniff import HEAD_BYTES, JPEG, PDF, Kind, sniff
from services.media.photo import judge_photo
from services.media.source import MOST_WHOLE_BYTES, Source

PIECE_SECONDS = 1.0
"""Of processor time: then the next piece begins, well before a child's limit."""


def judge_document(source: Source, rule: MaterialRule, resume: dict[str, Any] | None = None) -> Judgement:
    """Every rule that a document breaks, or its facts. Raises SourceError."""
    whole = source.whole()
    size = len(whole.data) if whole else source.size
    if size == 0:
        return Judgement(findings=(say.empty_file(),))
    head = whole.data[:HEAD_BYTES] if whole else source.read(0, HEAD_BYTES)
    kind = sniff(head)
    if kind is JPEG and JPEG.name in rule.formats:
        return _picture(source, rule, hidden=looks_like_pdf(head))
    found = []
    most_bytes = min(rule.max_bytes, MOST_WHOLE_BYTES)
    if size > most_bytes:
        found.append(say.too_large(rule.kind, size, most_bytes))
    if PDF.name not in rule.formats or not looks_like_pdf(head):
        found.append(_wrong(kind, rule))
    elif whole is not None and not found:
        return _pdf(whole.data, rule, resume)
    return Judgement(findings=tuple(found))


def _wrong(kind: Kind, rule: MaterialRule) -> Finding:
    return say.wrong_format((kind.name, kind.zh, kind.en), rule.formats, paper=True)


def _picture(source: Source, rule: MaterialRule, *, hidden: bool) -> Judgement:
    """A picture is one page, held to what photos are held to."""
    judged = judge_photo(source, rule)
    found = list(judged.findings)
    if hidden:
        found.append(tell.hidden_format(PDF.name))
    if rule.min_pages is not None and rule.min_pages > 1:
        found.append(tell.too_few_pages(1, rule.min_pages))
    facts = judged.facts.model_copy(update={"pages": 1}) if judged.facts else None
    return Judgement(facts=facts, findings=tuple(found))


def _pdf(data: Data, rule: MaterialRule, resume: dict[str, Any] | None) -> Judgement:
    found = list(_around(data)) if resume is None else []
    if found:
        return Judgement(findings=tuple(found))
    began = time.process_time()
    content = bytes(data)
    try:
        with opened(content) as pdf:
            paper = read_paper(pdf, rule.max_pages or MOST_PAGES)
            if rule.min_pages is not None and paper.pages < rule.min_pages:
                paper.findings.append(tell.too_few_pages(paper.pages, rule.min_pages))
            if not pdf.allow.print_lowres:
                paper.findings.append(tell.printing_forbidden())
            if paper.findings:
                return Judgement(findings=tuple(paper.findings))
            return _looked_at(content, paper, resume or {}, began)
    except UnsoundFileError as error:
        return Judgement(findings=(error.finding,))


def _around(data: Data) -> list[Finding]:
    envelope = read_envelope(data)
    found = []
    if envelope.start:
        found.append(tell.leading_data(envelope.start))
    if envelope.end is None:
        found.append(say.truncated(len(data)))
    if envelope.other is not None:
        found.append(tell.hidden_format(envelope.other))
    elif envelope.trailing:
        found.append(tell.trailing_data(envelope.trailing))
    return found


def _looked_at(content: bytes, paper: Paper, resume: dict[str, Any], began: float) -> Judgement:
    """Its pictures one by one, then its pages, from where the piece of work before this one left off."""
    try:
        with pages_of(content) as pages:
            if pages.count != paper.pages:
                return Judgement(findings=(_miscounted(pages.count, paper.pages),))
            wrong, told = _steps(paper, pages, resume)
    except NoPageError as error:
        wrong, told = tell.damaged("页面无法打开", "a page does not open", detail=str(error)), {}
    if wrong is None and len(told.get("blank", ())) == paper.pages:
        wrong = tell.blank(paper.pages)
    if wrong is not None:
        return Judgement(findings=(wrong,))
    if told["begin"] < len(paper.pictures) + paper.pages:
        return Judgement(resume={**told, "spent": resume.get("spent", 0.0) + time.process_time() - began})
    width, height = told["page_size"]
    facts = MaterialFacts(
        format=PDF.name,
        bytes=len(content),
        pages=paper.pages,
        page_width=width,
        page_height=height,
        blank_pages=tuple(told["blank"]) or None,
    )
    return Judgement(facts=facts)


def _steps(paper: Paper, pages: Pages, resume: dict[str, Any]) -> tuple[Finding | None, dict[str, Any]]:
    """(what is wrong, what was found so far and where to go on). Raises NoPageError."""
    ends = time.process_time() + min(PIECE_SECONDS, JUDGING_SECONDS - resume.get("spent", 0.0))
    blank, page_size = list(resume.get("blank", ())), resume.get("page_size")
    begin, pictures = int(resume.get("begin", 0)), len(paper.pictures)
    while begin < pictures + paper.pages:
        if begin < pictures:
            wrong = _wrong_picture(*paper.pictures[begin])
            if wrong is not None:
                return wrong, {}
        else:
            number = begin - pictures + 1
            look = pages.look(number)
            page_size = page_size or [look.width, look.height]
            blank += [number] if look.blank else []
        begin += 1
        if time.process_time() >= ends:
            break
    seen = max(0, begin - pictures)
    return None, {"begin": begin, "blank": blank, "page_size": page_size, "seen": seen, "pages": paper.pages}


def _miscounted(shown: int, found: int) -> Finding:
    return tell.damaged(
        f"不同软件数出的页数不同（{shown} 和 {found}）", f"one reader finds {shown} pages and another {found}"
    )


def _wrong_picture(page: int, picture: Stream) -> Finding | None:
    try:
        check_picture(picture)
    except UnsoundError as error:
        return tell.unreadable_page(page, error.zh, error.en, detail=error.detail)
    except OverflowingError as error:
        return tell.unreadable_page(
            page,
            f"图像过大（{error.given}），最多允许 {error.allowed}",
            f"a picture on it is too large ({error.given}; at most {error.allowed})",
            given=error.given,
            allowed=error.allowed,
        )
    return None
