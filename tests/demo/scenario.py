"""The main job from beginning to end: from opened campaign to published list."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.catalog import queue_of
from tests.demo import expected, stores
from tests.demo.campaign import REMINDER, around_now
from tests.demo.clients import Refused
from tests.demo.experts import Expert
from tests.demo.idle import submit_to_queue, upload_to_verdict
from tests.demo.inputs import EntryPlan
from tests.demo.office import Office
from tests.demo.people import Account, Person, activate, cast, join
from tests.demo.ranking import Standing, places_without_tie, standings
from tests.demo.run import DemoError, Run, all_of, until
from tests.demo.trials import LATE, OTHERS_TOKEN, TRIALS
from tests.demo.units import Desk, Entry, Stages

JOINING_AT_ONCE = 3
SHORTEST_NOTICE = timedelta(seconds=8)
"""Its mails have to be delivered before it closes: later they would be of no use. See _give_notice."""
DEADLINE_AHEAD = timedelta(seconds=3)
PINNED_EXPERT = 3
WRITTEN_FINDING = {
    "slug": "article-unclear",
    "zh": "正文第二部分缺少时间和数据，请补充后重新提交。",
    "en": "The second part of the article gives neither times nor figures; add them and submit again.",
    "place": "article",
}
OUT_OF_SCOPE = {
    "slug": "out-of-scope",
    "zh": "所报案例的主体不是图书馆，不属于本次征集范围。",
    "en": "The case is not a library's and lies outside this call.",
    "place": "entry",
}


def _holds(entry: Entry, revision: int) -> Callable[[list[dict[str, Any]]], bool]:
    """Whether a queue holds this revision of an entry."""
    return lambda cases: any(c["entry_id"] == entry.entry_id and c["revision"] == revision for c in cases)


def _all_judged(cases: list[dict[str, Any]]) -> bool:
    return all(case["materials"]["pending"] == 0 for case in cases)


@dataclass
class Scenario:
    """One run of the main job. `lead`: from opening the campaign to the reminder that falls due within it."""

    run: Run
    lead: timedelta
    office: Office = field(init=False)
    desks: dict[str, Desk] = field(default_factory=dict)
    experts: list[Expert] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)
    abandoned: list[Entry] = field(default_factory=list)
    silent: Entry = field(init=False)
    standings: dict[str, list[Standing]] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    public_list: list[dict[str, Any]] = field(default_factory=list)
    afterwards: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Entry → what became of it, for each at which something was refused."""
    reminded: asyncio.Event = field(default_factory=asyncio.Event)

    async def play(self, secretariat: Person, activation_code: str) -> None:
        """Everything, in order. Raises DemoError or Refused when something that has to happen does not."""
        record = self.run.record
        with record.stage("accounts"):
            await self._gather_people(secretariat, activation_code)
        with record.stage("opening"):
            self.run.definition = around_now(self.run.definition, self.lead)
            await self.office.open_campaign()
        with record.stage("drafts, uploads, verdicts, submissions"):
            await self._units_work()
        with record.stage("one at a time"):
            await self._one_at_a_time()
        with record.stage("eligibility"):
            await self._eligibility()
        with record.stage("scores"):
            await self._panel()
            await self._score()
        with record.stage("notice, late submission"):
            await self._give_notice()
            await self._one_second_late()
        with record.stage("list"):
            await self._publish()
            await self._look_back()

    async def _gather_people(self, secretariat: Person, activation_code: str) -> None:
        run = self.run
        _, units, experts = cast(run.inputs.plan.scale, run.definition, run.stamp)
        bar = run.board.stage("账号启用 accounts", 1 + len(units) + len(experts))
        self.office = Office(run, await activate(secretariat, activation_code, run.everyone))
        bar.advance()
        at_once = asyncio.Semaphore(JOINING_AT_ONCE)

        async def joined(person: Person) -> Account:
            async with at_once:
                account = await join(person, self.office.account.door, run.everyone)
            bar.advance()
            return account

        accounts = await all_of(joined(person) for person in (*units, *experts))
        plan, expect = run.inputs.plan, expected.expected_of(run.inputs.plan).counts
        stages = Stages(
            drafts=run.board.stage("草稿保存 drafts", expect["entries"]),
            uploads=run.board.stage("材料上传 uploads", expect["photos accepted"] + expect["videos accepted"]),
            verdicts=run.board.stage("材料校验 verdicts", sum(len(e.photos) + bool(e.video) for e in plan.entries)),
            submissions=run.board.stage("材料提交 submissions", expect["revisions submitted"]),
        )
        self.desks = {a.person.unit_code or "": Desk(run, a, stages) for a in accounts[: len(units)]}
        self.experts = [Expert(run, account, n) for n, account in enumerate(accounts[len(units) :])]

    # --- units -----------------------------------------------------------------------------------------------------

    async def _units_work(self) -> None:
        plan = self.run.inputs.plan
        everything = [self._work_on(number, entry) for number, entry in enumerate(plan.entries)]
        await all_of([self._remind(), self._keep_silent(), *everything])

    async def _remind(self) -> None:
        """Nobody submits before every unit that has a contact is reminded: then the count is certain."""
        bar = self.run.board.stage("截止提醒 reminders", len(self.desks))
        await self.office.reminders_out(REMINDER, self.desks, bar)
        self.reminded.set()

    async def _keep_silent(self) -> None:
        """The unit that never submits in time has its draft ready all the same."""
        plan = self.run.inputs.plan.silent
        desk = self.desks[plan.unit]
        self.silent = await desk.draft(plan)
        await desk.attach_all(self.silent)

    async def _work_on(self, number: int, plan: EntryPlan) -> None:
        desk = self.desks[plan.unit]
        entry = await self._prepare(desk, plan)
        for trial in TRIALS:
            if trial.at == number and trial.run is not None:
                await trial.run(desk, entry, trial)
        if number == OTHERS_TOKEN.at:
            units = self.run.inputs.plan.scale.units
            stranger = self.desks[units[(units.index(plan.unit) + 1) % len(units)]]
            assert OTHERS_TOKEN.run is not None
            await OTHERS_TOKEN.run(stranger, entry, OTHERS_TOKEN)
        await desk.all_judged(entry)
        await self.reminded.wait()
        if plan in expected.one_at_a_time(self.run.inputs.plan):
            return
        await desk.submit(entry)
        if number == expected.WITHDRAWN:
            await desk.receipt_mailed(entry)
            await desk.withdraw(entry, "材料中的照片需要更换，撤回后重新申报。")
            self.abandoned.append(entry)
            entry = await self._prepare(desk, plan)
            await desk.all_judged(entry)
            await desk.submit(entry)

    async def _prepare(self, desk: Desk, plan: EntryPlan) -> Entry:
        entry = await desk.draft(plan)
        self.entries[plan.key] = entry
        await desk.attach_all(entry)
        return entry

    async def _one_at_a_time(self) -> None:
        """Samples on an idle system: what the secretariat and a unit see, polled through the public apis."""
        run, office = self.run, self.office
        await office.awaited("all cases in the queue", lambda cases: len(cases) == self._submitted())
        await office.awaited("all verdicts in the queue", _all_judged)
        await self._renditions_made()
        for plan in expected.one_at_a_time(run.inputs.plan):
            seconds = await submit_to_queue(self.desks[plan.unit], office, self.entries[plan.key])
            run.record.submit_to_queue.append(seconds)
        desk = self.desks[self.silent.plan.unit]
        for probe in run.inputs.plan.probes:
            seconds = await upload_to_verdict(desk, self.silent, run.inputs.file(probe))
            run.record.upload_to_verdict.append(seconds)

    async def _renditions_made(self) -> None:
        """Media workers go on to make public renditions after the last verdict: before that nothing is idle."""
        queue = queue_of("media", "material.accepted.v1")

        async def look() -> bool | None:
            waiting = await asyncio.to_thread(stores.waiting_in, self.run.state["amqp_url"], queue)
            return True if waiting == 0 else None

        await until(look, "renditions to be made", seconds=900, first_wait=0.5, longest_wait=1.5)

    def _submitted(self) -> int:
        done = [*self.entries.values(), *self.abandoned]
        return sum(bool(entry.receipts) for entry in done)

    # --- the secretariat -------------------------------------------------------------------------------------------

    async def _eligibility(self) -> None:
        plan, office = self.run.inputs.plan, self.office
        bar = self.run.board.stage("资格审查 eligibility", len(plan.entries))
        returned = self.entries[plan.entries[expected.RETURNED].key]
        ineligible = self.entries[plan.entries[expected.INELIGIBLE].key]
        await office.rule(returned.entry_id, 1, "return", findings=[WRITTEN_FINDING])
        await self._mend(returned)
        cases = await office.awaited(
            "the mended revision in the queue",
            _holds(returned, revision=2),
        )
        for case in cases:
            if case["entry_id"] == ineligible.entry_id:
                await office.rule(case["entry_id"], case["revision"], "ineligible", findings=[OUT_OF_SCOPE])
            elif case["state"] != "withdrawn":
                await office.find_eligible(case)
            else:
                continue
            bar.advance()

    async def _mend(self, entry: Entry) -> None:
        """The unit sees that its entry came back, and why; mends the text; submits again."""
        desk = self.desks[entry.plan.unit]

        async def look() -> dict[str, Any] | None:
            found = await desk.read(entry)
            return found if found["state"] == "returned" else None

        found = await until(look, f"{entry.plan.key} returned to its unit")
        if found["findings"][0]["zh"] != WRITTEN_FINDING["zh"]:
            raise DemoError(f"the unit does not read why its entry came back: {found['findings']}")
        entry.version = found["version"]
        more = "\n二〇一六年三月至十二月，服务读者三千一百余人次。"
        await desk.save(entry, {"article": entry.fields["article"] + more})
        await desk.submit(entry)

    async def _panel(self) -> None:
        """Six experts, one of them with a declared tie to a unit; then every entry gets three."""
        office, units = self.office, self.run.inputs.plan.scale.units
        for expert in self.experts:
            await office.enrol(expert.account)
        await office.pin_conflict(self.experts[PINNED_EXPERT].account, units[0], "曾任该单位评审顾问。")
        await office.assign()

    async def _score(self) -> None:
        keys = {entry.entry_id: entry.plan.key for entry in self.entries.values()}
        wanted = expected.expected_of(self.run.inputs.plan).counts["assessments submitted"]
        bar = self.run.board.stage("专家评分 scores", wanted)
        await all_of(expert.score_all(keys, bar) for expert in self.experts)

    async def _one_second_late(self) -> None:
        """The deadline is moved close; the silent unit's ready draft arrives one second after it."""
        desk = self.desks[self.silent.plan.unit]
        deadline = await self.office.move_deadline(DEADLINE_AHEAD, "演示：提前截止。")
        await asyncio.sleep((deadline - datetime.now(UTC)).total_seconds() + 1.0)
        with self.run.record.must_refuse(LATE.key, LATE.tried, desk.unit, self.silent.plan.key, LATE.by):
            await desk.submit(self.silent)

    async def _give_notice(self) -> None:
        """The list that follows from the scores stands open for objections."""
        run, entries = self.run, self.entries.values()
        self.standings = standings(
            run.definition,
            {entry.entry_id: entry.plan.category for entry in entries},
            {entry.entry_id: entry.plan.key for entry in entries},
            ((expert.number, entry_id) for expert in self.experts for entry_id in expert.scored),
        )
        self.places = {category: places_without_tie(rows) for category, rows in self.standings.items()}
        await self.office.mails_out()
        # Where scoring took long the machine is busy, and mails will take longer, too.
        busy = timedelta(seconds=run.record.stages["scores"])
        await self.office.open_notice(self.places, max(SHORTEST_NOTICE, busy))

    async def _publish(self) -> None:
        """The decision, once the notice has closed; then what anybody may read."""
        run = self.run

        async def publish() -> bool | None:
            try:
                await self.office.publish(self.places)
            except Refused as refused:
                if refused.slug == "notice-still-open":
                    return None
                raise
            return True

        await until(publish, "the decision", first_wait=0.5)
        decision = await run.everyone.get(f"review/v1/campaigns/{run.campaign_id}/decision")
        self.public_list = decision["listed"]

    async def _look_back(self) -> None:
        """What became of each entry at which something was refused: the valid rest must have gone on."""
        for refusal in self.run.record.refusals:
            if refusal.entry == self.silent.plan.key:
                continue
            entry = self.entries[refusal.entry]
            found = await self.desks[entry.plan.unit].read(entry)
            accepted = sum(material["state"] == "accepted" for material in found["materials"])
            planned = len(entry.plan.photos) + (entry.plan.video is not None)
            self.afterwards[refusal.entry] = {
                "state": found["state"],
                "accepted": accepted,
                "planned": planned,
                "went on": found["state"] == "eligible" and accepted == planned == len(found["materials"]),
            }
