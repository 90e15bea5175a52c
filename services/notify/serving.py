"""The api process."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cryptography.fernet import Fernet
from fastapi import FastAPI

from infra.observe import logs
from infra.store import Database
from infra.web.app import run_api
from infra.web.openapi import document
from infra.web.principal import TokenVerifier
from services.notify.api import create
from services.notify.api.app import Desk
from services.notify.sealing import FernetSealer
from services.notify.settings import ApiSettings
from services.notify.store import Transactor
from services.notify.writing.letters import LetterWriter
from services.notify.writing.templates import Templates

OPENAPI_FILE = Path(__file__).resolve().parents[2] / "contracts" / "openapi" / "notify.json"


def main() -> None:
    """Serve until SIGTERM."""
    settings = ApiSettings.read()
    logs.configure("notify", "api", level=settings.log_level)
    database = Database(settings.database_dsn, name="notify-api")
    key = Path(settings.contact_key_file).read_text().strip()
    app = build(
        database,
        TokenVerifier.from_file(settings.token_public_key_file),
        key,
        public_url=settings.public_url,
    )
    run_api(app, settings.http_host, settings.http_port)


def build(database: Database, verifier: TokenVerifier, key: str, *, public_url: str) -> FastAPI:
    """The application. `key` is the contact key; page cursors are sealed with a secret derived from it."""
    desk = Desk(
        transactor=Transactor(database),
        sealer=FernetSealer(key),
        writer=LetterWriter(Templates(), public_url),
        page_secret=hashlib.sha256(b"notify pages" + key.encode()).digest(),
    )
    return create(desk, verifier)


def openapi() -> str:
    """The OpenAPI document; no database, no key of anybody's is needed for it."""
    nowhere = Database("postgresql://nobody@127.0.0.1:1/nothing", name="notify-openapi")
    app = build(
        nowhere,
        TokenVerifier(""),
        Fernet.generate_key().decode(),
        public_url="http://127.0.0.1",
    )
    return document(app)
