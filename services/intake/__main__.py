"""`python -m services.intake api|files|worker|migrate|openapi|create-account`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from uuid import UUID

from infra import starting

OPENAPI = Path(__file__).parents[2] / "contracts" / "openapi" / "intake.json"
_SERVING = ("api", "files", "worker")
_FILES_NICENESS = 5
"""Whoever saves comes before whoever prints, where both want the same processor."""
_COMMAND_LINE = UUID(int=0)
"""Stands for whoever may start programs on this machine, where an account's id is asked for."""


def _api() -> None:
    from infra.observe.logs import configure
    from infra.web.app import run_api
    from infra.web.passes import PassSigner
    from infra.web.principal import TokenVerifier
    from services.intake.api.app import build_app
    from services.intake.settings import ApiSettings, Settings
    from services.intake.wiring import ports_of, store_of

    settings, api = Settings.read(), ApiSettings.read()
    configure("intake", "api", level=settings.log_level)
    store = store_of(settings, name="intake-api")
    verifier = TokenVerifier.from_file(api.token_public_key_file)
    secret = Path(api.token_private_key_file).read_bytes()
    ports, passes = ports_of(settings, store, api), PassSigner.from_file(api.token_private_key_file)
    app = build_app(ports, store, verifier, cursor_secret=secret, public_url=api.public_url, passes=passes)
    run_api(app, api.host, api.port)


def _files() -> None:
    from infra.observe.logs import configure
    from infra.web.app import run_api
    from infra.web.principal import TokenVerifier
    from services.intake.files import build_files
    from services.intake.files.printing import Printer
    from services.intake.library import StoredLibrary
    from services.intake.settings import FilesSettings, Settings
    from services.intake.wiring import ports_of, store_of

    settings, files = Settings.read(), FilesSettings.read()
    configure("intake", "files", level=settings.log_level)
    os.nice(_FILES_NICENESS)
    store = store_of(settings, name="intake-files")
    library = StoredLibrary(
        endpoint=settings.s3_endpoint, access_key=settings.s3_access_key, secret_key=settings.s3_secret_key
    )
    verifier = TokenVerifier.from_file(files.token_public_key_file)
    app = build_files(ports_of(settings, store), store, verifier, library, Printer(files.public_url))
    run_api(app, files.host, files.port)


def _worker() -> None:
    from infra.bus import runner
    from infra.observe.logs import configure
    from services.intake.settings import Settings, WorkerSettings
    from services.intake.store import BUS
    from services.intake.wiring import ports_of, store_of
    from services.intake.worker import App, IntakeWorker

    settings, worker = Settings.read(), WorkerSettings.read()
    configure("intake", "worker", level=settings.log_level)
    store = store_of(settings, name="intake-worker")
    runner.run(
        IntakeWorker,
        amqp_url=worker.amqp_url,
        health_port=worker.health_port,
        health_host=worker.health_host,
        database=store.database,
        tables=BUS,
        provide={"app": App(store, ports_of(settings, store))},
        retry_delays=worker.retry_delays,
        relay_batch=worker.relay_batch,
    )


def _migrate() -> None:
    from infra.observe.logs import configure
    from infra.store.migrate import upgrade
    from services.intake.settings import database_dsn, log_level

    configure("intake", "migrate", level=log_level())
    print(json.dumps({"service": "intake", "ran": upgrade(database_dsn(), "services.intake")}))


def _openapi() -> None:
    from services.intake.api.document import files_document, openapi_document

    OPENAPI.parent.mkdir(parents=True, exist_ok=True)
    for path, text in ((OPENAPI, openapi_document()), (OPENAPI.with_name("files.json"), files_document())):
        path.write_text(text, encoding="utf-8")
        print(path)


def _create_account(given: argparse.Namespace) -> None:
    import structlog

    from services.intake.domain.errors import IntakeError
    from services.intake.domain.permissions import EVERYBODY, Caller
    from services.intake.domain.roles import ROLE_WORDS
    from services.intake.settings import Settings
    from services.intake.usecases.accounts import NewAccount, create_account
    from services.intake.wiring import ports_of, store_of

    unknown = sorted(set(given.role) - EVERYBODY)
    if unknown:
        known = "、".join(f"{role}（{ROLE_WORDS[role][0]}）" for role in sorted(EVERYBODY))
        sys.exit(
            f"没有“{'、'.join(unknown)}”这种身份。可以使用：{known}。\n"
            f"There is no role {', '.join(unknown)}. The roles are {', '.join(sorted(EVERYBODY))}."
        )
    settings = Settings.read()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # stdout is for the answer alone
    ports = ports_of(settings, store_of(settings, name="intake-create-account"))
    operator = Caller(_COMMAND_LINE, "command line", frozenset({"operator"}))
    command = NewAccount(given.login, given.name, frozenset(given.role), given.unit)
    try:
        issued = create_account(ports, operator, command)
    except IntakeError as error:
        sys.exit(f"{error.zh}\n{error}".strip())
    print(
        json.dumps(
            {
                "account_id": str(issued.account_id),
                "activation_code": issued.activation_code,
                "activation_expires_at": issued.activation_expires_at.isoformat(),
            }
        )
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m services.intake", description="Intake's processes and commands.")
    kinds = parser.add_subparsers(dest="kind", required=True)
    kinds.add_parser("api", help="serve the JSON interface and the home page")
    kinds.add_parser("files", help="serve documents and archives, apart from the api")
    kinds.add_parser("worker", help="take events, relay the outbox, clean up")
    kinds.add_parser("migrate", help="bring the database to the newest schema")
    kinds.add_parser("openapi", help="write contracts/openapi/intake.json and files.json")
    account = kinds.add_parser("create-account", help="make an account; prints its one-time activation code as JSON")
    account.add_argument("--login", required=True)
    account.add_argument("--name", required=True)
    account.add_argument("--role", required=True, action="append", help="may be given several times")
    account.add_argument("--unit", help="code of the unit that the account acts for")
    return parser


def main(arguments: list[str]) -> None:
    """Run one kind of process. A setting that is missing ends it with its name on stderr and status 2."""
    if arguments and arguments[0] in _SERVING:
        starting.begin()
    if arguments == ["worker"]:
        from infra.bus import runner

        runner.patch()  # before anything else is imported
    from infra.observe.settings import SettingError

    given = _parser().parse_args(arguments)
    try:
        match given.kind:
            case "api":
                _api()
            case "files":
                _files()
            case "worker":
                _worker()
            case "migrate":
                _migrate()
            case "openapi":
                _openapi()
            case _:
                _create_account(given)
    except SettingError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main(sys.argv[1:])
