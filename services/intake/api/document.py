"""The OpenAPI document of intake, without a database or keys."""

from __future__ import annotations

from cryptography.fernet import Fernet

from infra.store import Database
from infra.web.openapi import document
from infra.web.principal import TokenVerifier
from services.intake.api import build_app
from services.intake.contact_cipher import ContactCipher
from services.intake.settings import Settings
from services.intake.store import PostgresStore
from services.intake.wiring import ports_of


def openapi_document() -> str:
    """The document as it is committed in contracts/openapi/. Nothing is connected to."""
    nowhere = Settings(
        database_dsn="postgresql://nobody@localhost/none",
        contact_key_file="",
        log_level="INFO",
        s3_endpoint="http://localhost",
        s3_public_endpoint="http://localhost",
        s3_access_key="none",
        s3_secret_key="none",  # noqa: S106 - nothing is signed with it
    )
    store = PostgresStore(Database(nowhere.database_dsn, name="none"), ContactCipher(Fernet.generate_key()))
    return document(build_app(ports_of(nowhere, store), store, TokenVerifier(""), cursor_secret=b"none"))
