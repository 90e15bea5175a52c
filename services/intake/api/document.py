"""The OpenAPI documents of intake, without a database or keys."""

from __future__ import annotations

from cryptography.fernet import Fernet

from infra.store import Database
from infra.web.openapi import document
from infra.web.passes import PassSigner
from infra.web.principal import TokenVerifier
from services.intake.api.app import build_app
from services.intake.contact_cipher import ContactCipher
from services.intake.files import build_files
from services.intake.files.printing import Printer
from services.intake.library import StoredLibrary
from services.intake.settings import Settings
from services.intake.store import PostgresStore
from services.intake.wiring import ports_of


def openapi_document() -> str:
    """The document as it is committed in contracts/openapi/. Nothing is connected to."""
    store, verifier = _store(), TokenVerifier("")
    ports, passes = ports_of(_NOWHERE, store), PassSigner("")
    return document(build_app(ports, store, verifier, cursor_secret=b"none", public_url=_URL, passes=passes))


def files_document() -> str:
    """The same of the process kind `files`."""
    store = _store()
    library = StoredLibrary(endpoint="http://localhost", access_key="none", secret_key="none")  # noqa: S106 - likewise
    printer = Printer(_URL)
    return document(build_files(ports_of(_NOWHERE, store), store, TokenVerifier(""), library, printer))


_URL = "http://localhost"
_NOWHERE = Settings(
    database_dsn="postgresql://nobody@localhost/none",
    contact_key_file="",
    log_level="INFO",
    s3_endpoint="http://localhost",
    s3_public_endpoint="http://localhost",
    s3_access_key="none",
    s3_secret_key="none",  # noqa: S106 - nothing is signed with it
)


def _store() -> PostgresStore:
    return PostgresStore(Database(_NOWHERE.database_dsn, name="none"), ContactCipher(Fernet.generate_key()))
