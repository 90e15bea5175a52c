"""Intake in this process, served over real HTTP, on real PostgreSQL and object storage."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import uvicorn
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from infra.store import Database
from infra.store.migrate import upgrade
from infra.web.app import KEEP_ALIVE_SECONDS
from infra.web.passes import PassSigner
from infra.web.principal import TokenSigner, TokenVerifier
from services.intake.api.app import build_app
from services.intake.contact_cipher import ContactCipher
from services.intake.domain.accounts import Account
from services.intake.objects import QuarantineObjects
from services.intake.passwords import Argon2Passwords
from services.intake.ports import Ports
from services.intake.store import PostgresStore
from services.intake.wiring import SignedTokens
from tests.support.answers import Answer
from tests.support.servers import S3

API = "/api/intake/v1"
PUBLIC_URL = "https://laurel.example.org"


@dataclass
class SkewedClock:
    """The application's clock, wrong by `skew`."""

    skew: timedelta = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.skew


@dataclass
class Intake:
    """Everything a test needs of a running intake."""

    dsn: str
    ports: Ports
    store: PostgresStore
    database: Database
    clock: SkewedClock
    app: Any
    url: str = ""
    _http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30))

    def caller(self, *roles: str, unit: str | None = None, name: str = "测试账号") -> Caller:
        """A signed-in account of its own."""
        account = Account(
            uuid4(), f"t-{uuid4().hex[:20]}", name, frozenset(roles), unit, datetime.now(UTC), activated=True
        )
        with self.store.begin() as tx:
            assert tx.add_account(account)
        token = self.ports.tokens.sign(account, now=datetime.now(UTC), lifetime=timedelta(hours=1))
        return Caller(self, account.account_id, token)

    def anybody(self) -> Caller:
        return Caller(self, UUID(int=0), None)

    def unit(self, code: str = "unit-a") -> Caller:
        return self.caller("unit", unit=code, name=f"单位 {code}")

    def open(self, **changes: Any) -> str:
        """A campaign of its own; returns its id. `changes` replace parts of its calendar."""
        raw = definition(**changes)
        self.caller("secretariat").post("/campaigns", definition=raw).ok(201)
        return str(raw["id"])

    def sql(self, statement: str, **values: Any) -> list[Any]:
        with self.database.begin() as connection:
            done = connection.execute(text(statement), values)
            return list(done.all()) if done.returns_rows else []

    def events(self, subject: str | UUID) -> list[dict[str, Any]]:
        """What the outbox holds about a subject, oldest first."""
        rows = self.sql("SELECT body FROM outbox WHERE subject = :subject ORDER BY seq", subject=str(subject))
        return [json.loads(row.body) for row in rows]


@dataclass(frozen=True)
class Caller:
    """Somebody at intake's door."""

    intake: Intake
    account_id: UUID
    token: str | None

    def call(self, method: str, path: str, **options: Any) -> Answer:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= options.pop("headers", {})
        if (body := options.pop("json", None)) is not None:
            headers["Content-Type"] = "application/json"
            options["content"] = json.dumps(body)  # as ASCII, so that any text at all can be sent
        url = f"{self.intake.url}{API}{path}"
        return Answer(self.intake._http.request(method, url, headers=headers, **options))

    def get(self, path: str, **params: Any) -> Answer:
        return self.call("GET", path, params=params)

    def post(self, path: str, /, **body: Any) -> Answer:
        return self.call("POST", path, json=body)

    def put(self, path: str, /, **body: Any) -> Answer:
        return self.call("PUT", path, json=body)

    def delete(self, path: str) -> Answer:
        return self.call("DELETE", path)

    def entry(self, campaign: str, category: str = "note") -> dict[str, Any]:
        return self.post(f"/campaigns/{campaign}/entries", category=category).ok(201)

    def save(self, entry: Mapping[str, Any], **fields: str) -> dict[str, Any]:
        saved = self.put(f"/entries/{entry['entry_id']}/fields", version=entry["version"], fields=fields)
        return saved.ok()

    def written(self, campaign: str, category: str = "note") -> dict[str, Any]:
        """A draft that only lacks its materials."""
        return self.save(self.entry(campaign, category), **FULL[category])

    def submit(self, entry: Mapping[str, Any]) -> Answer:
        return self.post(f"/entries/{entry['entry_id']}/submission", version=entry["version"])

    def begin(self, entry: Mapping[str, Any], kind: str = "photo", name: str = "a.jpg", size: int = 1000) -> Answer:
        return self.post(f"/entries/{entry['entry_id']}/materials", kind=kind, name=name, bytes=size)

    def upload(self, entry: Mapping[str, Any], content: bytes = b"\xff\xd8 a photo", name: str = "a.jpg") -> str:
        """Begin, send, complete; the material's id."""
        begun = self.begin(entry, name=name, size=len(content)).ok(201)
        assert send(begun["upload"], content).is_success
        self.post(f"/materials/{begun['material_id']}/completion").ok(202)
        return str(begun["material_id"])


