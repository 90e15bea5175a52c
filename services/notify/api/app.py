"""The application: routes that parse, ask, and show."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, FastAPI, Path, Request, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from infra.store import Database
from infra.web.app import caller, create_app
from infra.web.csrf import Csrf
from infra.web.openapi import SIGNED_IN, problem_responses, with_problems
from infra.web.paging import BAD_CURSOR, After, Limit, Page, Pager
from infra.web.principal import Principal, TokenVerifier, utc_now
from infra.web.refusals import Refusal
from infra.web.rendering import render
from services.notify.api.views import ContactIn, ContactOut, LetterOut, MessageOut, PlanOut, ReminderOut
from services.notify.domain.contacts import is_proven
from services.notify.domain.errors import CampaignUnknownError, NotifyError
from services.notify.domain.letters import Letter
from services.notify.pages.contact import contact_form
from services.notify.permissions import MAY, Action
from services.notify.ports import Sealer
from services.notify.problems import (
    ACCOUNT_DISABLED,
    CONTACT_INVALID,
    CONTACT_UNREADABLE,
    NO_CONTACT,
    PASSWORD_NEEDED,
    UNKNOWN_CAMPAIGN,
    problem_of,
)
from services.notify.store import NotifyStore, Transactor
from services.notify.usecases import contacts
from services.notify.writing.letters import LetterWriter
from services.notify.writing.templates import Written

PREFIX = "/api/notify/v1"
CampaignId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{1,59}$")]


@dataclass(frozen=True, slots=True)
class Desk:
    """What the routes work with."""

    transactor: Transactor
    sealer: Sealer
    writer: LetterWriter
    page_secret: bytes

    def pager(self, name: str) -> Pager:
        return Pager(self.page_secret, name)


def create(desk: Desk, verifier: TokenVerifier) -> FastAPI:
    """The application of `python -m services.notify api`."""

    def refused_why(account_id: UUID, session_id: UUID | None) -> Refusal | None:
        with desk.transactor.reading() as store:
            return store.refusal(account_id, session_id)

    app = create_app(
        "notify",
        title="Laurel notify",
        verifier=verifier,
        is_refused=refused_why,
        ready=lambda: {"database": _answers(desk.transactor.database)},
    )

    @app.exception_handler(NotifyError)
    async def refused(request: Request, error: NotifyError) -> Response:
        return render(problem_of(error), request.url.path)

    app.include_router(_contact_routes(desk))
    app.include_router(contact_form(desk, PREFIX))
    # What the frame of a page asks for; notify's own page has no form that stands on a session.
    app.state.csrf, app.state.storage_origin = Csrf(desk.page_secret), ""
    app.include_router(_campaign_routes(desk))
    app.openapi = with_problems(app)  # type: ignore[method-assign]  # FastAPI's documented way
    return app


def _may(action: Action) -> Callable[..., Coroutine[Any, Any, Principal]]:
    """The caller, who may do this by the permission table."""
    return caller(*sorted(MAY[action]))


def _contact_routes(desk: Desk) -> APIRouter:
    """What every account does for itself."""
    router = APIRouter(prefix=PREFIX, tags=["own"])
    pager = desk.pager("own messages")

    @router.put("/contact", responses=problem_responses(*SIGNED_IN, CONTACT_INVALID, ACCOUNT_DISABLED, PASSWORD_NEEDED))
    def put_contact(given: ContactIn, who: Annotated[Principal, Depends(_may(Action.WRITE_OWN_CONTACT))]) -> ContactOut:
        """Register how to reach the person behind this account. Messages that waited for it are sent.

        Another mailbox than the registered one is taken with a token of a sign-in within the last 20 minutes alone,
        else refused as `password-needed`; the mailbox before is told by mail.
        """
        proven = is_proven(who.password_at, utc_now())
        command = contacts.Registration(
            who.account_id, who.roles, who.unit_code, given.name, given.mobile, given.email, proven
        )
        with desk.transactor() as store:
            return ContactOut.of(*contacts.register(store, desk.sealer, command))

    @router.get("/contact", responses=problem_responses(*SIGNED_IN, NO_CONTACT, CONTACT_UNREADABLE))
    def get_contact(who: Annotated[Principal, Depends(_may(Action.READ_OWN_CONTACT))]) -> ContactOut:
        """What this account has registered."""
        with desk.transactor.reading() as store:
            return ContactOut.of(*contacts.own_contact(store, desk.sealer, who.account_id))

    @router.get("/messages", responses=problem_responses(*SIGNED_IN, BAD_CURSOR))
    def get_messages(
        who: Annotated[Principal, Depends(_may(Action.READ_OWN_MESSAGES))],
        after: After = None,
        limit: Limit = 50,
    ) -> Page[MessageOut]:
        """This account's own messages, newest first, in the words of the mails."""
        with desk.transactor.reading() as store:
            rows = store.own_messages(who.account_id, _key(pager, after), limit + 1)
            shown = [(_in_words(desk, store, letter, who.name), letter, row) for letter, row in rows]
        page = pager.page(shown, limit, lambda item: (item[2].queued_at.isoformat(), str(item[2].message_id)))
        return Page(items=[MessageOut.of(letter, row, written) for written, letter, row in page.items], next=page.next)

    return router


