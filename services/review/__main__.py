"""`python -m services.review api | worker | migrate | openapi | audit …`."""

from __future__ import annotations

import sys

from infra import starting
from infra.observe.settings import SettingError


def api() -> None:
    """Serve people and programs over HTTP until SIGTERM."""
    starting.begin()
    from services.review.settings import ApiSettings

    settings = ApiSettings.from_environment()  # before the slow imports: what is missing is said at once

    from infra.observe.logs import configure
    from infra.store import Database
    from infra.web.app import run_api
    from infra.web.principal import TokenVerifier
    from services.review.api import build
    from services.review.api.context import Context
    from services.review.app import SERVICE, Review
    from services.review.flow import FlowBalancer
    from services.review.links import SignedLinks

    configure(SERVICE, "api", level=settings.log_level)
    database = Database(settings.database_dsn, name="review-api")
    links = SignedLinks(settings.s3_public_endpoint, settings.s3_access_key, settings.s3_secret_key)
    context = Context(Review(database), links, FlowBalancer())
    app = build(context, TokenVerifier.from_file(settings.token_public_key_file))
    try:
        run_api(app, settings.http_host, settings.http_port)
    finally:
        database.close()


def worker() -> None:
    """Consume events and relay the outbox until SIGTERM."""
    starting.begin()
    from infra.bus import runner

    runner.patch()  # before anything else is imported

    from services.review.settings import WorkerSettings

    settings = WorkerSettings.from_environment()

    from infra.observe.logs import configure
    from infra.store import Database
    from services.review.app import SERVICE, Review
    from services.review.store.tables import BUS
    from services.review.worker import ReviewWorker

    configure(SERVICE, "worker", level=settings.log_level)
    database = Database(settings.database_dsn, name="review-worker")
    runner.run(
        ReviewWorker,
        amqp_url=settings.amqp_url,
        health_host=settings.health_host,
        health_port=settings.health_port,
        database=database,
        tables=BUS,
        retry_delays=settings.retry_delays,
        relay_batch=settings.relay_batch,
        provide={"app": Review(database)},
    )


def migrate() -> None:
    """Bring the database to its newest schema."""
    from infra.observe.settings import required
    from infra.store.migrate import upgrade

    ran = upgrade(required("LAUREL_DATABASE_DSN"), "services.review")
    print("migrated:", ", ".join(ran) or "nothing; the schema was current")


def openapi() -> None:
    """Print the OpenAPI document; contracts/openapi/review.json holds it."""
    from services.review.api.document import document_of_review

    sys.stdout.write(document_of_review())


def audit(arguments: list[str]) -> int:
    """Check the record, or note its ends: see services.review.auditing."""
    from infra.observe.settings import required
    from services.review.auditing import run

    return run("" if {"-h", "--help"} & set(arguments) else required("LAUREL_DATABASE_DSN"), arguments)


KINDS = {"api": api, "worker": worker, "migrate": migrate, "openapi": openapi}


def main() -> int:
    is_audit = sys.argv[1:2] == ["audit"]
    if not is_audit and (len(sys.argv) != 2 or sys.argv[1] not in KINDS):  # noqa: PLR2004 - the program and the kind
        print(f"usage: python -m services.review {' | '.join(KINDS)} | audit …", file=sys.stderr)
        return 2
    try:
        if is_audit:
            return audit(sys.argv[2:])
        KINDS[sys.argv[1]]()
    except SettingError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