def send(form: Mapping[str, Any], content: bytes, **changed: str) -> httpx.Response:
    """Send a file to storage as a browser does, with parts of the form changed."""
    fields: dict[str, Any] = {name: (None, value) for name, value in {**form["fields"], **changed}.items()}
    return httpx.post(form["url"], files={**fields, "file": ("a.jpg", content)}, timeout=30)


FULL = {
    "note": {"title": "一本书的旅行"},
    "story": {"title": "一本书的旅行", "article": "正文。", "mobile": "13800000000", "email": "reader@example.org"},
}


def definition(**calendar: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    title = {"key": "title", "label": {"zh": "标题", "en": "Title"}, "max_zi": 20}
    return {
        "id": f"test-{uuid4().hex[:16]}",
        "title": {"zh": "测试活动", "en": "A campaign for tests"},
        "organiser": {"zh": "测试学会", "en": "Society for tests"},
        "calendar": {
            "opens": (now - timedelta(days=1)).isoformat(),
            "online_deadline": (now + timedelta(days=1)).isoformat(),
            **{name: at.isoformat() if isinstance(at, datetime) else at for name, at in calendar.items()},
        },
        "units": [
            {"code": code, "name": f"单位 {code}", "region": "陕西省"} for code in ("unit-a", "unit-b", "unit-c")
        ],
        "categories": [
            {"key": "note", "title": {"zh": "短文", "en": "Note"}, "title_field": "title", "fields": [title]},
            {
                "key": "story",
                "title": {"zh": "感人事迹", "en": "Moving story"},
                "title_field": "title",
                "quota_per_unit": 1,
                "fields": [
                    title,
                    {"key": "article", "kind": "text", "label": {"zh": "正文", "en": "Article"}, "max_zi": 30},
                    {"key": "mobile", "kind": "phone", "label": {"zh": "手机", "en": "Mobile"}, "private": True},
                    {"key": "email", "kind": "email", "label": {"zh": "邮箱", "en": "E-mail"}, "private": True},
                    {"key": "extra", "kind": "text", "label": {"zh": "附注", "en": "Extra"}, "required": False},
                ],
                "materials": [
                    {
                        "key": "photo",
                        "kind": "photo",
                        "label": {"zh": "照片", "en": "Photo"},
                        "formats": ["JPEG"],
                        "min_count": 1,
                        "max_count": 3,
                        "max_bytes": 2097152,
                    }
                ],
            },
            {
                "key": "pair",
                "title": {"zh": "先进个人", "en": "Individual"},
                "title_field": "title",
                "quota_per_unit": 2,
                "fields": [title],
            },
        ],
    }


@contextmanager
def serving(dsn: str, s3: S3) -> Iterator[Intake]:
    """Intake on a fresh database, served on a free port until the block ends."""
    upgrade(dsn, "services.intake")
    key = Ed25519PrivateKey.generate()
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    database = Database(dsn, name="intake-test", pool_size=20)
    store = PostgresStore(database, ContactCipher(Fernet.generate_key()))
    clock = SkewedClock()
    ports = Ports(
        store=store,
        objects=QuarantineObjects(
            endpoint=s3.endpoint,
            public_endpoint=s3.public_endpoint,
            access_key=s3.access_key,
            secret_key=s3.secret_key,
        ),
        clock=clock,
        passwords=Argon2Passwords(),
        tokens=SignedTokens(TokenSigner(private)),
    )
    app = build_app(
        ports,
        store,
        TokenVerifier(public.decode()),
        cursor_secret=b"tests",
        public_url=PUBLIC_URL,
        passes=PassSigner(private),
    )
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        loop="uvloop",
        log_config=None,
        access_log=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,  # as in earnest: whoever waits for a deadline keeps his connection
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    intake = Intake(dsn, ports, store, database, clock, app)
    try:
        until = time.monotonic() + 10
        while not server.started and time.monotonic() < until:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        intake.url = f"http://127.0.0.1:{port}"
        yield intake
    finally:
        server.should_exit = True
        thread.join(10)
        intake._http.close()
        store.close()