def _campaign_routes(desk: Desk) -> APIRouter:
    """What the secretariat and the operators see of the sending."""
    router = APIRouter(prefix=f"{PREFIX}/campaigns/{{campaign_id}}", tags=["campaigns"])

    @router.get("/messages", responses=problem_responses(*SIGNED_IN, UNKNOWN_CAMPAIGN, BAD_CURSOR))
    def get_log(
        campaign_id: CampaignId,
        _who: Annotated[Principal, Depends(_may(Action.READ_MESSAGE_LOG))],
        after: After = None,
        limit: Limit = 50,
    ) -> Page[LetterOut]:
        """Every letter of the campaign, newest first: to whom, how far each message got. No address is in it."""
        pager = desk.pager(f"log {campaign_id}")
        with desk.transactor.reading() as store:
            rows = store.log(campaign_id, _key(pager, after), limit + 1)
            _known(store, campaign_id, anything=bool(rows))
        page = pager.page(rows, limit, lambda row: (row.written_at.isoformat(), str(row.letter.letter_id)))
        return Page(items=[LetterOut.of(row) for row in page.items], next=page.next)

    @router.get("/reminders", responses=problem_responses(*SIGNED_IN, UNKNOWN_CAMPAIGN, BAD_CURSOR))
    def get_plan(
        campaign_id: CampaignId,
        _who: Annotated[Principal, Depends(_may(Action.READ_REMINDER_PLAN))],
        after: After = None,
        limit: Limit = 100,
    ) -> PlanOut:
        """The whole plan of reminders, by due time: who is to get what and when, and what became of it."""
        pager = desk.pager(f"plan {campaign_id}")
        with desk.transactor.reading() as store:
            rows = store.plan(campaign_id, _key(pager, after), limit + 1)
            counts = store.plan_counts(campaign_id)
            _known(store, campaign_id, anything=bool(counts))
        page = pager.page(rows, limit, lambda row: (row.due_at.isoformat(), str(row.reminder_id)))
        return PlanOut(items=[ReminderOut.of(row) for row in page.items], next=page.next, counts=counts)

    return router


def _key(pager: Pager, after: str | None) -> tuple[datetime, UUID] | None:
    key = pager.key(after, (str, str))
    return None if key is None else (datetime.fromisoformat(str(key[0])), UUID(str(key[1])))


def _known(store: NotifyStore, campaign_id: str, *, anything: bool) -> None:
    """Letters may wait for a campaign that is not known yet: they are shown all the same."""
    if not anything and store.campaign(campaign_id) is None:
        raise CampaignUnknownError(campaign_id)


def _in_words(desk: Desk, store: NotifyStore, letter: Letter, name: str) -> Written:
    campaign = store.campaign(letter.campaign_id) if letter.campaign_id else None
    if campaign is None:
        raise CampaignUnknownError(letter.campaign_id)
    entry = store.entry(letter.entry_id) if letter.entry_id else None
    return desk.writer.words(letter, campaign, entry, contact_name=name)


def _answers(database: Database) -> bool:
    try:
        with database.read() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return False
    return True
