"""Review in this process, served over real HTTP, on real PostgreSQL; events are handed to it as a worker would."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import uvicorn
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from contracts.envelope import Envelope
from contracts.events import (
    AccountDisabledV1,
    CampaignAmendedV1,
    CampaignPublishedV1,
    EntrySubmittedV1,
    EntryWithdrawnV1,
    Event,
    MaterialAcceptedV1,
    MaterialDoubtedV1,
    MaterialInspectedV1,
    MaterialRef,
    MaterialRejectedV1,
    MaterialRenderedV1,
    MaterialResembledV1,
    MessageBouncedV1,
    ReminderSentV1,
    SessionEndedV1,
    UnitRef,
)
from infra.bus.errors import DuplicateError
from infra.bus.messages import Message
from infra.store import Database
from infra.store.migrate import upgrade
from infra.web.principal import Principal, TokenSigner, TokenVerifier
from services.review.api import build
from services.review.api.context import Context
from services.review.app import Review, data_of
from services.review.flow import FlowBalancer
from services.review.links import SignedLinks
from services.review.usecases import following, resembling
from tests.support.answers import Answer
from tests.unit.review import builders

API = "/api/review/v1"
CONDITIONS = ["true", "vivid", "image", "honour"]

CONSUMERS: Mapping[type[Event], Callable[[Any, Any], None]] = {
    CampaignPublishedV1: following.campaign_changed,
    CampaignAmendedV1: following.campaign_changed,
    EntrySubmittedV1: following.entry_submitted,
    EntryWithdrawnV1: following.entry_withdrawn,
    MaterialAcceptedV1: following.material_judged,
    MaterialRejectedV1: following.material_judged,
    MaterialDoubtedV1: following.material_doubted,
    MaterialRenderedV1: following.material_rendered,
    MaterialResembledV1: resembling.material_resembled,
    MaterialInspectedV1: following.material_inspected,
    AccountDisabledV1: following.account_disabled,
    ReminderSentV1: following.reminder_sent,
    MessageBouncedV1: following.message_bounced,
    SessionEndedV1: following.session_ended,
}


@dataclass(frozen=True)
class Caller:
    """Somebody with a token (or none)."""

    desk: Desk
    account_id: UUID
    name: str
    token: str | None

    def get(self, path: str, **query: Any) -> Answer:
        return self.send("GET", path, params={key: value for key, value in query.items() if value is not None})

    def post(self, path: str, body: Any = None) -> Answer:
        return self.send("POST", path, json=body) if body is not None else self.send("POST", path)

    def send(self, method: str, path: str, **more: Any) -> Answer:
        headers = {**more.pop("headers", {})}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        url = path if path.startswith("/list") else f"{API}{path}"
        return Answer(self.desk.http.request(method, f"{self.desk.url}{url}", headers=headers, **more))


@dataclass
class Desk:
    """Everything a test needs of a running review."""

    dsn: str
    review: Review
    signer: TokenSigner
    url: str = ""
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30))

    def caller(
        self, *roles: str, name: str = "测试账号", account_id: UUID | None = None, session_id: UUID | None = None
    ) -> Caller:
        unit = "shx" if "unit" in roles else None
        who = Principal(account_id or uuid4(), name, frozenset(roles), unit, session_id=session_id)
        token = self.signer.sign(who, now=datetime.now(UTC), lifetime=timedelta(hours=1))
        return Caller(self, who.account_id, name, token)

    def anybody(self) -> Caller:
        return Caller(self, UUID(int=0), "", None)

    def secretary(self, name: str = "秘书甲") -> Caller:
        return self.caller("secretariat", name=name)

    def hear(self, event: Event, *, source: str = "/laurel/intake", event_id: UUID | None = None) -> bool:
        """Take an event as the worker does; False if it was taken before."""
        envelope = Envelope(
            id=event_id or uuid4(),
            source=source,
            type=event.TYPE,
            subject="test",
            correlationid="test",
            data=event.model_dump(mode="json"),
        )
        message = Message(envelope, event, f"review.{event.TYPE}")
        try:
            with self.review.effect(message) as work:
                CONSUMERS[type(event)](work, data_of(message))
        except DuplicateError:
            return False
        return True

    def sql(self, statement: str, **values: Any) -> list[Any]:
        with self.review.database.begin() as connection:
            done = connection.execute(text(statement), values)
            return list(done.all()) if done.returns_rows else []

    def events(self, kind: type[Event], campaign_id: str) -> list[dict[str, Any]]:
        """Data of the events of a kind that the outbox holds about a campaign, oldest first."""
        rows = self.sql("SELECT body FROM outbox WHERE type = :type ORDER BY seq", type=kind.TYPE)
        found = [json.loads(row.body)["data"] for row in rows]
        return [data for data in found if data["campaign_id"] == campaign_id]


@dataclass
class Season:
    """A campaign of its own, with what one does to it."""

    desk: Desk
    campaign_id: str
    secretary: Caller

    def entry(
        self,
        *,
        unit: UnitRef | None = None,
        category: str = "story",
        revision: int = 1,
        entry_id: UUID | None = None,
        title: str = "雪域书香",
        materials: Sequence[MaterialRef] | None = None,
        judged: bool = True,
        **more: Any,
    ) -> UUID:
        """A submitted entry with one photo, accepted unless told otherwise."""
        entry_id = entry_id or uuid4()
        photo = builders.material(f"photo of {entry_id}")
        listed = (photo,) if materials is None else tuple(materials)
        event = builders.submitted(category=category, revision=revision, title=title, materials=listed, **more)
        update = {
            "entry_id": entry_id,
            "campaign_id": self.campaign_id,
            "unit": unit or builders.unit(),
            "receipt_number": f"R-{entry_id.hex[:8]}",
        }
        self.desk.hear(event.model_copy(update=update))
        if judged:
            for material in listed:
                verdict = builders.accepted()
                self.desk.hear(
                    verdict.model_copy(update={"material_id": material.material_id, "entry_id": entry_id}),
                    source="/laurel/media",
                )
        return entry_id

    def withdraw(self, entry_id: UUID, revision: int = 1) -> None:
        event = builders.withdrawn(revision=revision)
        self.desk.hear(event.model_copy(update={"entry_id": entry_id, "campaign_id": self.campaign_id}))

    def rule(self, entry_id: UUID, verdict: str = "eligible", *, by: Caller | None = None, **more: Any) -> Answer:
        body: dict[str, Any] = {"revision": 1, "verdict": verdict, **more}
        if verdict == "eligible":
            body.setdefault("conditions", CONDITIONS)
        else:
            body.setdefault(
                "findings", [{"zh": "照片不清楚，请更换。", "en": "The photo is blurred.", "place": "photo"}]
            )
        return (by or self.secretary).post(f"/cases/{entry_id}/eligibility", body)

    def eligible(self, count: int, *, region: str = "陕西", category: str = "story") -> list[UUID]:
        entries = []
        for _ in range(count):
            entry_id = self.entry(
                unit=builders.unit(f"u-{uuid4().hex[:8]}", f"{region}某单位", region), category=category
            )
            self.rule(entry_id, conditions=CONDITIONS if category == "story" else []).ok()
            entries.append(entry_id)
        return entries

    def expert(self, name: str = "专家", region: str = "四川", **more: Any) -> Caller:
        who = self.desk.caller("expert", name=name)
        body = {
            "account_id": str(who.account_id),
            "name": name,
            "organisation": f"{name}所在单位",
            "region": region,
            "categories": [],
            **more,
        }
        self.secretary.post(f"/campaigns/{self.campaign_id}/experts", body).ok(201)
        return who

    def assign(self) -> Answer:
        return self.secretary.post(f"/campaigns/{self.campaign_id}/assignment")

    def tasks(self, who: Caller) -> dict[UUID, str]:
        """Entry → assessment, of an expert's own list in this campaign."""
        items = who.get("/assessments", limit=200).ok()["items"]
        return {UUID(t["entry_id"]): t["assessment_id"] for t in items if t["campaign_id"] == self.campaign_id}

    def score_all(self, experts: Sequence[Caller], merit_of: Mapping[UUID, int]) -> None:
        for who in experts:
            for entry_id, assessment_id in self.tasks(who).items():
                scores = {"merit": merit_of[entry_id], "reach": 40}
                who.post(f"/assessments/{assessment_id}/scores", {"scores": scores, "comment": "好"}).ok()

    def path(self, rest: str) -> str:
        return f"/campaigns/{self.campaign_id}/{rest}"


def open_season(desk: Desk, **changes: Any) -> Season:
    """A campaign that was just published."""
    campaign_id = f"c-{uuid4().hex[:12]}"
    definition = builders.definition(**changes, id=campaign_id)
    desk.hear(
        CampaignPublishedV1(
            campaign_id=campaign_id,
            version=1,
            definition=definition.model_dump(mode="json"),
            published_at=datetime.now(UTC),
        )
    )
    return Season(desk, campaign_id, desk.secretary())


@contextmanager
def serving(dsn: str) -> Iterator[Desk]:
    """Migrate a database and serve review on it."""
    upgrade(dsn, "services.review")
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    database = Database(dsn, name="review-test")
    review = Review(database)
    context = Context(review, SignedLinks("http://127.0.0.1:9", "key", "secret"), FlowBalancer())
    app = build(context, TokenVerifier(public.decode()))
    desk = Desk(dsn, review, TokenSigner(private.decode()))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 10
        while not server.started:
            assert time.monotonic() < deadline, "review did not start"
            time.sleep(0.01)
        desk.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        try:
            yield desk
        finally:
            server.should_exit = True
            thread.join(timeout=10)
            desk.http.close()
            database.close()
