"""Verdicts that appear by themselves: server-sent events out of intake's own database.

One process asks the database once a second for all the entries that its open pages show, in one statement; only a page
whose files changed reads them anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import structlog
from fastapi import APIRouter, Request, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from infra.web.problems import UNAVAILABLE, Problem
from services.intake.api.calling import ports_of
from services.intake.api.material_answers import MaterialOut, MaterialsOut
from services.intake.domain.errors import NotFoundError
from services.intake.domain.permissions import Caller
from services.intake.pages.shell import visitor_by_itself
from services.intake.pages.uploads.files import Asker
from services.intake.usecases.materials import list_materials

log = structlog.get_logger(__name__)
router = APIRouter(include_in_schema=False)

LOOK_SECONDS = 1.0
BEAT_SECONDS = 5.0
"""So often an idle page is told that the line is alive, and asked whether its visitor may still look."""
MOST_PAGES = 500
"""Open pages of one process; one more falls back to asking now and then."""

_LAPSED = "event: lapsed\ndata: {}\n\n"
"""The last that a page is told: its session has ended, by lapse or by somebody."""

Stamps = Callable[[Sequence[UUID]], Mapping[UUID, str]]


class Watch:
    """Tells open pages when the files of their entry have changed."""

    def __init__(self, stamps: Stamps) -> None:
        self._stamps = stamps
        self._bells: dict[UUID, set[asyncio.Event]] = {}
        self._known: Mapping[UUID, str] = {}
        self._looking: asyncio.Task[None] | None = None

    @property
    def pages(self) -> int:
        return sum(len(bells) for bells in self._bells.values())

    @contextmanager
    def bell(self, entry_id: UUID) -> Any:
        """An event that is set whenever something changed."""
        bell = asyncio.Event()
        self._bells.setdefault(entry_id, set()).add(bell)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            yield bell
        finally:
            self._bells[entry_id].discard(bell)
            if not self._bells[entry_id]:
                del self._bells[entry_id]

    async def _look(self) -> None:
        """Until no page is open any more."""
        while self._bells:
            try:
                found = await run_in_threadpool(self._stamps, list(self._bells))
            except SQLAlchemyError as error:
                log.warning("live.blind", error=type(error).__name__)
            else:
                for entry_id, stamp in found.items():
                    if self._known.get(entry_id) != stamp:
                        for bell in self._bells.get(entry_id, ()):
                            bell.set()
                self._known = found
            await asyncio.sleep(LOOK_SECONDS)


@router.get("/desk/entries/{entry_id}/materials/live")
async def live_materials(request: Request, who: Asker, entry_id: UUID) -> Response:
    """The files of an entry, now and whenever one of them changes."""
    watch: Watch = request.app.state.watch
    if watch.pages >= MOST_PAGES:
        raise Problem(UNAVAILABLE, extra={"retry_after": 30})
    now = await _files(request, who, entry_id)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_told(request, who, entry_id, watch, now), media_type="text/event-stream", headers=headers)


async def _told(request: Request, who: Caller, entry_id: UUID, watch: Watch, now: str) -> AsyncIterator[str]:
    yield f"retry: 2000\ndata: {now}\n\n"
    with watch.bell(entry_id) as bell:
        while not getattr(request.app.state, "stopping", False):
            rung = await _rings(bell)
            visitor = await visitor_by_itself(request)
            if visitor is None or visitor.session_id != who.session_id:
                yield _LAPSED
                return
            if not rung:
                yield ": \n\n"
                continue
            try:
                fresh = await _files(request, who, entry_id)
            except NotFoundError:
                return
            if fresh != now:
                now = fresh
                yield f"data: {now}\n\n"


async def _rings(bell: asyncio.Event) -> bool:
    try:
        await asyncio.wait_for(bell.wait(), BEAT_SECONDS)
    except TimeoutError:
        return False
    bell.clear()
    return True


async def _files(request: Request, who: Caller, entry_id: UUID) -> str:
    shown = await run_in_threadpool(list_materials, ports_of(request), who, entry_id)
    return MaterialsOut(materials=MaterialOut.list_of(shown)).model_dump_json()
