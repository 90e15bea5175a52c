"""`python -m services.media worker | migrate | check FILE... | revalidate`."""

from __future__ import annotations

import sys

from infra import starting
from infra.observe.settings import SettingError


def worker() -> None:
    """Judge uploads and make renditions until SIGTERM."""
    starting.begin()
    from infra.bus import runner

    runner.patch()  # before anything else is imported

    from infra.observe.logs import configure
    from infra.store import Database
    from services.media import metrics
    from services.media.inspecting import LIMITS, WALL_SECONDS, WORK, Inspector
    from services.media.objects import S3Objects, connect
    from services.media.pool import Aside, Pool
    from services.media.settings import WorkerSettings
    from services.media.store import SERVICE, SqlStore
    from services.media.store.inspections import SqlInspections
    from services.media.store.tables import BUS
    from services.media.usecases import Media
    from services.media.worker import MediaWorker

    settings = WorkerSettings.from_environment()
    configure(SERVICE, "worker", level=settings.log_level)
    database = Database(settings.database_dsn, name="media-worker")
    objects = S3Objects(connect(settings.s3_endpoint, settings.s3_access_key, settings.s3_secret_key))
    pool = Pool(settings.processes, timed=lambda step, seconds: metrics.STEPS.labels(step).observe(seconds))
    aside = Aside(WORK, LIMITS, WALL_SECONDS)
    metrics.ASIDE_BUSY.set_function(lambda: aside.busy)
    metrics.POOL_SIZE.set(settings.processes)
    metrics.POOL_BUSY.set_function(lambda: pool.busy)
    try:
        runner.run(
            MediaWorker,
            amqp_url=settings.amqp_url,
            health_host=settings.health_host,
            health_port=settings.health_port,
            database=database,
            tables=BUS,
            retry_delays=settings.retry_delays,
            relay_batch=settings.relay_batch,
            provide={
                "app": Media(SqlStore(database), objects, pool, settings.scanner),
                "inspector": Inspector(SqlInspections(database), objects, aside),
            },
        )
    finally:
        aside.close()
        pool.close()
        database.close()


def migrate() -> None:
    """Bring the database to its newest schema."""
    from infra.observe.settings import required
    from infra.store.migrate import upgrade

    ran = upgrade(required("LAUREL_DATABASE_DSN"), "services.media")
    print("migrated:", ", ".join(ran) or "nothing; the schema was current")


def check(arguments: list[str]) -> int:
    """Judge files of this machine; `--help` tells more. What a child process reports stays out of the answer."""
    from infra.observe.logs import configure
    from services.media.checking.command import command

    configure("media", "check", level="CRITICAL")
    return int(command.main(arguments, prog_name="laurel media check") or 0)


def revalidate(arguments: list[str]) -> int:
    """Judge kept materials again; `--help` tells more."""
    from infra.observe.logs import configure
    from services.media.revalidation.command import command

    configure("media", "revalidate", level="CRITICAL")
    return int(command.main(arguments, prog_name="laurel media revalidate") or 0)


KINDS = {"worker": worker, "migrate": migrate}


def main() -> int:
    if sys.argv[1:2] == ["check"]:
        return check(sys.argv[2:])
    if sys.argv[1:2] == ["revalidate"]:
        try:
            return revalidate(sys.argv[2:])
        except SettingError as error:
            print(error, file=sys.stderr)
            return 2
    kind = KINDS.get(sys.argv[1]) if len(sys.argv) == 2 else None  # noqa: PLR2004 - the program and one word
    if kind is None:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        kind()
    except SettingError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
