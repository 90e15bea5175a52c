"""A worker as services write them, whose handler does what the event's own words tell it to."""

from __future__ import annotations

from infra.bus.runner import patch, run

patch()

import os  # noqa: E402 - nothing may be imported before the patch
import sys  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import structlog  # noqa: E402
from sqlalchemy import insert, text  # noqa: E402

from contracts.events import (  # noqa: E402
    AccountDisabledV1,
    EntryIneligibleV1,
    EntrySubmittedV1,
    EntryWithdrawnV1,
    Finding,
)
from infra.bus.entrypoint import every, subscribe  # noqa: E402
from infra.bus.errors import Permanent, StaleError, Transient  # noqa: E402
from infra.bus.messages import Message  # noqa: E402
from infra.bus.outbox import Outbox, effect  # noqa: E402
from infra.observe import logs  # noqa: E402
from infra.store import Database  # noqa: E402
from tests.integration.bus.tables import EFFECTS, TABLES  # noqa: E402

log = structlog.get_logger()


class Review:
    """Consumes as the review service does."""

    name = "review"
    database: Database

    @subscribe(EntryWithdrawnV1, prefetch=20)
    def on_withdrawn(self, message: Message[EntryWithdrawnV1]) -> None:
        word, _, argument = message.data.reason.partition(":")
        if word in WORDS:
            WORDS[word](self, message, argument)
        with effect(self.database, TABLES, message) as connection:
            connection.execute(
                insert(EFFECTS).values(
                    event_id=str(message.envelope.id),
                    subject=message.envelope.subject,
                    attempt=message.attempt,
                    word=word,
                )
            )
            if word == "cause":
                caused = EntryIneligibleV1(
                    entry_id=message.data.entry_id,
                    campaign_id=message.data.campaign_id,
                    unit=message.data.unit,
                    category=message.data.category,
                    title="t",
                    revision=1,
                    findings=(Finding(slug="withdrawn", zh="已撤回", en="withdrawn"),),
                    decided_at=message.data.withdrawn_at,
                )
                OUTBOX.add(connection, caused, subject=str(message.data.entry_id))
            if word == "slow-effect":
                connection.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": float(argument)})
        log.info("handler.done", word=word)

    @subscribe(EntrySubmittedV1)
    def on_submitted(self, message: Message[EntrySubmittedV1]) -> None:
        with effect(self.database, TABLES, message):
            pass

    @subscribe(AccountDisabledV1)
    def on_disabled(self, message: Message[AccountDisabledV1]) -> None:
        with effect(self.database, TABLES, message):
            pass

    @every(seconds=0.2)
    def tick(self) -> None:
        log.info("handler.tick")
        raise RuntimeError("a tick that fails")

    @every(seconds=0.2)
    def stumble(self) -> None:
        raise Timeout


class Timeout(BaseException):
    """No Exception."""


OUTBOX = Outbox("review", TABLES)


def _transient(_service: Review, message: Message[Any], times: str) -> None:
    if message.attempt <= int(times):
        raise Transient("not yet")


def _until(_service: Review, _message: Message[Any], path: str) -> None:
    if not Path(path).exists():
        raise RuntimeError("not mended yet")


def _boom(_service: Review, _message: Message[Any], _argument: str) -> None:
    raise RuntimeError("boom")


def _break_off(_service: Review, _message: Message[Any], how: str) -> None:
    if how == "exit":
        sys.exit(3)
    raise Timeout(how)


def _permanent(_service: Review, _message: Message[Any], _argument: str) -> None:
    raise Permanent("never will")


def _stale(_service: Review, _message: Message[Any], _argument: str) -> None:
    raise StaleError("newer revision known")


def _slow(_service: Review, _message: Message[Any], seconds: str) -> None:
    log.info("handler.began")
    time.sleep(float(seconds))


def _wedge(_service: Review, _message: Message[Any], seconds: str) -> None:
    log.info("handler.began")
    end = time.monotonic() + float(seconds)
    while time.monotonic() < end:
        pass  # holds the hub, as a careless computation would


WORDS = {
    "transient": _transient,
    "boom": _boom,
    "break-off": _break_off,
    "until": _until,
    "permanent": _permanent,
    "stale": _stale,
    "slow": _slow,
    "wedge": _wedge,
}


def main() -> None:
    logs.configure("review", "worker")
    database = Database(os.environ["LAUREL_DATABASE_DSN"], name="review-worker")
    run(
        Review,
        amqp_url=os.environ["AMQP_URL"],
        health_port=int(os.environ["LAUREL_HEALTH_PORT"]),
        database=database,
        tables=TABLES,
        provide={"database": database},
        retry_delays=(0.1, 0.2, 0.3, 0.4),
    )


if __name__ == "__main__":
    main()
