"""A small application on infra.web, served over real HTTP in a thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID, uuid4

import httpx
import uvicorn
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import APIRouter, Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy.exc import OperationalError

from infra.web.app import caller, create_app
from infra.web.fields import Line, LongText
from infra.web.principal import Principal, TokenSigner, TokenVerifier, utc_now
from infra.web.problems import Problem, ProblemType
from infra.web.refusals import Refusal

TAKEN = ProblemType("taken", 409, "已被占用，请换一个。", "Taken; choose another.")


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: Line
    text: LongText = ""


class World:
    """Keys, and what the application is told about accounts."""

    def __init__(self) -> None:
        key = Ed25519PrivateKey.generate()
        self.signer = TokenSigner(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ).decode()
        )
        self.public = (
            key.public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            .decode()
        )
        self.disabled: set[UUID] = set()
        self.ended: set[UUID] = set()
        self.asked = 0
        self.well = True

    def is_refused(self, account_id: UUID, session_id: UUID | None) -> Refusal | None:
        self.asked += 1
        if account_id in self.disabled:
            return Refusal.DISABLED
        return Refusal.ENDED if session_id in self.ended else None

    def token(
        self,
        *roles: str,
        account_id: UUID | None = None,
        session_id: UUID | None = None,
        now: datetime | None = None,
        lifetime: timedelta = timedelta(hours=1),
    ) -> str:
        who = Principal(account_id or uuid4(), "某某", frozenset(roles), "unit-a", session_id=session_id)
        return self.signer.sign(who, now=now or utc_now(), lifetime=lifetime)


def application(world: World) -> FastAPI:
    app = create_app(
        "demo",
        title="demo",
        verifier=TokenVerifier(world.public),
        is_refused=world.is_refused,
        ready=lambda: {"database": world.well},
    )
    router = APIRouter(prefix="/api/demo/v1")

    @router.get("/me")
    def me(who: Annotated[Principal, Depends(caller())]) -> dict[str, str | None]:
        return {"name": who.name, "unit": who.unit_code}

    @router.get("/office")
    def office(who: Annotated[Principal, Depends(caller("secretariat"))]) -> dict[str, str]:
        return {"name": who.name}

    @router.post("/things/{number}")
    def things(number: int, body: Body) -> Body:
        if number == 9:
            raise Problem(TAKEN, extra={"retry_after": 7})
        return body

    @router.get("/broken")
    def broken() -> None:
        raise RuntimeError("a secret in a message")

    @router.get("/away")
    def away() -> None:
        raise OperationalError("SELECT secret", {}, Exception("gone"))

    app.include_router(router)
    return app


@contextmanager
def served(app: FastAPI) -> Iterator[httpx.Client]:
    """A client of the application until the block ends."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until = time.monotonic() + 10
        while not server.started and time.monotonic() < until:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(10)
