"""A unit's desk: what is open, what it has begun, how many places it has, what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.campaign import Category
from services.intake.domain.campaigns import Campaign, quota_of, recommender_of
from services.intake.domain.deadlines import Phase, Standing, standing
from services.intake.domain.entries import EDITABLE, State
from services.intake.domain.errors import NotFoundError, UnitNotInvitedError
from services.intake.domain.happenings import Happening
from services.intake.domain.permissions import Caller
from services.intake.ports import CampaignState, Listed, Ports, Transaction
from services.intake.usecases.entries import View, view_of

_MOST_ENTRIES = 500


@dataclass(frozen=True, slots=True)
class Offer:
    """A category in which the unit may recommend, with what it has begun there. `quota` None: as many as it likes."""

    category: Category
    quota: int | None
    entries: tuple[Listed, ...]

    @property
    def used(self) -> int:
        """Places taken; of a category without a quota, everything that was not withdrawn."""
        held = [entry for entry in self.entries if entry.state is not State.WITHDRAWN]
        return len(held) if self.quota is None else sum(1 for entry in held if entry.slot is not None)

    @property
    def is_full(self) -> bool:
        """Whether all places are taken."""
        return self.quota is not None and self.used >= self.quota

    @property
    def is_free(self) -> bool:
        """Whether another entry may be begun, as far as places go; the database decides when it is."""
        return not self.is_full or bool(self.category.quota_exempt_posts)


@dataclass(frozen=True, slots=True)
class Board:
    """One campaign as a unit sees it."""

    state: CampaignState
    standing: Standing
    offers: tuple[Offer, ...]

    @property
    def campaign(self) -> Campaign:
        return self.state.campaign

    @property
    def entries(self) -> list[Listed]:
        return [entry for offer in self.offers for entry in offer.entries]


@dataclass(frozen=True, slots=True)
class Step:
    """The one thing to do next, and where."""

    zh: str
    en: str
    href: str


def read_desk(ports: Ports, caller: Caller) -> list[Board]:
    """The campaigns in which this unit recommends, those that take work first."""
    now = ports.clock.now()
    with ports.store.begin() as tx:
        boards = [_board(tx, caller, state, now) for state in tx.campaigns()]
    order = {Phase.LAST_CALL: 0, Phase.OPEN: 1, Phase.MENDING: 1, Phase.COMING: 2, Phase.OVER: 3}
    return sorted((b for b in boards if b.offers), key=lambda board: order[board.standing.phase])


def read_board(ports: Ports, caller: Caller, campaign_id: str) -> Board:
    """Raises NotFoundError, also for a campaign that has nothing to do with the unit."""
    with ports.store.begin() as tx:
        state = tx.campaign(campaign_id)
        board = _board(tx, caller, state, ports.clock.now()) if state else None
    if board is None or not board.offers:
        raise NotFoundError
    return board


def _board(tx: Transaction, caller: Caller, state: CampaignState, now: datetime) -> Board:
    campaign, unit = state.campaign, caller.own_unit
    entries = tx.entries(campaign.id, unit, None, _MOST_ENTRIES, state=None)
    offers = []
    for category in campaign.definition.categories:
        own = tuple(entry for entry in entries if entry.category == category.key)
        try:
            recommender = recommender_of(campaign.definition, category, unit, caller.name, caller.roles)
        except UnitNotInvitedError:
            if own:  # begun when the unit was still among those that may
                offers.append(Offer(category, len(own), own))
            continue
        offers.append(Offer(category, quota_of(category, recommender), own))
    return Board(state, standing(campaign, unit, now), tuple(offers))


def next_step(boards: Sequence[Board]) -> Step | None:
    """What the unit should do first: mend, then finish, then begin, then look at what was submitted."""
    for wanted, zh, en in (
        (State.RETURNED, "修改退回的材料", "Mend what was returned"),
        (State.DRAFT, "继续填写", "Go on writing"),
    ):
        for board in boards:
            if wanted is State.DRAFT and not board.standing.takes_work:
                continue
            for entry in board.entries:
                if entry.state is wanted:
                    named = f"：{entry.title}" if entry.title else ""
                    return Step(f"{zh}{named}", en, f"/desk/entries/{entry.entry_id}")
    for board in boards:
        if board.standing.takes_work and any(offer.is_free for offer in board.offers):
            return Step("开始一项申报", "Begin an entry", f"/desk/campaigns/{board.campaign.id}")
    return None


@dataclass(frozen=True, slots=True)
class Sheet:
    """An entry of one's own with everything its pages say about it."""

    view: View
    state: CampaignState
    standing: Standing

    @property
    def campaign(self) -> Campaign:
        return self.state.campaign

    @property
    def is_editable(self) -> bool:
        return self.view.entry.state in EDITABLE


def read_sheet(ports: Ports, caller: Caller, entry_id: UUID) -> Sheet:
    """Raises NotFoundError, also for another unit's entry."""
    found = ports.store.entry_with_campaign(entry_id, caller.own_unit)
    if found is None:
        raise NotFoundError
    entry, state = found
    now = ports.clock.now()
    return Sheet(view_of(entry, state.campaign), state, standing(state.campaign, caller.own_unit, now, entry))


def read_messages(ports: Ports, caller: Caller, after: int | None, limit: int) -> Sequence[tuple[int, Happening]]:
    """What happened to the unit's entries and campaigns, newest first; one more than `limit` if there are more."""
    with ports.store.begin() as tx:
        return tx.messages(caller.own_unit, after, limit + 1)
