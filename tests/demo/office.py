"""The secretariat: opens the campaign, checks eligibility, assigns, publishes, moves the deadline."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.demo.board import Stage
from tests.demo.clients import Refused
from tests.demo.people import Account
from tests.demo.run import Run, until

INTAKE = "intake/v1"
REVIEW = "review/v1"
NOTIFY = "notify/v1"
ISSUER = "示例图书馆学会"


@dataclass
class Office:
    """The secretariat's account and what it does with it."""

    run: Run
    account: Account

    @property
    def _campaign(self) -> str:
        return f"{REVIEW}/campaigns/{self.run.campaign_id}"

    async def open_campaign(self) -> None:
        definition = self.run.definition.model_dump(mode="json")
        await self.account.door.post(f"{INTAKE}/campaigns", definition=definition)

    async def cases(self, **where: str) -> list[dict[str, Any]]:
        """Every case of the queue, or those in one state or category."""
        return await self.account.door.all(f"{self._campaign}/cases", **where)

    async def case(self, entry_id: str) -> dict[str, Any]:
        found: dict[str, Any] = await self.account.door.get(f"{REVIEW}/cases/{entry_id}")
        return found

    async def awaited(
        self, what: str, fits: Callable[[list[dict[str, Any]]], bool], seconds: float = 300, wait: float = 0.3
    ) -> list[dict[str, Any]]:
        """The queue once it is as it should be."""

        async def look() -> list[dict[str, Any]] | None:
            found = await self.cases()
            return found if fits(found) else None

        return await until(look, what, seconds, first_wait=wait)

    async def rule(self, entry_id: str, revision: int, verdict: str, **more: Any) -> None:
        """Decide on the revision of an entry that stands. Raises Refused."""
        await self.account.door.post(
            f"{REVIEW}/cases/{entry_id}/eligibility", revision=revision, verdict=verdict, **more
        )

    async def find_eligible(self, case: dict[str, Any]) -> None:
        """Tick the conditions that its category asks for."""
        await self.rule(case["entry_id"], case["revision"], "eligible", conditions=self.conditions(case["category"]))

    def conditions(self, category_key: str) -> list[str]:
        """Conditions that satisfy every rule of a category: all of an `all` rule, as many as needed of the others."""
        category = self.run.definition.category(category_key)
        assert category is not None
        ticked = []
        for rule in category.conditions:
            needed = {"all": len(rule.conditions), "any": 1, "at-least": rule.least}[rule.require]
            ticked += [condition.key for condition in rule.conditions[:needed]]
        return ticked

    async def enrol(self, expert: Account) -> None:
        person = expert.person
        await self.account.door.post(
            f"{self._campaign}/experts",
            account_id=expert.account_id,
            name=person.name,
            organisation=person.organisation,
            region=person.region,
            categories=[category.key for category in self.run.definition.categories],
        )

    async def pin_conflict(self, expert: Account, unit_code: str, reason: str) -> None:
        await self.account.door.post(
            f"{self._campaign}/conflicts", account_id=expert.account_id, unit_code=unit_code, reason=reason
        )

    async def assign(self) -> dict[str, Any]:
        counts: dict[str, Any] = await self.account.door.post(f"{self._campaign}/assignment")
        return counts

    async def ranking(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.account.door.get(f"{self._campaign}/ranking")
        return found

    async def open_notice(self, places: dict[str, int], lasting: timedelta) -> None:
        """A public notice that closes soon; a real one stands for days."""
        closes = datetime.now(UTC) + lasting
        await self.account.door.post(f"{self._campaign}/notice", per_category=places, closes_at=closes.isoformat())

    async def publish(self, places: dict[str, int]) -> dict[str, Any]:
        made: dict[str, Any] = await self.account.door.post(
            f"{self._campaign}/decision", number=f"示例〔2017〕{self.run.stamp}号", issuer=ISSUER, per_category=places
        )
        return made

    async def move_deadline(self, ahead: timedelta, reason: str) -> datetime:
        """Everybody's deadline, `ahead` from now; it is the last second that is shown, too."""
        deadline = datetime.now(UTC) + ahead
        path = f"{INTAKE}/campaigns/{self.run.campaign_id}/amendments"
        await self.account.door.post(path, online_deadline=deadline.isoformat(), reason=reason)
        return deadline

    async def mails_out(self) -> None:
        """Until no message of the campaign waits to be sent."""

        async def look() -> bool | None:
            letters = await self.account.door.all(f"{NOTIFY}/campaigns/{self.run.campaign_id}/messages")
            queued = sum(message["state"] == "queued" for letter in letters for message in letter["messages"])
            return True if queued == 0 else None

        await until(look, "mails to go out", first_wait=0.3)

    async def reminders_out(self, rule: str, units: Collection[str], stage: Stage) -> None:
        """Until the reminder has gone out to these units, all of which have a contact."""
        recipients = {f"unit:{code}" for code in units}

        async def look() -> bool | None:
            try:
                rows = await self.account.door.all(f"{NOTIFY}/campaigns/{self.run.campaign_id}/reminders")
            except Refused as refused:
                if refused.slug != "unknown-campaign":
                    raise
                return None  # its definition is still on the way
            sent = {row["recipient"] for row in rows if row["rule"] == rule and row["state"] == "sent"}
            stage.advance(len(sent & recipients) - stage.done)
            return True if recipients <= sent else None

        await until(look, f"reminder {rule}", first_wait=0.5, longest_wait=1.0)
