"""A recommending unit at its desk: it drafts, saves, uploads straight to storage, waits for verdicts, submits."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.demo.board import Stage
from tests.demo.clients import Refused, upload
from tests.demo.inputs import EntryPlan, MadeFile
from tests.demo.people import Account
from tests.demo.run import Run, until

API = "intake/v1"
_JUDGED = ("accepted", "rejected")


@dataclass
class Entry:
    """An entry that a unit works on. `fields` is what was saved last."""

    plan: EntryPlan
    entry_id: str
    version: int
    fields: dict[str, str] = field(default_factory=dict)
    receipts: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Stages:
    """The bars that units move."""

    drafts: Stage
    uploads: Stage
    verdicts: Stage
    submissions: Stage


@dataclass
class Desk:
    """One unit's account and what it does with it."""

    run: Run
    account: Account
    stages: Stages

    @property
    def unit(self) -> str:
        code = self.account.person.unit_code
        assert code is not None
        return code

    async def create(self, category: str) -> dict[str, Any]:
        """A new draft. Raises Refused."""
        path = f"{API}/campaigns/{self.run.campaign_id}/entries"
        made: dict[str, Any] = await self.account.door.post(path, category=category)
        return made

    async def draft(self, plan: EntryPlan) -> Entry:
        """A draft with all its texts, saved in steps as an editor does while its user writes."""
        made = await self.create(plan.category)
        entry = Entry(plan, made["entry_id"], made["version"])
        texts = form_of(plan, self.account)
        await self.save(entry, {"title": texts["title"]})
        await self.save(entry, {**texts, "article": texts["article"][: len(texts["article"]) // 2]})
        await self.save(entry, texts)
        self.stages.drafts.advance()
        return entry

    async def save(self, entry: Entry, fields: Mapping[str, str]) -> list[dict[str, Any]]:
        """Save fields; what the answer says is wrong with them so far. Raises Refused."""
        saved = await self.account.door.put(
            f"{API}/entries/{entry.entry_id}/fields", version=entry.version, fields=fields
        )
        entry.version = saved["version"]
        entry.fields.update(fields)
        problems: list[dict[str, Any]] = saved["problems"]
        return problems

    async def declare(self, entry: Entry, kind: str, name: str, size: int) -> dict[str, Any]:
        """Announce a file; the material's id and the form to upload it with. Raises Refused."""
        made: dict[str, Any] = await self.account.door.post(
            f"{API}/entries/{entry.entry_id}/materials", kind=kind, name=name, bytes=size
        )
        return made

    async def complete(self, material_id: str) -> None:
        """Say that an upload is complete. Raises Refused."""
        await self.account.door.post(f"{API}/materials/{material_id}/completion")

    async def store(self, entry: Entry, kind: str, file: MadeFile) -> str:
        """Announce a file and send it to storage; the material's id. Raises Refused."""
        made = await self.declare(entry, kind, file.name, file.size)
        async with self.run.uploads:
            content = await asyncio.to_thread(file.read)
            await upload(self.run.http, made["upload"], content)
        return str(made["material_id"])

    async def attach(self, entry: Entry, kind: str, file: MadeFile) -> str:
        """Announce, send, complete; the material's id. Raises Refused."""
        material_id = await self.store(entry, kind, file)
        await self.complete(material_id)
        return material_id

    async def attach_all(self, entry: Entry) -> None:
        """Every photo of the plan in its order, and its video."""
        for photo in entry.plan.photos:
            await self.attach(entry, "photo", self.run.inputs.file(photo))
            self.stages.uploads.advance()
        if entry.plan.video is not None:
            await self.attach(entry, "video", self.run.inputs.file(entry.plan.video))
            self.stages.uploads.advance()

    async def verdict(self, material_id: str, first_wait: float = 0.1, longest_wait: float = 0.8) -> dict[str, Any]:
        """The material once it is accepted or rejected."""

        async def look() -> dict[str, Any] | None:
            material: dict[str, Any] = await self.account.door.get(f"{API}/materials/{material_id}")
            return material if material["state"] in _JUDGED else None

        return await until(look, f"verdict on material {material_id}", first_wait=first_wait, longest_wait=longest_wait)

    async def all_judged(self, entry: Entry) -> list[dict[str, Any]]:
        """The entry's materials once none awaits its verdict."""
        seen = 0

        async def look() -> list[dict[str, Any]] | None:
            nonlocal seen
            materials: list[dict[str, Any]] = (await self.read(entry))["materials"]
            judged = sum(material["state"] in _JUDGED for material in materials)
            self.stages.verdicts.advance(max(0, judged - seen))
            seen = max(seen, judged)
            return materials if judged == len(materials) else None

        return await until(look, f"verdicts on {entry.plan.key}", first_wait=0.4, longest_wait=1.5)

    async def read(self, entry: Entry) -> dict[str, Any]:
        found: dict[str, Any] = await self.account.door.get(f"{API}/entries/{entry.entry_id}")
        return found

    async def remove(self, material_id: str) -> None:
        """Take a material out. Raises Refused."""
        await self.account.door.delete(f"{API}/materials/{material_id}")

    async def refresh(self, entry: Entry) -> None:
        """Learn the version that stands: materials and verdicts may have moved it."""
        entry.version = (await self.read(entry))["version"]

    async def submit(self, entry: Entry) -> dict[str, Any]:
        """Hand the entry in; its receipt. Raises Refused."""
        await self.refresh(entry)
        receipt = await self.account.door.post(f"{API}/entries/{entry.entry_id}/submission", version=entry.version)
        entry.receipts.append(receipt)
        self.stages.submissions.advance()
        return dict(receipt)

    async def refused_submission(self, entry: Entry) -> Refused | None:
        """What refuses the entry as it stands; None if nothing does."""
        try:
            await self.submit(entry)
        except Refused as refused:
            return refused
        return None

    async def receipt_mailed(self, entry: Entry) -> None:
        """Once the mail with the last receipt is out. A withdrawal that overtakes it calls it off."""
        number = str(entry.receipts[-1]["receipt_number"])

        async def look() -> bool | None:
            mails = (await self.account.door.get("notify/v1/messages"))["items"]
            out = (mail for mail in mails if mail["kind"] == "receipt" and mail["state"] == "accepted")
            return any(number in mail["text"] for mail in out) or None

        await until(look, f"receipt {number} by mail", first_wait=0.2, longest_wait=1.0)

    async def withdraw(self, entry: Entry, reason: str) -> None:
        await self.account.door.post(f"{API}/entries/{entry.entry_id}/withdrawal", reason=reason)


def form_of(plan: EntryPlan, account: Account) -> dict[str, str]:
    """The form's fields as the unit fills them in."""
    texts, person = plan.texts, account.person
    fields = {
        "title": texts.title,
        "subtitle": texts.subtitle,
        "article": texts.article,
        "summary": texts.summary,
        "person_in_charge": person.name,
        "mobile": person.mobile,
        "email": person.email,
        "honours": texts.honours,
        "process_note": texts.process,
    }
    if plan.category == "innovation":
        fields["case_name"] = texts.title
    return fields
